// What a check that runs programs makes of their ends.
#include "check/run_check.h"

#include <gtest/gtest.h>

#include "test/unit/scripted_commands.h"

namespace komainu {
namespace {

class RunCheckTest : public testing::Test {
protected:
    RunCheckTest() {
        service.interval = 1ms;
        service.timeout = 10ms;
    }

    RunCheck make() {
        return RunCheck(*loop, commands, 3, service, [this](const CheckResult& result) {
            results.push_back((result.verdict == Verdict::passed ? "passed: " : "failed: ") +
                              std::string(result.reason));
        });
    }

    ServiceConfig service;
    ScriptedCommands commands;
    std::unique_ptr<Loop> loop = std::move(Loop::create()).value();
    std::vector<std::string> results;
};

TEST_F(RunCheckTest, PassesOnExitStatusZeroAlone) {
    auto check = make();
    check.start();
    EXPECT_EQ(commands.last_service, 3u);
    commands.end({Ending::exited, 0, "fine"});
    while (commands.running.empty()) loop->wake_up();
    commands.end({Ending::exited, 1, "gone"});
    while (commands.running.empty()) loop->wake_up();
    commands.end({Ending::timed_out, 0, ""});
    while (commands.running.empty()) loop->wake_up();
    commands.end({Ending::not_started, 0, "cannot run /x: No such file or directory"});
    EXPECT_EQ(results,
              (std::vector<std::string>{"passed: exit status 0: fine",
                                        "failed: exit status 1: gone", "failed: time-out",
                                        "failed: cannot run /x: No such file or directory"}));
}

TEST_F(RunCheckTest, HasOneRunUnderWayAtATime) {
    service.interval = 1ms;
    service.timeout = 5ms;
    auto check = make();
    check.start();
    const Instant end = loop->now() + 4ms;
    Loop::Timer timer(*loop, [] {});
    timer.set(end);
    while (loop->now() < end) loop->wake_up();
    EXPECT_EQ(commands.starts, 1u);
}

TEST_F(RunCheckTest, FailsAgainAndAgainWhileNobodyCanRunIt) {
    commands.refuse("the runner died");
    auto check = make();
    check.start();
    while (results.size() < 3) loop->wake_up();
    EXPECT_EQ(results[2], "failed: the runner died");
}

TEST_F(RunCheckTest, StopsItsRunWhenItIsNoLongerAwaited) {
    {
        auto check = make();
        check.start();
        EXPECT_EQ(commands.running.size(), 1u);
    }
    EXPECT_TRUE(commands.running.empty());
    EXPECT_TRUE(results.empty());
}

}  // namespace
}  // namespace komainu
