// Services by the process check, on this very process and on pid files that do not exist.
#include "check/service_set.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <optional>

#include "io/clock.h"
#include "test/lab/temporary_directory.h"
#include "test/unit/scripted_commands.h"

namespace komainu {
namespace {

using lab::TemporaryDirectory;

class ServiceSetTest : public testing::Test {
protected:
    ServiceConfig service(const std::string& name) const {
        ServiceConfig service;
        service.name = name;
        service.pid_file = directory.path(name);
        service.interval = 1ms;
        return service;
    }

    void comes_up(const std::string& name) const {
        directory.write(name, std::to_string(getpid()));
    }
    void goes_down(const std::string& name) const { std::filesystem::remove(directory.path(name)); }

    void await_changes(std::size_t count) {
        while (changes.size() < count) loop->wake_up();
    }

    ServiceSet& watch(const std::vector<ServiceConfig>& services, Require require = Require::all) {
        set_.emplace(
            *loop, commands, services, require,
            [this] {
                changes.emplace_back(set_->healthy() ? "healthy: " : "failed: ")
                    .append(set_->reason());
            },
            [this](const ServiceSet::View& service) {
                told.push_back(service.name +
                               (service.health == Health::healthy ? " passes" : " failed"));
            });
        return *set_;
    }

    std::string not_there(const std::string& name) const {
        return "service." + name + ": cannot open " + directory.path(name) +
               ": No such file or directory";
    }

    ScriptedCommands commands;
    TemporaryDirectory directory;
    std::unique_ptr<Loop> loop = std::move(Loop::create()).value();
    std::vector<std::string> changes;
    std::vector<std::string> told;

private:
    std::optional<ServiceSet> set_;
};

TEST_F(ServiceSetTest, IsHealthyWithoutAnyService) {
    ServiceSet& set = watch({});
    set.start();
    EXPECT_TRUE(set.healthy());
    EXPECT_EQ(set.reason(), "no service is watched");
    EXPECT_TRUE(changes.empty());
    EXPECT_TRUE(watch({}, Require::any).healthy());
}

TEST_F(ServiceSetTest, IsUnhealthyUntilEveryServiceWasSeen) {
    comes_up("a");
    ServiceSet& set = watch({service("a"), service("b")});
    EXPECT_FALSE(set.healthy());
    EXPECT_EQ(set.reason(), "service.a: not checked yet; service.b: not checked yet");
    set.start();
    EXPECT_FALSE(set.healthy());
    EXPECT_EQ(set.reason(), not_there("b"));
    comes_up("b");
    await_changes(3);
    EXPECT_EQ(changes.back(), "healthy: all services are healthy");
}

TEST_F(ServiceSetTest, TellsEachChangeOfAServiceAndNothingElse) {
    comes_up("a");
    comes_up("b");
    ServiceSet& set = watch({service("a"), service("b")});
    set.start();
    EXPECT_EQ(changes.size(), 2u);
    goes_down("b");
    await_changes(3);
    EXPECT_EQ(changes.back(), "failed: " + not_there("b"));
    goes_down("a");
    await_changes(4);
    EXPECT_EQ(changes.back(), "failed: " + not_there("a") + "; " + not_there("b"));
    for (int i = 0; i < 10; ++i) loop->wake_up();
    EXPECT_EQ(changes.size(), 4u);
    comes_up("b");
    await_changes(5);
    EXPECT_EQ(changes.back(), "failed: " + not_there("a"));
    comes_up("a");
    await_changes(6);
    EXPECT_TRUE(set.healthy());
    const std::vector<std::string> each = {"a passes", "b passes", "b failed",
                                           "a failed", "b passes", "a passes"};
    EXPECT_EQ(told, each);
}

TEST_F(ServiceSetTest, IsHealthyByOneServiceWhereAnyIsEnough) {
    comes_up("a");
    ServiceSet& set = watch({service("a"), service("b")}, Require::any);
    EXPECT_FALSE(set.healthy());
    set.start();
    EXPECT_EQ(changes.size(), 2u);
    EXPECT_TRUE(set.healthy()) << set.reason();
    comes_up("b");
    await_changes(3);
    goes_down("a");
    await_changes(4);
    EXPECT_TRUE(set.healthy()) << set.reason();
    goes_down("b");
    await_changes(5);
    EXPECT_FALSE(set.healthy());
    EXPECT_EQ(set.reason(), not_there("a") + "; " + not_there("b"));
}

TEST_F(ServiceSetTest, TakesTheWeightOfAnUnhealthyServiceFromThePriorityAndNothingElse) {
    comes_up("a");
    auto light = service("b"), heavy = service("c");
    light.weight = 5;
    heavy.weight = 255;
    ServiceSet& set = watch({service("a"), light, heavy});
    EXPECT_EQ(set.penalty(), 260) << "not checked yet";
    set.start();
    EXPECT_TRUE(set.healthy()) << set.reason();
    EXPECT_EQ(set.penalty(), 260);
    EXPECT_EQ(set.penalty_reason(), not_there("b") + "; " + not_there("c"));
    comes_up("c");
    await_changes(4);
    EXPECT_EQ(set.penalty(), 5);
    EXPECT_EQ(set.penalty_reason(), not_there("b"));
    goes_down("a");
    await_changes(5);
    EXPECT_FALSE(set.healthy());
    EXPECT_EQ(set.reason(), not_there("a"));
    EXPECT_EQ(set.penalty(), 5);
}

TEST_F(ServiceSetTest, IsHealthyWhereEveryServiceHasAWeight) {
    auto only = service("a");
    only.weight = 1;
    EXPECT_TRUE(watch({only}).healthy());
    EXPECT_TRUE(watch({only}, Require::any).healthy());
}

TEST_F(ServiceSetTest, BeginsAsTheConfigurationSays) {
    auto first = service("a");
    first.initial = InitialState::well;
    EXPECT_TRUE(watch({first}).healthy());
    first.initial = InitialState::ill;
    first.rise = 2;
    comes_up("a");
    ServiceSet& set = watch({first});
    set.start();
    EXPECT_FALSE(set.healthy()) << "one success, and rise is 2";
    await_changes(1);
    EXPECT_TRUE(set.healthy());
}

TEST_F(ServiceSetTest, SaysNothingAboutTheNodeByAServiceOfABackend) {
    auto of_backend = service("b");
    of_backend.backend = 63;
    comes_up("a");
    for (const Require require : {Require::all, Require::any}) {
        ServiceSet& set = watch({service("a"), of_backend}, require);
        set.start();
        EXPECT_TRUE(set.healthy()) << set.reason();
        EXPECT_EQ(set.penalty(), 0);
        EXPECT_EQ(set.backends_down(), 0u) << "not checked often enough yet";
        while (set.backends_down() == 0) loop->wake_up();
        EXPECT_EQ(set.backends_down(), std::uint64_t{1} << 63);
        EXPECT_TRUE(set.healthy()) << set.reason();
    }
    EXPECT_TRUE(watch({of_backend}).healthy());
}

TEST_F(ServiceSetTest, BelievesInABackendBeforeItsFirstCheckUnlessItIsToldOtherwise) {
    auto of_backend = service("a");
    of_backend.backend = 0;
    EXPECT_EQ(watch({of_backend}).backends_down(), 0u);
    of_backend.initial = InitialState::well;
    EXPECT_EQ(watch({of_backend}).backends_down(), 0u);
    of_backend.initial = InitialState::ill;
    EXPECT_EQ(watch({of_backend}).backends_down(), 1u);
}

TEST_F(ServiceSetTest, FindsAPardonedBackendDownOnlyWhenItsChecksHaveFailedAnew) {
    std::vector<ServiceConfig> both{service("a"), service("b")};
    for (int i = 0; i < 2; ++i) {
        both[static_cast<std::size_t>(i)].backend = i;
        both[static_cast<std::size_t>(i)].initial = InitialState::ill;
    }
    ServiceSet& set = watch(both);
    set.pardon(1);
    EXPECT_EQ(set.backends_down(), 1u) << "that of the other stands";
    EXPECT_EQ(set.view()[1].reason, "");
    set.start();
    await_changes(1);
    EXPECT_EQ(set.backends_down(), 3u);
}

TEST_F(ServiceSetTest, FindsABackendHealthySinceItsPardon) {
    auto of_backend = service("a");
    of_backend.backend = 0;
    of_backend.initial = InitialState::ill;
    ServiceSet& set = watch({of_backend});
    const auto failed_since = set.view()[0].since_ms;
    while (wall_clock_ms() == failed_since) continue;
    set.pardon(0);
    EXPECT_GT(set.view()[0].since_ms, failed_since);
    const auto pardoned_since = set.view()[0].since_ms;
    while (wall_clock_ms() == pardoned_since) continue;
    set.pardon(0);
    EXPECT_EQ(set.view()[0].since_ms, pardoned_since) << "there was nothing to pardon";
}

TEST_F(ServiceSetTest, ShowsEachService) {
    comes_up("a");
    auto light = service("b");
    light.weight = 7;
    ServiceSet& set = watch({service("a"), light});
    set.start();
    const auto views = set.view();
    ASSERT_EQ(views.size(), 2u);
    EXPECT_EQ(views[0].name, "a");
    EXPECT_EQ(views[0].health, Health::healthy);
    EXPECT_EQ(views[0].reason, "");
    EXPECT_EQ(views[0].weight, 0);
    EXPECT_EQ(views[1].health, Health::failed);
    EXPECT_EQ("service.b: " + views[1].reason, not_there("b"));
    EXPECT_EQ(views[1].weight, 7);
    EXPECT_NE(views[1].since_ms, 0u);
}

TEST_F(ServiceSetTest, KeepsTheHealthOfAServiceThatIsTakenOver) {
    comes_up("a");
    ServiceSet& set = watch({service("a"), service("b")});
    set.start();
    changes.clear();
    ServiceConfig slower = service("a");
    slower.interval = 1h;
    set.take_over({service("b"), slower}, Require::all);
    EXPECT_FALSE(set.healthy());
    EXPECT_EQ(set.reason(), not_there("b")) << "a is as healthy as it was";
    set.take_over({slower}, Require::all);
    EXPECT_TRUE(set.healthy()) << "what was in the way is no more watched";
    EXPECT_TRUE(changes.empty()) << "whoever takes over looks by itself";
}

TEST_F(ServiceSetTest, CountsHowItsChecksCameOutAlsoAcrossATakeOver) {
    comes_up("a");
    ServiceConfig twice = service("a");
    twice.fall = 2;
    ServiceSet& set = watch({twice});
    set.start();
    EXPECT_EQ(set.view()[0].tally.passed, 1u);
    EXPECT_EQ(set.view()[0].tally.turns, 1u);
    goes_down("a");
    while (set.view()[0].doubts == 0) loop->wake_up();
    EXPECT_TRUE(set.healthy());
    EXPECT_EQ(set.view()[0].tally.failed, 1u);
    await_changes(2);
    EXPECT_EQ(set.view()[0].tally.failed, 2u);
    EXPECT_EQ(set.view()[0].tally.turns, 2u);
    EXPECT_EQ(set.view()[0].doubts, 0);
    set.take_over({service("b"), twice}, Require::all);
    EXPECT_GE(set.view()[1].tally.failed, 2u);
    EXPECT_EQ(set.view()[0].tally.passed, 0u);
}

TEST_F(ServiceSetTest, CountsTimeOutsApart) {
    ServiceConfig command = service("c");
    command.check = CheckKind::command;
    ServiceSet& set = watch({command});
    set.start();
    commands.end({Ending::timed_out, 0, ""});
    EXPECT_EQ(set.view()[0].tally.timed_out, 1u);
    EXPECT_EQ(set.view()[0].tally.failed, 0u);
}

TEST_F(ServiceSetTest, BelievesInANewServiceUntilItsCheckHasFailedForLongEnough) {
    ServiceSet& set = watch({});
    set.start();
    ServiceConfig absent = service("new");
    absent.fall = 3;
    set.take_over({absent}, Require::all);
    EXPECT_TRUE(set.healthy());
    await_changes(1);
    EXPECT_EQ(changes.back(), "failed: " + not_there("new"));
}

TEST_F(ServiceSetTest, EndsTheRunsOfWhatItDoesNotWatchAnyMore) {
    ServiceConfig command = service("c");
    command.check = CheckKind::command;
    ServiceSet& set = watch({command});
    set.start();
    EXPECT_EQ(commands.running.size(), 1u);
    set.take_over({}, Require::all);
    EXPECT_TRUE(commands.running.empty());
}

}  // namespace
}  // namespace komainu
