// When an interface that is tracked counts as up, and what is said while one does not.
#include "daemon/tracking.h"

#include <gtest/gtest.h>

#include <array>

#include "test/unit/conf_text.h"

namespace komainu {
namespace {

constexpr Instant start{1h};

TEST(Tracking, WhatIsUpWhenFirstToldOfCountsAtOnce) {
    Tracking tracking(1s);
    tracking.enter("eth0", Carrier::up, start);
    EXPECT_TRUE(tracking.is_up("eth0"));
    EXPECT_EQ(tracking.trouble(), "");
    EXPECT_FALSE(tracking.deadline());
    EXPECT_FALSE(tracking.is_up("eth1")) << "nobody told of it";
}

TEST(Tracking, WhatIsNotTrackedAnyMoreIsForgottenAndTheNewDelayCounts) {
    Tracking tracking(1s);
    tracking.enter("eth0", Carrier::down, start);
    tracking.enter("eth1", Carrier::down, start);
    tracking.take_over({"eth0", "eth2"}, 3s);
    EXPECT_EQ(tracking.trouble(), "interface eth0 is down");
    tracking.enter("eth0", Carrier::up, start);
    EXPECT_EQ(tracking.deadline(), start + 3s);
    tracking.enter("eth2", Carrier::up, start);
    EXPECT_TRUE(tracking.is_up("eth2"));
}

TEST(Tracking, WhatGoesDownIsDownAtOnce) {
    Tracking tracking(1s);
    tracking.enter("eth0", Carrier::up, start);
    tracking.enter("eth0", Carrier::down, start);
    EXPECT_FALSE(tracking.is_up("eth0"));
    EXPECT_EQ(tracking.trouble(), "interface eth0 is down");
    EXPECT_FALSE(tracking.deadline()) << "nothing is waited for";
}

TEST(Tracking, WhatComesBackCountsAfterTheDelay) {
    Tracking tracking(1s);
    tracking.enter("eth0", Carrier::down, start);
    tracking.enter("eth0", Carrier::up, start + 5s);
    EXPECT_EQ(tracking.trouble(), "interface eth0 was down, and is not up for long enough yet");
    ASSERT_EQ(tracking.deadline(), start + 6s);
    tracking.judge(start + 6s - 1ns);
    EXPECT_FALSE(tracking.is_up("eth0"));
    tracking.judge(start + 6s);
    EXPECT_TRUE(tracking.is_up("eth0"));
    EXPECT_FALSE(tracking.deadline());
}

TEST(Tracking, EachBreakBeginsTheDelayAnew) {
    Tracking tracking(1s);
    tracking.enter("eth0", Carrier::up, start);
    for (int flap = 1; flap <= 10; ++flap) {
        tracking.enter("eth0", Carrier::down, start + flap * 500ms);
        tracking.enter("eth0", Carrier::up, start + flap * 500ms + 10ms);
        tracking.judge(start + flap * 500ms + 499ms);
        EXPECT_FALSE(tracking.is_up("eth0")) << flap;
    }
    EXPECT_EQ(tracking.deadline(), start + 6010ms);
    tracking.enter("eth0", Carrier::up, start + 6s);
    EXPECT_EQ(tracking.deadline(), start + 6010ms) << "the same told twice is no break";
}

TEST(Tracking, WithoutADelayWhatComesBackCountsAtOnce) {
    Tracking tracking(0s);
    tracking.enter("eth0", Carrier::down, start);
    tracking.enter("eth0", Carrier::up, start);
    tracking.judge(start);
    EXPECT_TRUE(tracking.is_up("eth0"));
}

TEST(Tracking, EachInterfaceIsWaitedForByItself) {
    Tracking tracking(1s);
    for (const char* name : {"eth0", "eth1", "eth2"}) tracking.enter(name, Carrier::missing, start);
    tracking.enter("eth1", Carrier::up, start + 2s);
    tracking.enter("eth2", Carrier::up, start + 1s);
    EXPECT_EQ(tracking.trouble(),
              "interface eth0 does not exist; "
              "interface eth1 was down, and is not up for long enough yet; "
              "interface eth2 was down, and is not up for long enough yet");
    EXPECT_EQ(tracking.deadline(), start + 2s);
    tracking.judge(start + 2s);
    EXPECT_TRUE(tracking.is_up("eth2"));
    EXPECT_EQ(tracking.deadline(), start + 3s);
}

// --- what the configuration says
// ------------------------------------------------------------------

using namespace conf_text;

Said problems_with(const std::string& keys) {
    return problems_of(good + "[lifecheck]\n" + keys + "\n");
}

TEST(ConfTracking, AnInterfaceIsNamedOnceAndThereAreNotTooMany) {
    EXPECT_EQ(problems_with("track_interface = eth1 eth0"), Said{});
    EXPECT_EQ(problems_with("track_interface = eth1 eth1").size(), 1u);
    EXPECT_EQ(problems_with("track_interface = an/odd").size(), 1u);
    std::string names;
    for (std::size_t i = 0; i < tracked_interfaces_max; ++i) names += " eth" + std::to_string(i);
    EXPECT_EQ(problems_with("track_interface =" + names), Said{});
    const Said problems = problems_with("track_interface =" + names + " more0");
    ASSERT_EQ(problems.size(), 1u);
    EXPECT_NE(problems[0].find("more than 16 interfaces; remove some of them"), std::string::npos);
}

TEST(ConfTracking, ADelayNeedsAUnitAndIsBounded) {
    EXPECT_EQ(problems_with("track_delay = 0ms"), Said{});
    EXPECT_EQ(problems_with("track_delay = 5").size(), 1u);
    EXPECT_EQ(problems_with("track_delay = 61min").size(), 1u);
}

}  // namespace
}  // namespace komainu
