// The runner as a process of its own, with real programs.
#include "runner/runner.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include <fstream>

#include "io/clock.h"
#include "io/message_channel.h"
#include "test/lab/clock.h"
#include "test/lab/process.h"
#include "test/lab/sandbox.h"
#include "test/lab/temporary_directory.h"

namespace komainu {
namespace {

using lab::TemporaryDirectory;

constexpr Duration patience = 10s;

class RunnerTest : public testing::Test {
protected:
    ~RunnerTest() override {
        ends_.main.close();
        if (pid_ > 0) await_end();
    }

    void add_check(Argv command, Duration timeout = patience, const std::string& user = "") {
        ServiceConfig service;
        service.name = "s" + std::to_string(config_.services.size());
        service.check = CheckKind::command;
        service.command = std::move(command);
        service.timeout = timeout;
        service.user = user;
        config_.services.push_back(service);
    }
    void add_shell_check(const std::string& script, Duration timeout = patience) {
        add_check({"/bin/sh", "-c", script}, timeout);
    }
    void add_hook(const std::string& script, Duration timeout = patience) {
        HookConfig hook;
        hook.name = "h" + std::to_string(config_.hooks.size());
        hook.on = {HookEvent::active};
        hook.command = {"/bin/sh", "-c", script};
        hook.timeout = timeout;
        config_.hooks.push_back(hook);
    }

    /// What it said first.
    RunnerReport begin() {
        config_.cluster_name = "shrine";
        config_.self = NodeId{2};
        VipConfig vip;
        vip.address = *parse_prefix("10.77.0.100/24");
        config_.vips = {vip, vip};
        ends_ = std::move(make_channel().value());
        pid_ = ::fork();
        if (pid_ == 0) {
            ends_.main.close();
            ::_exit(run_runner({}, config_, std::move(ends_.child), {}));
        }
        ends_.child.close();
        return next_report();
    }

    RunnerReport next_report() {
        while (reports_.empty()) {
            pollfd ready{ends_.main.get(), POLLIN, 0};
            if (::poll(&ready, 1, static_cast<int>(patience / 1ms)) <= 0) {
                ADD_FAILURE() << "the runner says nothing";
                return {};
            }
            const auto state =
                receive_messages(ends_.main.get(), [this](Bytes bytes, Descriptors&) {
                    reports_.push_back(*decode_runner_report(bytes));
                });
            if (state == ChannelState::closed && reports_.empty()) {
                ADD_FAILURE() << "the runner is gone";
                return {};
            }
        }
        const RunnerReport report = reports_.front();
        reports_.erase(reports_.begin());
        return report;
    }

    void order(const RunnerOrder& order) {
        ASSERT_EQ(send_over(ends_.main.get(), order), Sent::yes);
    }

    /// Of the check, alone.
    RunEnd run(std::uint16_t service = 0) {
        order(CheckOrder{++runs_, service});
        return end_of(runs_);
    }
    RunEnd end_of(std::uint64_t run) {
        const RunnerReport report = next_report();
        const auto* ended = std::get_if<RunReport>(&report);
        if (!ended) return {};
        EXPECT_EQ(ended->run, run);
        return ended->end;
    }

    void say_farewell() {
        order(FarewellOrder{});
        ends_.main.close();
    }

    bool await_end() {
        const bool ended =
            lab::wait_until([&] { return ::waitpid(pid_, nullptr, WNOHANG) != 0; }, patience);
        if (!ended) ::kill(pid_, SIGKILL);
        pid_ = -1;
        return ended;
    }

    std::string text_in(const std::string& file) { return lab::read_file(directory_.path(file)); }
    pid_t pid_in(const std::string& file) {
        pid_t pid = 0;
        EXPECT_TRUE(lab::wait_until(
            [&] {
                std::ifstream(directory_.path(file)) >> pid;
                return pid != 0;
            },
            patience));
        return pid;
    }
    std::string path(const std::string& file) { return directory_.path(file); }

    TemporaryDirectory directory_;
    Config config_;
    ChannelEnds ends_;
    pid_t pid_ = -1;
    std::uint64_t runs_ = 0;
    std::vector<RunnerReport> reports_;
};

TEST_F(RunnerTest, TellsHowACommandEnded) {
    add_check({"/bin/true"});
    add_shell_check("echo '  no backend'; echo more; exit 3");
    add_shell_check("echo on stderr >&2; kill -SEGV $$");
    EXPECT_EQ(begin(), RunnerReport{RunnerReadyReport{}});
    EXPECT_EQ(run(0), (RunEnd{Ending::exited, 0, ""}));
    EXPECT_EQ(run(1), (RunEnd{Ending::exited, 3, "no backend"}));
    EXPECT_EQ(run(2), (RunEnd{Ending::killed, SIGSEGV, "on stderr"}));
}

TEST_F(RunnerTest, SaysInOneLineThatAProgramIsMissing) {
    add_check({"/usr/bin/no-such-program"});
    begin();
    EXPECT_EQ(run(), (RunEnd{Ending::not_started, 0,
                             "cannot run /usr/bin/no-such-program: No such file or directory"}));
}

TEST_F(RunnerTest, KillsWhatIgnoresSigtermWithGrandchildrenInSessionsOfTheirOwn) {
    const std::string script = path("stubborn");
    std::ofstream(script) << "trap '' TERM HUP INT\n"
                             "echo $$ > " +
                                 path("$1") +
                                 "\n"
                                 "[ $1 = a ] && setsid /bin/sh " +
                                 script +
                                 " b &\n"
                                 "[ $1 = b ] && (setsid /bin/sh " +
                                 script +
                                 " c &)\n"
                                 "sleep 1000; sleep 1000\n";
    add_check({"/bin/sh", script, "a"}, 1s);
    begin();
    order(CheckOrder{1, 0});
    const pid_t pids[] = {pid_in("a"), pid_in("b"), pid_in("c")};
    EXPECT_EQ(end_of(1).ending, Ending::timed_out);
    for (const pid_t pid : pids) EXPECT_FALSE(lab::exists(pid)) << pid;
}

TEST_F(RunnerTest, LetsACommandTidyUpAtItsTimeLimit) {
    add_shell_check("trap 'echo tidy > " + path("tidy") + "; exit 0' TERM; sleep 1000 & wait",
                    200ms);
    begin();
    EXPECT_EQ(run().ending, Ending::timed_out);
    EXPECT_EQ(text_in("tidy"), "tidy\n");
}

TEST_F(RunnerTest, EndsARunThatIsNoLongerAwaited) {
    add_shell_check("echo $$ > " + path("pid") + "; exec sleep 1000");
    begin();
    order(CheckOrder{1, 0});
    const pid_t pid = pid_in("pid");
    order(StopOrder{1});
    EXPECT_EQ(end_of(1).ending, Ending::stopped);
    EXPECT_FALSE(lab::exists(pid));
}

TEST_F(RunnerTest, ReadsAllThatACommandPrints) {
    add_shell_check("echo first; head -c 3000000 /dev/zero");
    begin();
    EXPECT_EQ(run(), (RunEnd{Ending::exited, 0, "first"}));
}

TEST_F(RunnerTest, DoesNotWaitForWhatACommandLeftInTheBackground) {
    add_shell_check("echo left; sleep 3 & exit 0");
    begin();
    const Instant began = boot_now();
    EXPECT_EQ(run(), (RunEnd{Ending::exited, 0, "left"}));
    EXPECT_LT(boot_now() - began, 2500ms);
}

TEST_F(RunnerTest, GivesACommandNoDescriptorNoPrivilegeAndOnlyTheDocumentedEnvironment) {
    add_shell_check("env | grep -v -e ^PWD= -e ^_= -e ^SHLVL= | sort > " + path("env") +
                    "; grep -e ^CapEff -e ^CapPrm -e ^CapAmb -e ^NoNewPrivs /proc/$$/status > " +
                    path("rights") + "; readlink /proc/$$/fd/0 > " + path("stdin"));
    // Not through a pipe, of which the shell has an end open meanwhile, and not as the last
    // command, which it may become.
    add_shell_check("exec > " + path("descriptors") + "; ls /proc/$$/fd; true");
    ::setenv("LD_LIBRARY_PATH", "/tmp", 1);
    begin();
    ::unsetenv("LD_LIBRARY_PATH");
    EXPECT_TRUE(run(0).succeeded());
    EXPECT_TRUE(run(1).succeeded());
    EXPECT_EQ(text_in("descriptors"), "0\n1\n2\n");
    EXPECT_EQ(text_in("env"),
              "KOMAINU_CLUSTER=shrine\nKOMAINU_NODE=2\nKOMAINU_SERVICE=s0\n"
              "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n");
    EXPECT_EQ(text_in("rights"),
              "CapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapAmb:\t0000000000000000\n"
              "NoNewPrivs:\t1\n");
    EXPECT_EQ(text_in("stdin"), "/dev/null\n");
}

TEST_F(RunnerTest, TellsAHookTheFacts) {
    add_hook("env | grep ^KOMAINU | sort > " + path("env"));
    begin();
    HookFacts facts{
        HookEvent::peer_lost,         7,   NodeId{1}, NodeId{3}, "active", "active", "silent",
        "node 3 is down; $(touch x)", "1", "detach"};
    order(HookOrder{1, 0, facts});
    EXPECT_TRUE(end_of(1).succeeded());
    EXPECT_EQ(text_in("env"),
              "KOMAINU_ACTIVE=1\nKOMAINU_BACKEND=1\nKOMAINU_BACKEND_EVENT=detach\nKOMAINU_CAUSE="
              "silent\nKOMAINU_CLUSTER=shrine\n"
              "KOMAINU_EVENT=peer_lost\nKOMAINU_NODE=2\nKOMAINU_OLD_ROLE=active\nKOMAINU_PEER=3\n"
              "KOMAINU_REASON=node 3 is down; $(touch x)\nKOMAINU_ROLE=active\nKOMAINU_TERM=7\n"
              "KOMAINU_VIPS=10.77.0.100/24 10.77.0.100/24\nKOMAINU_WHEN=after\n");
}

TEST_F(RunnerTest, RunsHooksOneAfterAnotherAndChecksBesideThem) {
    add_check({"/bin/true"});
    add_hook("sleep 0.2; echo slow >> " + path("log"));
    add_hook("echo quick >> " + path("log"));
    begin();
    order(HookOrder{1, 0, {}});
    order(HookOrder{2, 1, {}});
    order(CheckOrder{3, 0});
    EXPECT_TRUE(end_of(3).succeeded());
    EXPECT_TRUE(end_of(1).succeeded());
    EXPECT_TRUE(end_of(2).succeeded());
    EXPECT_EQ(text_in("log"), "slow\nquick\n");
}

TEST_F(RunnerTest, RunsNothingThatTheConfigurationDoesNotName) {
    config_.services.emplace_back().name = "a process check, which runs nothing";
    add_hook("exit 0");
    begin();
    EXPECT_EQ(run(0), (RunEnd{Ending::not_started, 0, "there is no such check"}));
    EXPECT_EQ(run(17), (RunEnd{Ending::not_started, 0, "there is no such check"}));
    order(HookOrder{7, 1, {}});
    EXPECT_EQ(end_of(7), (RunEnd{Ending::not_started, 0, "there is no such hook"}));
}

TEST_F(RunnerTest, RunsNoMoreThanItsLimitAtOnce) {
    add_check({"/bin/sleep", "1000"});
    begin();
    for (std::uint64_t run = 1; run <= Runner::runs_max + 1; ++run) order(CheckOrder{run, 0});
    EXPECT_EQ(end_of(Runner::runs_max + 1),
              (RunEnd{Ending::not_started, 0, "more than 128 commands run at once"}));
}

TEST_F(RunnerTest, EndsEverythingWhenMainDies) {
    add_shell_check("trap '' TERM; echo $$ > " + path("check") + "; sleep 1000; sleep 1000");
    add_hook("echo $$ > " + path("hook") + "; exec sleep 1000");
    add_hook("echo never > " + path("queued"));
    begin();
    order(CheckOrder{1, 0});
    order(HookOrder{2, 0, {}});
    order(HookOrder{3, 1, {}});
    const pid_t pids[] = {pid_in("check"), pid_in("hook")};
    ends_.main.close();
    EXPECT_TRUE(await_end());
    for (const pid_t pid : pids) EXPECT_FALSE(lab::exists(pid)) << pid;
    EXPECT_EQ(text_in("queued"), "");
}

TEST_F(RunnerTest, LetsHooksRunToTheirEndAfterAFarewellAndEndsChecks) {
    add_shell_check("echo $$ > " + path("check") + "; exec sleep 1000");
    add_hook("sleep 0.2; echo one >> " + path("log"));
    add_hook("echo two >> " + path("log"));
    begin();
    order(CheckOrder{1, 0});
    order(HookOrder{2, 0, {}});
    order(HookOrder{3, 1, {}});
    const pid_t check = pid_in("check");
    say_farewell();
    EXPECT_TRUE(await_end());
    EXPECT_EQ(text_in("log"), "one\ntwo\n");
    EXPECT_FALSE(lab::exists(check));
}

TEST_F(RunnerTest, LeavesNothingWhenItIsKilledItself) {
    add_shell_check("trap '' TERM; echo $$ > " + path("pid") + "; sleep 1000; sleep 1000");
    begin();
    order(CheckOrder{1, 0});
    const pid_t pid = pid_in("pid");
    ::kill(pid_, SIGKILL);
    EXPECT_TRUE(lab::wait_until([&] { return !lab::exists(pid); }, patience));
}

TEST_F(RunnerTest, ReportsARunWhoseMinderDiedAndTheCommandDiesWithIt) {
    add_shell_check("echo $PPID > " + path("minder") + "; echo $$ > " + path("pid") +
                    "; exec sleep 1000");
    begin();
    order(CheckOrder{1, 0});
    const pid_t pid = pid_in("pid");
    ::kill(pid_in("minder"), SIGKILL);
    EXPECT_EQ(end_of(1), (RunEnd{Ending::not_started, 0, "its minder died"}));
    EXPECT_TRUE(lab::wait_until([&] { return !lab::exists(pid); }, patience));
}

TEST_F(RunnerTest, RunsACommandAsItsOwnUserWithoutCapabilities) {
    if (lab::has_user_namespace()) GTEST_SKIP() << "needs root: there is no other user here";
    add_check({"/bin/sh", "-c",
               "id -un; exec >&2; grep -q '^CapEff:.0*$' /proc/$$/status && "
               "grep -q '^NoNewPrivs:.1' /proc/$$/status"},
              patience, "nobody");
    ASSERT_EQ(begin(), RunnerReport{RunnerReadyReport{}});
    EXPECT_EQ(run(), (RunEnd{Ending::exited, 0, "nobody"}));
}

TEST_F(RunnerTest, KillsWhatRunsAsAnotherUserAtItsTimeLimit) {
    if (lab::has_user_namespace()) GTEST_SKIP() << "needs root: there is no other user here";
    add_check({"/bin/sh", "-c", "trap '' TERM; sleep 1000; sleep 1000"}, 100ms, "nobody");
    begin();
    EXPECT_EQ(run().ending, Ending::timed_out);
}

TEST_F(RunnerTest, LetsRootBeRootWhereTheConfigurationAsksForIt) {
    if (lab::has_user_namespace()) GTEST_SKIP() << "needs root: setgroups(2) is refused here";
    add_check({"/bin/sh", "-c",
               "grep -q '^NoNewPrivs:.0' /proc/$$/status && "
               "! grep -q '^CapEff:.0*$' /proc/$$/status"},
              patience, "root");
    add_shell_check(
        "grep -q '^NoNewPrivs:.1' /proc/$$/status && grep -q '^CapEff:.0*$' "
        "/proc/$$/status");
    begin();
    EXPECT_TRUE(run(0).succeeded());
    EXPECT_TRUE(run(1).succeeded());  // and nobody else
}

TEST_F(RunnerTest, DoesNotStartWithAUserWhoDoesNotExist) {
    add_check({"/bin/true"}, patience, "no-such-user");
    EXPECT_EQ(begin(),
              RunnerReport{RunnerFailedReport{"service.s0: user: there is no user no-such-user"}});
}

class RunnerOfPgpoolTest : public RunnerTest {
protected:
    RunnerOfPgpoolTest() {
        config_.nodes = {NodeConfig{.id = NodeId{2}, .addresses = {}}};
        config_.pgpool.emplace().user = "komainu";
        config_.control.socket = path("control.sock");
    }

    /// Of komainu-pgpool, when it runs and is another than that.
    pid_t await_program(pid_t other = 0) {
        pid_t running = 0;
        EXPECT_TRUE(lab::wait_until(
            [&] {
                running = program();
                return running != 0 && running != other;
            },
            patience));
        return running;
    }

private:
    pid_t program() {
        for (const pid_t minder : lab::children_of(pid_))
            for (const pid_t child : lab::children_of(minder))
                if (lab::read_file("/proc/" + std::to_string(child) + "/comm") ==
                    "komainu-pgpool\n")
                    return child;
        return 0;
    }
};

TEST_F(RunnerOfPgpoolTest, KeepsItsProgramRunningAndEndsItWithMain) {
    begin();
    const pid_t first = await_program();
    const Instant killed = lab::now();
    ::kill(first, SIGKILL);
    const pid_t second = await_program(first);
    EXPECT_GE(lab::now() - killed, Runner::pgpool_pause);
    say_farewell();
    EXPECT_TRUE(await_end());
    EXPECT_FALSE(lab::exists(second));
}

TEST_F(RunnerOfPgpoolTest, EndsItsProgramWhenMainDies) {
    begin();
    const pid_t running = await_program();
    ends_.main.close();
    EXPECT_TRUE(await_end());
    EXPECT_FALSE(lab::exists(running));
}

TEST_F(RunnerOfPgpoolTest, RunsNoneOnAWitness) {
    config_.nodes[0].witness = true;
    begin();
    lab::sleep_for(300ms);
    EXPECT_EQ(lab::children_of(pid_), std::vector<pid_t>{});
}

}  // namespace
}  // namespace komainu
