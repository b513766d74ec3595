// What systemd hears of a real daemon: by main alone, at the right moments, and without that
// anything waits for it.
#include <signal.h>

#include <map>

#include "io/notify_socket.h"
#include "test/lab/supervisor.h"
#include "test/lab/temporary_directory.h"
#include "test/net/reload_scenario.h"

namespace komainu::lab {
namespace {

constexpr auto watchdog = 400ms;

class SupervisionScenario : public ReloadScenario {
protected:
    /// All three are watched, each by a supervisor of its own.
    ClusterOptions supervised(const std::string& more = "") {
        ClusterOptions options;
        options.more = more;
        for (int node = 1; node <= 3; ++node) {
            supervisors_.try_emplace(node, directory_.path("notify" + std::to_string(node)));
            options.launchers[node] = {"/usr/bin/env",
                                       "NOTIFY_SOCKET=" + supervisor(node).address(),
                                       "WATCHDOG_USEC=" + std::to_string(watchdog / 1us)};
        }
        return options;
    }
    Supervisor& supervisor(int node) { return supervisors_.at(node); }
    std::string file(const std::string& name) { return directory_.path(name); }

private:
    TemporaryDirectory directory_;
    std::map<int, Supervisor> supervisors_;
};

TEST_F(SupervisionScenario, IsToldByMainOfItsStartItsRoleAndItsEnd) {
    lay_out(supervised());
    for (int node = 1; node <= 3; ++node) {
        cluster().start(node);
        const auto ready = supervisor(node).wait_for("READY=1", patience);
        ASSERT_TRUE(ready) << "node " << node;
        EXPECT_EQ(ready->sender, cluster().daemon(node).pid());
        EXPECT_TRUE(cluster().status(node)) << "it answers once it is ready";
    }
    const int active = cluster().wait_for_active().value_or(1);
    EXPECT_TRUE(supervisor(active).wait_for_status(", holding 10.77.0.100", patience));
    const std::string standby = "standby of node " + std::to_string(active) + ", term ";
    EXPECT_TRUE(supervisor(after(active)).wait_for_status(standby, patience));

    EXPECT_EQ(cluster().stop(active), 0);
    const auto stopping = supervisor(active).wait_for("STOPPING=1", patience);
    ASSERT_TRUE(stopping);
    EXPECT_EQ(stopping->value("STATUS").value_or("").find("stopping: active, term "), 0u);
    const int next = cluster().wait_for_active_other_than(active).value_or(after(active));
    EXPECT_TRUE(supervisor(next).wait_for_status(", holding 10.77.0.100", patience));
    EXPECT_EQ(cluster().stop(6 - active - next), 0);
    EXPECT_TRUE(supervisor(next).wait_for_status("no quorum: 1 of 2 votes are heard", patience));
}

TEST_F(SupervisionScenario, IsToldOfAReloadHoweverItWasAskedForAndWhateverCameOfIt) {
    const int active = begin(supervised());
    const auto expect_told = [&](const std::string& what) {
        SCOPED_TRACE(what);
        const auto reloading = supervisor(active).wait_for("RELOADING=1", patience);
        ASSERT_TRUE(reloading);
        EXPECT_TRUE(reloading->value("MONOTONIC_USEC"));
        EXPECT_TRUE(supervisor(active).wait_for("READY=1", patience));
    };
    mark();
    supervisor(active).forget();
    cluster().daemon(active).signal(SIGHUP);
    expect_told("SIGHUP");
    EXPECT_TRUE(reload(active).value("ok", false));
    expect_told("komainuctl");
    add(active, "\nnonsense = yes\n");
    EXPECT_FALSE(reload(active).value("ok", true));
    expect_told("a refused one");
    expect_unmoved(active);
}

TEST_F(SupervisionScenario, HearsNoSignOfLifeOfAMainThatIsStoppedAndTheVipMoves) {
    const int active = begin(supervised());
    supervisor(active).forget();
    for (int i = 0; i < 3; ++i)
        EXPECT_TRUE(supervisor(active).wait_for("WATCHDOG=1", watchdog * 3 / 4)) << i;
    expect_takeover(active, [&] {
        cluster().daemon(active).signal(SIGSTOP);
        supervisor(active).forget();
    });
    EXPECT_FALSE(supervisor(active).next(2 * watchdog));
    cluster().daemon(active).signal(SIGCONT);
    EXPECT_TRUE(supervisor(active).wait_for("WATCHDOG=1", patience));
}

TEST_F(SupervisionScenario, ThatNeverReadsHoldsNothingUp) {
    const int active = begin(supervised());
    NotifySocket filler = std::move(NotifySocket::open(supervisor(active).address())).value();
    while (filler.send("filler")) {
    }
    expect_no_move(
        active, [] {}, 3 * watchdog);
    EXPECT_TRUE(reload(active).value("ok", false));
    supervisor(active).forget();
    EXPECT_TRUE(supervisor(active).wait_for("WATCHDOG=1", patience));
}

TEST_F(SupervisionScenario, IsUnknownToCommands) {
    const std::string script = "/bin/sh -c \"env >> " + file("environment") + "\"\n";
    begin(supervised("[hook.h]\non = active\ncommand = " + script +
                     "[service.s]\ncheck = command\ncommand = " + script));
    EXPECT_TRUE(wait_until(
        [&] {
            const std::string environment = read_file(file("environment"));
            return environment.find("KOMAINU_SERVICE=s") != std::string::npos &&
                   environment.find("KOMAINU_EVENT=active") != std::string::npos;
        },
        patience));
    const std::string environment = read_file(file("environment"));
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"})
        EXPECT_EQ(environment.find(name), std::string::npos) << name;
}

}  // namespace
}  // namespace komainu::lab
