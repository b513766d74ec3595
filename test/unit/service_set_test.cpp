// Services by the process check, on this very process and on pid files that do not exist.
#include "check/service_set.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "test/lab/temporary_directory.h"

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

    ServiceSet::HealthChanged record() {
        return [this](bool healthy, std::string_view reason) {
            changes.emplace_back(healthy ? "healthy: " : "failed: ").append(reason);
        };
    }

    TemporaryDirectory directory;
    std::unique_ptr<Loop> loop = std::move(Loop::create()).value();
    std::vector<std::string> changes;
};

TEST_F(ServiceSetTest, IsHealthyWithoutAnyService) {
    ServiceSet set(*loop, {}, record());
    set.start();
    EXPECT_TRUE(set.healthy());
    EXPECT_EQ(set.reason(), "no service is watched");
    EXPECT_TRUE(changes.empty());
}

TEST_F(ServiceSetTest, IsUnhealthyUntilEveryServiceWasSeen) {
    comes_up("a");
    ServiceSet set(*loop, {service("a"), service("b")}, record());
    EXPECT_FALSE(set.healthy());
    EXPECT_EQ(set.reason(), "service.a: not checked yet");
    set.start();
    EXPECT_FALSE(set.healthy());
    EXPECT_EQ(set.reason(),
              "service.b: cannot open " + directory.path("b") + ": No such file or directory");
    comes_up("b");
    await_changes(1);
    EXPECT_EQ(changes, std::vector<std::string>{"healthy: all services are healthy"});
}

TEST_F(ServiceSetTest, TellsOnlyChangesOfTheWhole) {
    comes_up("a");
    comes_up("b");
    ServiceSet set(*loop, {service("a"), service("b")}, record());
    set.start();
    goes_down("b");
    await_changes(2);
    goes_down("a");
    for (int i = 0; i < 10; ++i) loop->wake_up();
    comes_up("a");
    for (int i = 0; i < 10; ++i) loop->wake_up();
    EXPECT_EQ(changes.size(), 2);
    EXPECT_EQ(changes.back(), "failed: service.b: cannot open " + directory.path("b") +
                                  ": No such file or directory");
    comes_up("b");
    await_changes(3);
    EXPECT_TRUE(set.healthy());
}

}  // namespace
}  // namespace komainu
