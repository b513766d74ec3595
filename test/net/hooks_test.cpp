// Hooks and command checks of real daemons: what they are told and when, and that nobody waits for
// them who was not asked to.
#include <signal.h>
#include <unistd.h>

#include <sstream>

#include "test/lab/temporary_directory.h"
#include "test/net/scenario.h"

namespace komainu::lab {
namespace {

class HookScenario : public Scenario {
protected:
    /// A hook that runs a line of shell.
    std::string hook(const std::string& keys, const std::string& script) {
        return "[hook.h" + std::to_string(++hooks_) + "]\n" + keys + "command = /bin/sh -c \"" +
               script + "\"\n";
    }
    /// A hook that writes down a line of text: shell may stand in it.
    std::string scribe(const std::string& keys, const std::string& text) {
        return hook(keys, "echo " + text + " >> " + file("$KOMAINU_NODE"));
    }

    std::string file(const std::string& name) { return directory_.path(name); }
    std::vector<std::string> written_by(int node) {
        std::istringstream text(read_file(file(std::to_string(node))));
        std::vector<std::string> lines;
        for (std::string line; std::getline(text, line);) lines.push_back(line);
        return lines;
    }
    bool wait_for_lines(int node, const std::vector<std::string>& lines) {
        return wait_until([&] { return written_by(node) == lines; }, patience);
    }
    static std::string text(const std::vector<std::string>& lines) {
        std::string all;
        for (const auto& line : lines) all += line + "\n";
        return all;
    }

private:
    TemporaryDirectory directory_;
    int hooks_ = 0;
};

using Lines = std::vector<std::string>;

/// Whether the VIP is on this host, as a hook sees it.
const std::string vip_there = "$(ip -o addr show dev eth0 | grep -c 10.77.0.100/)";

TEST_F(HookScenario, AreToldOfASwitchoverInOrderOnBothSides) {
    const std::string what =
        "$KOMAINU_WHEN $KOMAINU_EVENT $KOMAINU_OLD_ROLE-$KOMAINU_ROLE "
        "$KOMAINU_CAUSE ";
    const int first = begin({.more = scribe("on = active standby\nwhen = before\n", what) +
                                     scribe("on = active standby\n", what + vip_there)});
    Lines lines{"before active standby-active elected", "after active standby-active elected 1"};
    EXPECT_TRUE(wait_for_lines(first, lines)) << text(written_by(first));
    const int next = expect_takeover(first, [&] { cluster().switchover(first); });
    EXPECT_TRUE(wait_for_lines(next, lines)) << text(written_by(next));
    lines.insert(lines.end(), {"before standby active-standby switchover",
                               "after standby active-standby switchover 0"});
    EXPECT_TRUE(wait_for_lines(first, lines)) << text(written_by(first));
}

TEST_F(HookScenario, ThatHangDelayNoFailover) {
    const int active = begin({.more = hook("on = active standby\nwhen = before\n", "sleep 1000") +
                                      hook("on = active standby peer_lost fault\n", "sleep 1000")});
    expect_takeover(active, [&] { cluster().kill_main(active); });
}

TEST_F(HookScenario, AreToldWhomTheyLostAndWhoIsActive) {
    const int active =
        begin({.more = scribe("on = peer_lost\n",
                              "$KOMAINU_EVENT $KOMAINU_PEER $KOMAINU_ACTIVE $KOMAINU_CAUSE "
                              "$KOMAINU_CLUSTER $KOMAINU_VIPS")});
    const int lost = active == 3 ? 2 : 3;
    ASSERT_TRUE(cluster().wait_until_whole());
    cluster().signal_both(lost, SIGKILL);
    std::ostringstream line;
    line << "peer_lost " << lost << " " << active << " silent "
         << (*cluster().status(active))["cluster"].get<std::string>() << " 10.77.0.100/24";
    EXPECT_TRUE(wait_for_lines(active, {line.str()})) << text(written_by(active));
}

TEST_F(HookScenario, WithWaitDelayTheComingOfTheVips) {
    const int active = begin(
        {.more = scribe("on = active\nwhen = before\nwait = yes\n", "$(sleep 0.5) " + vip_there)});
    EXPECT_EQ(written_by(active), Lines{"0"});
    const int next = expect_takeover(active, [&] { cluster().kill_main(active); });
    EXPECT_EQ(written_by(next), Lines{"0"});
}

TEST_F(HookScenario, WithWaitDelayTheGoingOfTheVipsWhileTheLeaseStands) {
    const int active = begin({.more = scribe("on = standby\nwhen = before\nwait = yes\n",
                                             "$(sleep 0.7) " + vip_there + " $KOMAINU_CAUSE")});
    expect_takeover(active, [&] { cluster().switchover(active); });
    EXPECT_EQ(written_by(active), Lines{"1 switchover"});
}

TEST_F(HookScenario, AreNotAwaitedByWhoHasLostTheLease) {
    const int active =
        begin({.more = hook("on = standby\nwhen = before\nwait = yes\n", "sleep 1000")});
    expect_takeover(active, [&] { cluster().network().silence(cluster().host(active)); });
}

TEST_F(HookScenario, WithWaitThatFailOrHangHoldTheVipsBackForTheirLimitAtMost) {
    const int active =
        begin({.more = hook("on = active standby\nwhen = before\nwait = yes\ntimeout = 300ms\n",
                            "trap '' TERM; sleep 1000") +
                       hook("on = active\nwhen = before\nwait = yes\n", "echo broken; exit 3")});
    expect_takeover(active, [&] { cluster().switchover(active); });
    const std::string log = cluster().log(active);
    EXPECT_NE(log.find("hook.h1: failed after"), std::string::npos) << log;
    EXPECT_NE(log.find("ms: exit status 3: broken"), std::string::npos) << log;
}

TEST_F(HookScenario, WithWaitAreForgottenWhenTheNodeIsStoppedMeanwhile) {
    lay_out({.nodes = 1,
             .more = hook("on = active standby\nwhen = before\nwait = yes\n",
                          "touch " + file("began") + "; sleep 1000")});
    cluster().start(1);
    ASSERT_TRUE(wait_until([&] { return access(file("began").c_str(), F_OK) == 0; }, patience));
    cluster().daemon(1).signal(SIGTERM);
    // Nor is the hook of the VIPs' going awaited, as they never came.
    EXPECT_TRUE(wait_until([&] { return !cluster().status(1); }, 2s));
    for (const AddressEvent& event : watcher().events_since(0)) EXPECT_NE(event.address, vip());
}

TEST_F(HookScenario, OfAStoppedActiveStillRun) {
    const int active = begin({.more = scribe("on = standby\n", "$(sleep 0.5) $KOMAINU_CAUSE")});
    expect_takeover(active, [&] { EXPECT_EQ(cluster().stop(active), 0); });
    EXPECT_EQ(written_by(active), Lines{"stopping"});
}

TEST_F(HookScenario, WhoseProgramIsMissingSaySoInOneLine) {
    const int active = begin({.more = "[hook.gone]\non = active\ncommand = /no/such/program\n"});
    EXPECT_TRUE(logs(active, "hook.gone: failed after"));
    EXPECT_NE(cluster().log(active).find("cannot run /no/such/program: No such file or directory"),
              std::string::npos);
}

class CommandCheckScenario : public HookScenario {
protected:
    std::string check(const std::string& script, const std::string& keys = "") {
        return "[service.own]\ncheck = command\ncommand = /bin/sh -c \"" + script +
               "\"\ninterval = 50ms\n" + keys;
    }
    std::string reason(int node) {
        const auto status = cluster().status(node);
        if (!status) return "no status";
        return (*status)["nodes"][node - 1].value("reason", std::string("no reason"));
    }
};

TEST_F(CommandCheckScenario, MovesTheVipWhenTheCommandFails) {
    const int active = begin({.more = check("test ! -e " + file("broken$KOMAINU_NODE") +
                                            " || { echo broken; exit 4; }")});
    expect_takeover(active, [&] { std::ofstream(file("broken" + std::to_string(active))) << "x"; });
    EXPECT_EQ(reason(active), "service.own: exit status 4: broken");
}

TEST_F(CommandCheckScenario, MovesTheVipWhenTheCommandHangs) {
    const int active = begin(
        {.more = check("trap '' TERM; test ! -e " + file("broken$KOMAINU_NODE") + " || sleep 1000",
                       "timeout = 500ms\n")});
    expect_takeover(active, [&] { std::ofstream(file("broken" + std::to_string(active))) << "x"; });
    EXPECT_EQ(reason(active), "service.own: time-out");
}

TEST_F(CommandCheckScenario, FailsAfterTheRunnersDeathAndTheVipsMoveOnlyThen) {
    const int active = begin({.more = check("exit 0", "fall = 5\n")});
    ASSERT_TRUE(cluster().wait_until_whole());
    const pid_t runner = cluster().runner_pid(active);
    ASSERT_GT(runner, 0);
    expect_takeover(active, [&] { ::kill(runner, SIGKILL); });
    EXPECT_EQ(reason(active), "service.own: the runner died, and no command can be run any more");
    const auto status = cluster().status(active);
    ASSERT_TRUE(status);
    EXPECT_EQ((*status)["runner"]["state"], "failed");
    EXPECT_NE(cluster().log(active).find("the runner died"), std::string::npos);
}

TEST_F(HookScenario, TheRunnersDeathMovesNoVipByItself) {
    const int active = begin({.more = hook("on = active\n", "exit 0")});
    const pid_t runner = cluster().runner_pid(active);
    ASSERT_GT(runner, 0);
    expect_no_move(active, [&] { ::kill(runner, SIGKILL); });
    EXPECT_EQ((*cluster().status(active))["runner"]["state"], "failed");
    expect_takeover(active, [&] { cluster().switchover(active); });
}

}  // namespace
}  // namespace komainu::lab
