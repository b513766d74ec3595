// The histogram of how late main was woken up.
#include "daemon/lateness.h"

#include <gtest/gtest.h>

namespace komainu {
namespace {

TEST(Lateness, OfNothingIsNothing) {
    const Lateness lateness;
    EXPECT_EQ(lateness.count(), 0u);
    EXPECT_EQ(lateness.below(999), 0u);
    EXPECT_EQ(lateness.most(), 0ns);
}

TEST(Lateness, TellsThePowerOfTwoBelowWhichAShareWas) {
    Lateness lateness;
    for (int i = 0; i < 990; ++i) lateness.note(40us);
    for (int i = 0; i < 9; ++i) lateness.note(3ms);
    lateness.note(812ms);
    EXPECT_EQ(lateness.count(), 1000u);
    EXPECT_EQ(lateness.below(500), 64u);
    EXPECT_EQ(lateness.below(990), 64u);
    EXPECT_EQ(lateness.below(999), 4096u);
    EXPECT_EQ(lateness.below(1000), 1048576u);
    EXPECT_EQ(lateness.most(), 812ms);
}

TEST(Lateness, HasRoomForTheShortestAndTheLongest) {
    Lateness lateness;
    lateness.note(0ns);
    EXPECT_EQ(lateness.below(1000), 1u);
    lateness.note(Duration::max());
    EXPECT_GT(lateness.below(1000), 1u);
}

}  // namespace
}  // namespace komainu
