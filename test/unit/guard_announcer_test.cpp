// When announcements are due: RFC 5227 section 2.3 and RFC 4861 section 7.2.6, and what we add.
#include "guard/announcer.h"

#include <gtest/gtest.h>

namespace komainu {

namespace {

constexpr Instant begin{100s};

Config config_of(std::size_t vips, const char* address) {
    Config config;
    for (std::size_t i = 0; i < vips; ++i)
        config.vips.push_back({std::to_string(i), parse_prefix(address).value(), "eth0"});
    return config;
}

// When the first VIP has its turns until the given time, counted from `begin`, if every deadline is
// met.
std::vector<Duration> turns_until(Announcer& announcer, Duration end) {
    std::vector<Duration> times;
    while (announcer.deadline() && *announcer.deadline() <= begin + end) {
        const Instant now = *announcer.deadline();
        if (!announcer.take_turns(now).empty()) times.push_back(now - begin);
    }
    return times;
}

}  // namespace

TEST(Announcer, AnnouncesNothingThatIsNotHeld) {
    Announcer announcer(config_of(2, "10.0.0.1/24"));
    EXPECT_FALSE(announcer.deadline());
    EXPECT_TRUE(announcer.take_turns(begin).empty());
}

// RFC 5227 section 2.3: ANNOUNCE_NUM (2) announcements, ANNOUNCE_INTERVAL (2 s) apart: at 0, 2, 4
// s.
TEST(Announcer, RepeatsArpWithinSecondsAndThenEveryMinute) {
    Announcer announcer(config_of(1, "10.0.0.1/24"));
    announcer.start(0, begin);
    EXPECT_EQ(turns_until(announcer, 130s),
              (std::vector<Duration>{0s, 100ms, 1s, 2s, 4s, 64s, 124s}));
}

// RFC 4861 section 7.2.6: at most three, at least RetransTimer (1 s) apart.
TEST(Announcer, SendsThreeAdvertisementsASecondApartAndThenEveryMinute) {
    Announcer announcer(config_of(1, "2001:db8::1/64"));
    announcer.start(0, begin);
    EXPECT_EQ(turns_until(announcer, 130s), (std::vector<Duration>{0s, 1s, 2s, 62s, 122s}));
}

// RFC 4861 section 7.2.6: the second counts from the sending, also when the first was late.
TEST(Announcer, LateAdvertisementsAreStillASecondApart) {
    Announcer announcer(config_of(1, "2001:db8::1/64"));
    announcer.start(0, begin);
    ASSERT_EQ(announcer.take_turns(begin + 700ms).size(), 1u);
    EXPECT_EQ(announcer.deadline(), begin + 1700ms);
}

// RFC 4861 section 7.2.6: also when told to announce again.
TEST(Announcer, ARepetitionKeepsTheDistanceToTheLastAnnouncement) {
    Announcer six(config_of(1, "2001:db8::1/64"));
    six.start(0, begin);
    six.take_turns(begin);
    six.repeat(0, begin + 10ms);
    EXPECT_EQ(six.deadline(), begin + 1s);

    Announcer four(config_of(1, "10.0.0.1/24"));
    four.start(0, begin);
    four.take_turns(begin);
    four.repeat(0, begin + 10ms);
    EXPECT_EQ(four.deadline(), begin + 100ms);
}

TEST(Announcer, ARepetitionLaterOnIsAtOnceAndTheWholeSchedule) {
    Announcer announcer(config_of(1, "10.0.0.1/24"));
    announcer.start(0, begin - 20s);
    while (*announcer.deadline() < begin) announcer.take_turns(*announcer.deadline());
    announcer.repeat(0, begin);
    EXPECT_EQ(turns_until(announcer, 10s), (std::vector<Duration>{0s, 100ms, 1s, 2s, 4s}));
}

TEST(Announcer, AVipThatReappearsIsAnnouncedAtOnce) {
    Announcer announcer(config_of(1, "2001:db8::1/64"));
    announcer.start(0, begin);
    announcer.take_turns(begin);
    announcer.start(0, begin + 10ms);
    EXPECT_EQ(announcer.deadline(), begin + 10ms);
}

TEST(Announcer, OneMoreAnnouncementIsAtOnceAndNoMoreThanOne) {
    Announcer announcer(config_of(1, "10.0.0.1/24"));
    announcer.start(0, begin - 20s);
    while (*announcer.deadline() < begin) announcer.take_turns(*announcer.deadline());
    announcer.once(0, begin);
    EXPECT_EQ(turns_until(announcer, 61s), (std::vector<Duration>{0s, 60s}));
}

TEST(Announcer, OneMoreAnnouncementKeepsTheDistanceToTheLastOne) {
    Announcer six(config_of(1, "2001:db8::1/64"));
    six.start(0, begin);
    while (*six.deadline() < begin + 3s) six.take_turns(*six.deadline());
    six.once(0, begin + 2s + 10ms);
    EXPECT_EQ(six.deadline(), begin + 3s);
}

TEST(Announcer, OneMoreAnnouncementIsNotNeededWhenOneIsDueBefore) {
    Announcer announcer(config_of(1, "10.0.0.1/24"));
    announcer.start(0, begin);
    announcer.take_turns(begin);
    announcer.once(0, begin + 1s);
    EXPECT_EQ(turns_until(announcer, 4s), (std::vector<Duration>{100ms, 1s, 2s, 4s}));
}

TEST(Announcer, OneMoreAnnouncementOfWhatIsNotHeldIsNone) {
    Announcer announcer(config_of(1, "10.0.0.1/24"));
    announcer.once(0, begin);
    EXPECT_FALSE(announcer.deadline());
}

TEST(Announcer, StopsWhenNothingIsHeld) {
    Announcer announcer(config_of(1, "10.0.0.1/24"));
    announcer.start(0, begin);
    announcer.take_turns(begin);
    announcer.stop();
    EXPECT_FALSE(announcer.deadline());
    EXPECT_TRUE(announcer.take_turns(begin + 1h).empty());
}

TEST(Announcer, GivesManyVipsInBoundedBatchesAMillisecondApart) {
    constexpr std::size_t vips = 1000;
    Announcer announcer(config_of(vips, "10.0.0.1/24"));
    for (std::size_t vip = 0; vip < vips; ++vip) announcer.start(vip, begin);
    std::vector<int> turns(vips, 0);
    Instant now = begin;
    while (*announcer.deadline() < begin + 90ms) {
        EXPECT_TRUE(*announcer.deadline() == begin || *announcer.deadline() >= now + 1ms);
        now = *announcer.deadline();
        for (const std::size_t vip : announcer.take_turns(now)) ++turns[vip];
    }
    EXPECT_EQ(turns, std::vector<int>(vips, 1));
    EXPECT_EQ(now, begin + 31ms);
}

TEST(AnnouncementFrames, AreBothArpFormsForIpv4) {
    const MacAddress mac{{2, 0, 0, 0, 0, 1}};
    const AnnouncementFrames frames(*parse_address("10.0.0.1"), mac, 7, Forwarding::host);
    ASSERT_EQ(frames.size(), 2u);
    EXPECT_EQ(parse_arp(frames[0].bytes)->form, ArpForm::request);
    EXPECT_EQ(parse_arp(frames[1].bytes)->form, ArpForm::reply);
    EXPECT_EQ(frames[0].interface_index, 7);
}

TEST(AnnouncementFrames, IsOneAdvertisementForIpv6) {
    const MacAddress mac{{2, 0, 0, 0, 0, 1}};
    const AnnouncementFrames frames(*parse_address("2001:db8::1"), mac, 7, Forwarding::router);
    ASSERT_EQ(frames.size(), 1u);
    EXPECT_TRUE(parse_advertisement(frames[0].bytes)->router);
}

TEST(Announcer, VipsThatStayGoOnInTheirSchedulesAtAnotherPlace) {
    Announcer announcer(config_of(2, "10.0.0.1/24"));
    announcer.start(0, begin);
    announcer.start(1, begin);
    announcer.take_turns(begin);
    announcer.change_to(config_of(2, "2001:db8::1/64"), {std::nullopt, 0});
    EXPECT_EQ(announcer.deadline(), begin + 100ms);
    const auto turns = announcer.take_turns(begin + 100ms);
    ASSERT_EQ(turns.size(), 1u) << "what is new is not held yet";
    EXPECT_EQ(turns[0], 1u);
}

}  // namespace komainu
