// What main counts of itself.
#include "daemon/counters.h"

#include <gtest/gtest.h>

namespace komainu {
namespace {

constexpr RoleChanged rises{Role::standby, Role::active, {}, Cause::elected};

TEST(Counters, CountTakeoversByWhatBecameOfTheActiveBefore) {
    Counters counters;
    counters.add(rises);
    EXPECT_EQ(counters.takeovers(Vacancy::none_known), 1u);
    counters.add(RoleChanged{Role::active, Role::standby, {}, Cause::lease_lapsed});
    counters.add(rises);
    EXPECT_EQ(counters.takeovers(Vacancy::own), 1u);
    counters.add(RoleChanged{Role::active, Role::standby, {}, Cause::switchover});
    counters.add(ActiveChanged{{}, ActiveNews::followed});
    counters.add(ActiveChanged{{}, ActiveNews::lost_silent});
    counters.add(rises);
    EXPECT_EQ(counters.takeovers(Vacancy::silent), 1u);
    counters.add(ActiveChanged{{}, ActiveNews::followed});
    counters.add(ActiveChanged{{}, ActiveNews::lost_released});
    counters.add(rises);
    EXPECT_EQ(counters.takeovers(Vacancy::released), 1u);
    EXPECT_EQ(counters.followed(), 2u);
    EXPECT_EQ(counters.losses(Cause::lease_lapsed), 1u);
    EXPECT_EQ(counters.losses(Cause::switchover), 1u);
    EXPECT_EQ(counters.losses(Cause::elected), 0u);
}

TEST(Counters, CountALeaseAsShortWhenLessThanHalfADeadtimeWasLeft) {
    Counters counters;
    const Instant start = Instant{} + 1h;
    counters.lease_begins(start + 500ms);
    counters.lease_extended(start + 600ms, start + 250ms, 500ms);
    EXPECT_EQ(counters.short_leases(), 0u);
    counters.lease_extended(start + 700ms, start + 351ms, 500ms);
    EXPECT_EQ(counters.short_leases(), 1u);
    EXPECT_EQ(counters.extensions(), 2u);
}

TEST(RunTally, CountsRunsByTheirEnding) {
    RunTally runs;
    runs.add({Ending::exited, 0, ""});
    runs.add({Ending::exited, 3, ""});
    runs.add({Ending::timed_out, 0, ""});
    runs.add_not_started();
    EXPECT_EQ(runs.succeeded(), 1u);
    EXPECT_EQ(runs.count(Ending::exited), 1u);
    EXPECT_EQ(runs.count(Ending::timed_out), 1u);
    EXPECT_EQ(runs.count(Ending::not_started), 1u);
    EXPECT_EQ(runs.count(Ending::killed), 0u);
}

}  // namespace
}  // namespace komainu
