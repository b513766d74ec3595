// How durations are counted: how late main was woken up, for instance.
#include "daemon/histogram.h"

#include <gtest/gtest.h>

#include <numeric>

namespace komainu {
namespace {

TEST(Histogram, OfNothingIsNothing) {
    const Histogram histogram;
    EXPECT_EQ(histogram.count(), 0u);
    EXPECT_EQ(histogram.sum_us(), 0u);
    EXPECT_EQ(histogram.within(999), 0u);
    EXPECT_EQ(histogram.most(), 0ns);
}

TEST(Histogram, TellsThePowerOfTwoThatAShareDidNotExceed) {
    Histogram histogram;
    for (int i = 0; i < 990; ++i) histogram.note(40us);
    for (int i = 0; i < 9; ++i) histogram.note(3ms);
    histogram.note(812ms);
    EXPECT_EQ(histogram.count(), 1000u);
    EXPECT_EQ(histogram.within(500), 64u);
    EXPECT_EQ(histogram.within(990), 64u);
    EXPECT_EQ(histogram.within(999), 4096u);
    EXPECT_EQ(histogram.within(1000), 1048576u);
    EXPECT_EQ(histogram.most(), 812ms);
    EXPECT_EQ(histogram.sum_us(), 990u * 40 + 9 * 3000 + 812'000);
}

TEST(Histogram, CountsWhatIsAsLongAsABoundBelowIt) {
    Histogram histogram;
    histogram.note(64us);
    EXPECT_EQ(histogram.counts()[6], 1u);
    histogram.note(64us + 1ns);
    EXPECT_EQ(histogram.counts()[6], 1u);
    EXPECT_EQ(histogram.counts()[7], 1u);
    histogram.note(1us);
    histogram.note(1ns);
    EXPECT_EQ(histogram.counts()[0], 2u);
}

TEST(Histogram, HasRoomForTheShortestAndTheLongest) {
    Histogram histogram;
    histogram.note(0ns);
    histogram.note(-1s);
    EXPECT_EQ(histogram.within(1000), 1u);
    histogram.note(Duration::max());
    EXPECT_EQ(histogram.counts().back(), 1u);
    EXPECT_GT(histogram.within(1000), 1u);
    const auto& counts = histogram.counts();
    EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}), histogram.count());
}

}  // namespace
}  // namespace komainu
