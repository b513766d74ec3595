// When the LAN is asked for the VIPs, and what is said of the answers.
#include "guard/prober.h"

#include <gtest/gtest.h>

namespace komainu {

namespace {

constexpr Instant begin{1000s};
constexpr int steps_max = 1000;
constexpr MacAddress rival{{2, 0, 0, 0, 0, 0x66}};
constexpr MacAddress other{{2, 0, 0, 0, 0, 0x67}};

struct Course {
    std::vector<Duration> turns;
    std::vector<ProbeReport> reports;
    Duration end{};
};

// Meets every deadline until there is none.
Course run(Prober& prober) {
    Course course;
    for (int step = 0; prober.deadline() && step < steps_max; ++step) {
        const Instant now = *prober.deadline();
        if (!prober.take_turns(now).empty()) course.turns.push_back(now - begin);
        if (auto report = prober.take_report(now)) course.reports.push_back(*report);
        course.end = now - begin;
    }
    return course;
}

}  // namespace

TEST(Prober, AsksNobodyUntilItIsTold) {
    Prober prober(1);
    EXPECT_FALSE(prober.deadline());
    EXPECT_TRUE(prober.take_turns(begin).empty());
    EXPECT_FALSE(prober.take_report(begin));
}

// RFC 5227 section 1.1: PROBE_NUM is 3. The times are our own (prober.h).
TEST(Prober, AsksThreeTimesAndAnswersAfterAFifthOfASecond) {
    Prober prober(1);
    ASSERT_TRUE(prober.ask(7, begin));
    const Course done = run(prober);
    EXPECT_EQ(done.turns, (std::vector<Duration>{0ms, 60ms, 120ms}));
    EXPECT_EQ(done.end, 200ms);
    EXPECT_EQ(done.reports, (std::vector<ProbeReport>{{.id = 7, .rivals = {}, .not_probed = 0}}));
}

TEST(Prober, NamesTheFirstWhoAnswersForEachVip) {
    Prober prober(3);
    prober.ask(7, begin);
    prober.take_turns(begin);
    prober.heard(1, rival);
    prober.heard(1, other);
    prober.heard(2, other);
    const auto report = run(prober).reports.at(0);
    ASSERT_EQ(report.rivals.size(), 2u);
    EXPECT_EQ(report.rivals[0], (ProbeReport::Rival{1, rival}));
    EXPECT_EQ(report.rivals[1], (ProbeReport::Rival{2, other}));
}

TEST(Prober, DoesNotHoldAgainstAnyoneWhatWasSaidBefore) {
    Prober prober(1);
    prober.heard(0, rival);
    prober.ask(7, begin);
    EXPECT_TRUE(run(prober).reports.at(0).rivals.empty());
}

TEST(Prober, CountsTheVipsForWhichNobodyCouldBeAsked) {
    Prober prober(3);
    prober.ask(7, begin);
    prober.take_turns(begin);
    prober.could_not(0);
    prober.could_not(2);
    prober.could_not(2);
    EXPECT_EQ(run(prober).reports.at(0).not_probed, 2);
}

TEST(Prober, AnswersEveryOrderOnceAndInOrder) {
    Prober prober(1);
    for (std::uint64_t id = 1; id <= Prober::orders_max; ++id) EXPECT_TRUE(prober.ask(id, begin));
    EXPECT_FALSE(prober.ask(99, begin)) << "that many wait";
    prober.heard(0, rival);
    const Course done = run(prober);
    ASSERT_EQ(done.reports.size(), Prober::orders_max);
    for (std::size_t i = 0; i < done.reports.size(); ++i) {
        EXPECT_EQ(done.reports[i].id, i + 1);
        EXPECT_EQ(done.reports[i].rivals.size(), i == 0 ? 1u : 0u) << "each is asked anew";
    }
    EXPECT_EQ(done.end, 800ms);
}

TEST(Prober, AsksForManyVipsInBoundedBatchesAndNamesNoMoreRivalsThanItMay) {
    constexpr std::size_t vips = 1000;
    Prober prober(vips);
    prober.ask(7, begin);
    std::vector<int> asked(vips, 0);
    Instant last = begin - 1ms;
    std::optional<ProbeReport> report;
    for (int step = 0; !report && step < steps_max; ++step) {
        const Instant now = *prober.deadline();
        EXPECT_GE(now, last + 1ms);
        last = now;
        for (const std::size_t vip : prober.take_turns(now)) {
            ++asked[vip];
            prober.heard(vip, rival);
        }
        report = prober.take_report(now);
    }
    ASSERT_TRUE(report);
    EXPECT_EQ(asked, std::vector<int>(vips, 3));
    EXPECT_TRUE(report->rivals.full());
    EXPECT_LT(last - begin, 300ms);
}

TEST(ProbeFrame, IsAnArpProbeOrASolicitation) {
    const auto four = parse_address("10.0.0.1").value();
    const auto six = parse_address("2001:db8::1").value();
    const ProbeFrame arp(four, rival, 7);
    EXPECT_EQ(arp.frame().interface_index, 7);
    EXPECT_TRUE(std::ranges::equal(arp.frame().bytes, arp_probe(rival, four)));
    const ProbeFrame solicitation(six, rival, 8);
    EXPECT_EQ(solicitation.frame().interface_index, 8);
    EXPECT_TRUE(std::ranges::equal(solicitation.frame().bytes, neighbor_probe(rival, six)));
}

TEST(Prober, AsksAnewForOtherVips) {
    Prober prober(2);
    prober.ask(7, begin);
    prober.take_turns(begin);
    prober.heard(1, rival);
    prober.change_to(1, begin + 10ms);
    const Course course = run(prober);
    ASSERT_EQ(course.reports.size(), 1u) << "each order has one answer";
    EXPECT_EQ(course.reports[0].id, 7u);
    EXPECT_TRUE(course.reports[0].rivals.empty());
    EXPECT_EQ(course.turns.size(), static_cast<std::size_t>(Prober::rounds));
}

}  // namespace komainu
