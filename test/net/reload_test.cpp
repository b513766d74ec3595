// A configuration that is read anew while the cluster works: what may change does, at once and
// without moving anything; whatever else differs, or is wrong, changes nothing and is named.
#include <signal.h>
#include <sys/stat.h>

#include "test/net/reload_scenario.h"

namespace komainu::lab {
namespace {

using nlohmann::json;

const std::string first_key(64, 'a');
const std::string second_key(64, 'b');

class KeyScenario : public ReloadScenario {
protected:
    static std::map<int, std::string> all_have(const std::string& key) {
        return {{1, key}, {2, key}, {3, key}};
    }
    void write_keys(int node, const std::vector<std::string>& keys) {
        std::ofstream file(cluster().directory(node) + "/cluster.key");
        for (const std::string& key : keys) file << key << '\n';
    }
    void all_take_over(const std::vector<std::string>& keys) {
        for (int node = 1; node <= 3; ++node) {
            write_keys(node, keys);
            EXPECT_EQ(changes(node), json::array({"the keys"})) << "node " << node;
        }
    }
};

TEST_F(ReloadScenario, TakesOverServicesAndHooksOnEveryNodeAndMovesNothing) {
    const int active = begin({.check = ServiceCheck::process});
    const std::string marked = cluster().directory(active) + "/marked";
    mark();
    for (int node = 1; node <= 3; ++node) {
        add(node,
            "\n[service.second]\ncheck = command\ncommand = /bin/true\ninterval = 50ms\n"
            "[hook.page]\non = fault\ncommand = /usr/bin/touch " +
                marked + "\n");
        change(node, "interval = 50ms\nfall = 1", "interval = 20ms\nfall = 2");
        EXPECT_EQ(changes(node), json::array({"service.echo", "service.second", "hook.page"}));
    }
    sleep_for(500ms);
    expect_unmoved(active);
    EXPECT_EQ(cluster().status(active)->at("services").size(), 2u);
    EXPECT_EQ(changes(active), json::array());
    change(active, "/bin/true", "/bin/false");
    expect_takeover(active, [&] { reload(active); });
    EXPECT_TRUE(wait_until([&] { return ::access(marked.c_str(), F_OK) == 0; }, patience))
        << "the hook that was taken over is run";
}

TEST_F(ReloadScenario, TakesOverTheOwnPriorityAndPreemption) {
    const int active = begin({.cluster_keys = "preempt = yes\npreempt_delay = 100ms\n"});
    const int other = after(active);
    mark();
    for (int node = 1; node <= 3; ++node) {
        change(node, "preempt = yes", "preempt = no");
        change(node, "[node." + std::to_string(other) + "]\n",
               "[node." + std::to_string(other) + "]\npriority = 200\n");
        changes(node);
    }
    ASSERT_TRUE(says(other, "priority", 200));
    sleep_for(500ms);
    expect_unmoved(active);
    change(other, "preempt = no", "preempt = yes");
    reload(other);
    EXPECT_TRUE(wait_until([&] { return cluster().active() == other; }, patience));
}

/// First on the active, which then asks for longer promises than the others remember; and shorter
/// times first on those who must still bear the active's.
TEST_F(ReloadScenario, TakesOverIntervalAndDeadtimeInAnyOrderAndMovesNothing) {
    const int active = begin({.interval = 20ms, .deadtime = 200ms});
    const auto take_over = [&](const std::vector<int>& order, const std::string& from,
                               const std::string& to) {
        for (const int node : order) {
            change(node, from, to);
            EXPECT_EQ(changes(node), json::array({"heartbeat.interval", "heartbeat.deadtime"}));
            sleep_for(300ms);
        }
    };
    const int second = after(active), third = after(second);
    const std::string old_times = "interval = 20ms\ndeadtime = 200ms";
    const std::string longer = "interval = 300ms\ndeadtime = 1500ms";
    const std::string shorter = "interval = 10ms\ndeadtime = 100ms";
    mark();
    take_over({active, second, third}, old_times, longer);
    expect_unmoved(active);
    take_over({third, second, active}, longer, shorter);
    expect_unmoved(active);
    sleep_for(1500ms);  // what was promised to the old heartbeats
    allow_overlap();
    const Instant killed = now();
    expect_takeover(active, [&] { cluster().signal_both(active, SIGKILL); });
    EXPECT_LT(now() - killed, 1s) << "the new deadtime counts";
}

TEST_F(ReloadScenario, ANodeThatRestartsOutlastsWhatItPromisedByALongerDeadtime) {
    const int active = begin({.deadtime = 900ms});
    const int standby = after(active);
    change(standby, "deadtime = 900ms", "deadtime = 100ms");
    cluster().stop(standby);
    const Instant started = now();
    cluster().start(standby);
    EXPECT_TRUE(wait_until([&] { return cluster().status(standby).has_value(); }, patience));
    EXPECT_GT(now() - started, 900ms);
    EXPECT_NE(cluster().log(standby).find("the deadtime was 900 ms before, and is 100 ms now"),
              std::string::npos);
    cluster().stop(standby);
    cluster().start(standby);
    EXPECT_TRUE(cluster().wait_until_whole());
    const std::string log = cluster().log(standby);
    EXPECT_EQ(log.find("the deadtime was"), log.rfind("the deadtime was")) << "once is enough";
}

TEST_F(ReloadScenario, SettingsThatDifferAreShownOnEveryNode) {
    const int active = begin();
    const int other = after(active);
    change(other, "deadtime = 200ms", "deadtime = 300ms");
    change(other, "quorum = majority\n", "quorum = majority\npreempt = yes\n");
    changes(other);
    const auto shown = [&](int at, int of) {
        const auto status = cluster().status(at);
        return status
                   ? status->at("nodes").at(static_cast<std::size_t>(of - 1)).at("other_settings")
                   : json();
    };
    const json both = json::array({"preempt, preempt_delay, conflict", "interval, deadtime"});
    EXPECT_TRUE(wait_until([&] { return shown(active, other) == both; }, patience));
    EXPECT_TRUE(wait_until([&] { return shown(other, active) == both; }, patience));
    EXPECT_EQ(shown(active, after(other)), json::array());
}

TEST_F(ReloadScenario, RefusesWhatTakesARestartAndChangesNothing) {
    const int active = begin();
    const std::string before = configuration(active);
    change(active, "name = lab", "name = other");
    add(active, "[hook.page]\non = fault\ncommand = /bin/true\n");
    const json answer = reload(active);
    EXPECT_EQ(answer["ok"], false);
    const std::string why = answer["details"].dump();
    EXPECT_NE(why.find("komainu.conf:2: name: cannot change in a running daemon"), why.npos) << why;
    EXPECT_EQ(answer["details"].size(), 1u) << why;
    write_configuration(active, before);
    EXPECT_EQ(changes(active), json::array()) << "nor was the hook taken over";
}

TEST_F(KeyScenario, KeepsTheOldConfigurationWhenTheNewOneIsBad) {
    const int active = begin();
    const std::string before = configuration(active);
    const std::string file = cluster().configuration_file(active);
    const auto refused = [&](const std::string& expected) {
        const json answer = reload(active);
        EXPECT_EQ(answer["ok"], false);
        const std::string why = answer.dump();
        EXPECT_NE(why.find(expected), why.npos) << why;
    };
    mark();
    change(active, "deadtime = 200ms", "deadtime = soon");
    refused("deadtime: ");
    write_configuration(active, "");
    refused("[cluster]");
    ::unlink(file.c_str());
    refused("cannot be opened");
    ::mkdir(file.c_str(), 0700);
    refused("cannot be read");
    ::rmdir(file.c_str());
    write_configuration(active, before);
    const std::string key = cluster().directory(active) + "/cluster.key";
    ::chmod(key.c_str(), 0644);
    refused("is open to others");
    ::chmod(key.c_str(), 0600);
    write_keys(active, {"nonsense"});
    refused("the key has 8 letters");
    add(active, "[hook.page]\non = fault\ncommand = /bin/true\nuser = nobody\n");
    write_keys(active, {first_key});
    refused("hook.page: user: ");
    expect_unmoved(active);
    EXPECT_EQ(cluster().stop(active), 0);
}

TEST_F(ReloadScenario, IsAskedForBySighupAsWell) {
    const int active = begin();
    add(active, "[hook.page]\non = fault\ncommand = /bin/true\n");
    ::kill(cluster().daemon(active).pid(), SIGHUP);
    EXPECT_TRUE(logs(active, "reload: hook.page"));
    write_configuration(active, "nonsense");
    ::kill(cluster().daemon(active).pid(), SIGHUP);
    EXPECT_TRUE(logs(active, "the configuration is not taken over, nothing has changed"));
    EXPECT_TRUE(cluster().running(active));
}

/// Whoever reads for main is stopped: as if its disk did not answer.
TEST_F(ReloadScenario, IsGivenUpWhenTheReadingDoesNotEnd) {
    const int active = begin();
    const pid_t runner = cluster().runner_pid(active);
    ASSERT_GT(runner, 0);
    expect_no_move(active, [&] {
        ::kill(runner, SIGSTOP);
        const json answer = reload(active);
        ::kill(runner, SIGCONT);
        EXPECT_NE(answer.dump().find("could not be read within 10 s"), std::string::npos)
            << answer.dump();
    });
    EXPECT_EQ(changes(active), json::array()) << "and the next one is answered";
}

TEST_F(KeyScenario, KeysRotateWithoutAGapWhileTrafficRuns) {
    const int active = begin({.keys = all_have(first_key)});
    mark();
    all_take_over({first_key, second_key});
    all_take_over({second_key, first_key});
    all_take_over({second_key});
    sleep_for(500ms);
    expect_unmoved(active);
    for (int node = 1; node <= 3; ++node) {
        const auto status = cluster().status(node);
        EXPECT_EQ(status->at("datagrams").at("refused").at("unknown_key"), 0) << "node " << node;
    }
    write_keys(active, {first_key});
    EXPECT_EQ(changes(active), json::array({"the keys"}));
    EXPECT_NE(cluster().wait_for_active_other_than(active), std::nullopt)
        << "whoever has the old key only is not heard any more";
}

/// The guard's last will was sealed with the first key, which nobody accepts any more when it is
/// sent.
TEST_F(KeyScenario, TheLastWillIsSealedAgainByTheNewKey) {
    const int active = begin({.deadtime = 2s, .keys = all_have(first_key)});
    all_take_over({first_key, second_key});
    all_take_over({second_key, first_key});
    all_take_over({second_key});
    const Instant killed = now();
    expect_takeover(active, [&] { cluster().kill_main(active); });
    EXPECT_LT(now() - killed, 1500ms) << "nobody waited for the deadtime";
}

}  // namespace
}  // namespace komainu::lab
