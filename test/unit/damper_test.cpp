#include "check/damper.h"

#include <gtest/gtest.h>

namespace komainu {
namespace {

Damper healthy_damper(int rise, int fall) {
    Damper damper(rise, fall);
    damper.add(Verdict::passed);
    return damper;
}

TEST(Damper, HoldsAServiceUnhealthyUntilItIsSeen) {
    EXPECT_EQ(Damper(1, 2).health(), Health::unseen);
}

TEST(Damper, BeginsAsItIsTold) {
    Damper well(2, 2, Health::healthy);
    EXPECT_EQ(well.add(Verdict::failed), Health::healthy);
    EXPECT_EQ(well.add(Verdict::failed), Health::failed);
    Damper ill(2, 2, Health::failed);
    EXPECT_EQ(ill.add(Verdict::passed), Health::failed);
    EXPECT_EQ(ill.add(Verdict::passed), Health::healthy);
}

TEST(Damper, TakesTheFirstSuccessAtOnceWhateverRiseSays) {
    Damper damper(3, 2);
    EXPECT_EQ(damper.add(Verdict::passed), Health::healthy);
}

TEST(Damper, TakesAFailureBeforeAnySuccessAtOnce) {
    Damper damper(2, 3);
    EXPECT_EQ(damper.add(Verdict::failed), Health::failed);
    EXPECT_EQ(damper.add(Verdict::passed), Health::failed) << "rise is 2";
    EXPECT_EQ(damper.add(Verdict::passed), Health::healthy);
}

TEST(Damper, FailsAHealthyServiceAfterFallFailuresInARow) {
    auto damper = healthy_damper(1, 3);
    EXPECT_EQ(damper.add(Verdict::failed), Health::healthy);
    EXPECT_EQ(damper.add(Verdict::failed), Health::healthy);
    EXPECT_EQ(damper.add(Verdict::failed), Health::failed);
}

TEST(Damper, ForgetsFailuresAfterASuccess) {
    auto damper = healthy_damper(1, 2);
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(damper.add(Verdict::failed), Health::healthy);
        EXPECT_EQ(damper.add(Verdict::passed), Health::healthy);
    }
}

TEST(Damper, FailsAtOnceWhenTheServiceDied) {
    auto damper = healthy_damper(1, 5);
    EXPECT_EQ(damper.add(Verdict::died), Health::failed);
}

TEST(Damper, HasToFailAnewAfterAPardon) {
    auto damper = healthy_damper(1, 2);
    damper.add(Verdict::died);
    damper.pardon();
    EXPECT_EQ(damper.health(), Health::healthy);
    EXPECT_EQ(damper.add(Verdict::failed), Health::healthy);
    EXPECT_EQ(damper.add(Verdict::failed), Health::failed);
}

TEST(Damper, HealsAFailedServiceAfterRiseSuccessesInARow) {
    auto damper = healthy_damper(3, 1);
    damper.add(Verdict::failed);
    damper.add(Verdict::passed);
    damper.add(Verdict::passed);
    EXPECT_EQ(damper.add(Verdict::failed), Health::failed) << "the row begins anew";
    damper.add(Verdict::passed);
    EXPECT_EQ(damper.add(Verdict::passed), Health::failed);
    EXPECT_EQ(damper.add(Verdict::passed), Health::healthy);
}

}  // namespace
}  // namespace komainu
