// How a lease holder answers rivals: RFC 5227 section 2.4 (c), and what we do beyond it.
#include "guard/rival_watch.h"

#include <gtest/gtest.h>

namespace komainu {

namespace {

constexpr Instant begin{1000s};
constexpr MacAddress rival{{2, 0, 0, 0, 0, 0x66}};
constexpr MacAddress other{{2, 0, 0, 0, 0, 0x67}};

// When the first VIP is defended against a rival who claims it every so often, for so long.
std::vector<Duration> defences(Duration every, Duration until) {
    RivalWatch watch(1);
    std::vector<Duration> times;
    for (Instant now = begin; now <= begin + until; now += every) {
        const Instant at = watch.heard(0, rival, now);
        EXPECT_TRUE(times.empty() || at - begin >= times.back());
        if (times.empty() || at - begin != times.back()) times.push_back(at - begin);
    }
    return times;
}

}  // namespace

// Section 2.4 (c): "If the host has not seen any other conflicting ARP packets recently, within the
// last DEFEND_INTERVAL seconds, then it MUST record the time [...] and then broadcast one single
// ARP Announcement".
TEST(RivalWatch, AFirstClaimIsAnsweredAtOnce) {
    RivalWatch watch(1);
    EXPECT_EQ(watch.heard(0, rival, begin), begin);
}

TEST(RivalWatch, AClaimAfterAQuietTimeIsAFirstOne) {
    EXPECT_EQ(defences(10s, 40s), (std::vector<Duration>{0s, 10s, 20s, 30s, 40s}));
}

// Section 2.4 (c): "two misconfigured hosts do not get stuck in an endless loop flooding the
// network". Where the section is silent for the whole interval, we have the last word after a pause
// that grows up to it.
TEST(RivalWatch, ARivalWhoInsistsIsAnsweredMoreAndMoreSeldom) {
    EXPECT_EQ(defences(1ms, 40s), (std::vector<Duration>{0s, 1s, 3s, 7s, 15s, 25s, 35s, 45s}));
}

TEST(RivalWatch, ARivalNeverHasTheLastWord) {
    RivalWatch watch(1);
    watch.heard(0, rival, begin);
    EXPECT_EQ(watch.heard(0, rival, begin + 1ms), begin + 1s);
    EXPECT_EQ(watch.heard(0, rival, begin + 900ms), begin + 1s) << "one answer to both";
}

TEST(RivalWatch, DefendsEachVipByItself) {
    RivalWatch watch(2);
    watch.heard(0, rival, begin);
    EXPECT_EQ(watch.heard(1, rival, begin + 1ms), begin + 1ms);
}

// Section 2.4 (c): "The number of such notifications should be appropriately controlled to prevent
// an excessive number of error reports being generated."
TEST(RivalWatch, ReportsAtMostOnceASecondAndLosesNone) {
    RivalWatch watch(1);
    EXPECT_FALSE(watch.deadline());
    std::uint32_t told = 0;
    int reports = 0;
    for (Instant now = begin; now <= begin + 3s; now += 1ms) {
        if (now < begin + 2500ms) watch.heard(0, rival, now);
        if (!watch.deadline() || now < *watch.deadline()) continue;
        for (const auto& claims : watch.take_reports(now)) told += claims.times, ++reports;
    }
    EXPECT_EQ(told, 2500u);
    EXPECT_EQ(reports, 4);
    EXPECT_FALSE(watch.deadline());
}

TEST(RivalWatch, ReportsWhoClaimedLast) {
    RivalWatch watch(3);
    watch.heard(2, rival, begin);
    watch.heard(2, other, begin);
    const auto reports = watch.take_reports(begin);
    ASSERT_EQ(reports.size(), 1u);
    EXPECT_EQ(reports[0].vip, 2u);
    EXPECT_EQ(reports[0].mac, other);
    EXPECT_EQ(reports[0].times, 2u);
}

TEST(RivalWatch, ReportsOnManyVipsInBoundedTurns) {
    constexpr std::size_t vips = 1000;
    RivalWatch watch(vips);
    for (std::size_t vip = 0; vip < vips; ++vip) watch.heard(vip, rival, begin);
    std::size_t told = 0;
    for (int turn = 0; watch.deadline(); ++turn) {
        ASSERT_LT(turn, 100);
        told += watch.take_reports(*watch.deadline()).size();
    }
    EXPECT_EQ(told, vips);
}

TEST(RivalWatch, ForgetsWithTheLease) {
    RivalWatch watch(1);
    watch.heard(0, rival, begin);
    watch.heard(0, rival, begin);
    watch.forget();
    EXPECT_FALSE(watch.deadline());
    EXPECT_TRUE(watch.take_reports(begin + 1h).empty());
    EXPECT_EQ(watch.heard(0, rival, begin + 1ms), begin + 1ms);
}

TEST(RivalWatch, WhatIsKnownMovesWithTheVip) {
    RivalWatch watch(2);
    watch.heard(1, rival, begin);
    watch.change_to({1, std::nullopt});
    const auto reports = watch.take_reports(begin);
    ASSERT_EQ(reports.size(), 1u);
    EXPECT_EQ(reports[0].vip, 0u);
    EXPECT_EQ(reports[0].mac, rival);
}

}  // namespace komainu
