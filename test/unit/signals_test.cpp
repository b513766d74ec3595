#include "io/signals.h"

#include <gtest/gtest.h>

#include <csignal>

namespace komainu {
namespace {

class SignalsTest : public testing::Test {
protected:
    ~SignalsTest() override { Signals::restore(); }

    Result<Signals> signals = Signals::open();
};

TEST_F(SignalsTest, AreTakenOneByOneInsteadOfInterrupting) {
    ASSERT_TRUE(signals);
    EXPECT_FALSE(signals->next());
    raise(SIGHUP);
    raise(SIGTERM);
    EXPECT_EQ(signals->next(), SIGHUP);
    EXPECT_EQ(signals->next(), SIGTERM);
    EXPECT_FALSE(signals->next());
}

TEST_F(SignalsTest, LeaveAWriteToAClosedPipeAnErrorOfTheWrite) {
    ASSERT_TRUE(signals);
    raise(SIGPIPE);
}

}  // namespace
}  // namespace komainu
