// The list of VIPs changes while the cluster works: what stays is not touched, what is new is there
// and announced, what is gone is gone; and of a list that a host cannot have, nothing comes.
#include <signal.h>

#include "test/net/reload_scenario.h"

namespace komainu::lab {
namespace {

using nlohmann::json;

const std::string second = "\n[vip.second]\naddress = 10.77.0.101/24\ninterface = eth0\n";
const IpAddress second_vip = parse_address("10.77.0.101").value();

class VipReload : public ReloadScenario {
protected:
    void on_host(int node, const std::string& command) {
        EXPECT_TRUE(succeeds_on(node, command)) << command;
    }
    bool succeeds_on(int node, const std::string& command) {
        bool done = false;
        cluster().host(node).space.run(
            [&] { done = std::system((command + " >/dev/null 2>&1").c_str()) == 0; });
        return done;
    }
    /// All, the active first.
    void all_take_over(int active, const std::string& text, const json& expected) {
        for (const int node : {active, after(active), after(after(active))}) {
            add(node, text);
            EXPECT_EQ(changes(node), expected) << "node " << node;
        }
    }
    std::vector<std::string> vips_of(int node) {
        std::vector<std::string> names;
        const json status = cluster().status(node).value_or(json{{"vips", json::array()}});
        for (const json& vip : status.at("vips")) names.push_back(vip["name"]);
        return names;
    }
    void expect_held(const IpAddress& address, const std::set<int>& nodes) {
        EXPECT_TRUE(watcher().wait_for_holders(address, nodes, patience)) << to_string(address);
    }
    /// Whether clients of the address are served by that node.
    void expect_served(std::size_t other, int node) {
        const IpAddress address = parse_address("10.77.0." + std::to_string(other)).value();
        const Client client(cluster().client_host(), {address, service_port});
        EXPECT_TRUE(client.answered_by(node, client.mark(), patience)) << to_string(address);
    }
};

TEST_F(VipReload, AddsAVipBesideTheOldOneWhichIsNotTouched) {
    const int active = begin();
    mark();
    all_take_over(active, second, json::array({"vip.second"}));
    expect_announced(active, second_vip);
    expect_held(second_vip, {active});
    expect_served(101, active);
    sleep_for(500ms);
    expect_unmoved(active);
    EXPECT_EQ(vips_of(active), (std::vector<std::string>{"v0", "second"}));
    EXPECT_EQ(watcher().overlap(second_vip), 0ns);
}

TEST_F(VipReload, WhoTakesOverHasTheNewListWhicheverWasToldFirst) {
    const int active = begin();
    const int standby = after(active), third = after(standby);
    for (const int node : {standby, third, active}) {
        add(node, second);
        EXPECT_EQ(changes(node), json::array({"vip.second"}));
    }
    expect_held(second_vip, {active});
    const int next = expect_takeover(active, [&] { cluster().switchover(active, standby); });
    EXPECT_EQ(next, standby);
    expect_announced(standby, second_vip);
    expect_held(second_vip, {standby});
    const int last = expect_takeover(standby, [&] { cluster().kill_main(standby); });
    expect_announced(last, second_vip);
    expect_held(second_vip, {last});
    expect_served(101, last);
}

TEST_F(VipReload, RemovesAVipAndLeavesTheOther) {
    const int active = begin({.vips = {"10.77.0.100/24", "10.77.0.101/24"}});
    expect_held(second_vip, {active});
    mark();
    for (int node = 1; node <= 3; ++node) {
        change(node, "[vip.v1]\naddress = 10.77.0.101/24\ninterface = eth0\n", "");
        EXPECT_EQ(changes(node), json::array({"vip.v1 (removed)"}));
    }
    expect_held(second_vip, {});
    sleep_for(2500ms);  // nor is it put back, nor renewed
    expect_held(second_vip, {});
    expect_unmoved(active);
    EXPECT_EQ(vips_of(active), std::vector<std::string>{"v0"});
}

TEST_F(VipReload, ChangesLabelInterfaceAndPrefixOfOneVipAndDoesNotTouchTheOther) {
    const int active = begin({.vips = {"10.77.0.100/24", "10.77.0.101/24"}});
    for (int node = 1; node <= 3; ++node) add_pair(cluster().host(node), "other0", "other1");
    const auto shows = [&](const std::string& interface, const std::string& text) {
        return succeeds_on(active, "ip -o addr show dev " + interface + " | grep '" + text + "'");
    };
    mark();
    const std::string line = "address = 10.77.0.101/24\ninterface = eth0\n";
    const std::string labelled = line + "label = eth0:pg\n";
    change(active, line, labelled);
    EXPECT_EQ(changes(active), json::array({"vip.v1"}));
    EXPECT_TRUE(shows("eth0", "10.77.0.101/24.*eth0:pg"));
    const std::string moved = "address = 10.77.0.101\ninterface = other0\n";
    change(active, labelled, moved);
    EXPECT_EQ(changes(active), json::array({"vip.v1"}));
    EXPECT_TRUE(shows("other0", "10.77.0.101/32"));
    EXPECT_FALSE(shows("eth0", "10.77.0.101"));
    EXPECT_TRUE(wait_until([&] { return cluster().status(active)->at("interfaces").size() == 2; },
                           patience));
    change(active, moved, line);
    EXPECT_EQ(changes(active), json::array({"vip.v1"}));
    EXPECT_TRUE(shows("eth0", "10.77.0.101/24"));
    EXPECT_FALSE(shows("other0", "10.77.0.101"));
    EXPECT_EQ(cluster().status(active)->at("interfaces").size(), 1u);
    sleep_for(300ms);
    expect_unmoved(active);
    EXPECT_EQ(cluster().log(active).find("was gone"), std::string::npos);
    EXPECT_EQ(cluster().log(active).find("promote_secondaries is on"),
              cluster().log(active).rfind("promote_secondaries is on"));
}

TEST_F(VipReload, IsRefusedAsAWholeWhenAnAddressIsOnThisHostAlready) {
    const int active = begin();
    on_host(active, "ip addr add 10.77.0.102/24 dev eth0");
    const std::string before = configuration(active);
    const std::string why =
        "vip.third: 10.77.0.102 is already on eth0 and was not put there by "
        "komainu";
    const std::string third = "\n[vip.third]\naddress = 10.77.0.102/24\ninterface = eth0\n";
    mark();
    add(active, second + third + "[hook.page]\non = fault\ncommand = /bin/true\n");
    const json answer = reload(active);
    EXPECT_EQ(answer["ok"], false);
    EXPECT_NE(answer["details"].dump().find(why), std::string::npos) << answer.dump();
    expect_held(second_vip, {});
    EXPECT_EQ(vips_of(active), std::vector<std::string>{"v0"});
    write_configuration(active, before);
    EXPECT_EQ(changes(active), json::array()) << "nor was the hook taken over";
    on_host(active, "ip addr del 10.77.0.102/24 dev eth0");
    add(active, second + third);
    EXPECT_EQ(changes(active), json::array({"vip.second", "vip.third"}));
    expect_held(second_vip, {active});
    expect_unmoved(active);
}

TEST_F(VipReload, IsRefusedForAnInterfaceThatThisHostLacksAndForVipsOfCommands) {
    const int active = begin();
    const std::string before = configuration(active);
    const auto refused = [&](const std::string& text, const std::string& why) {
        add(active, text);
        const json answer = reload(active);
        EXPECT_EQ(answer["ok"], false);
        EXPECT_NE(answer["details"].dump().find(why), std::string::npos) << answer.dump();
        write_configuration(active, before);
    };
    mark();
    refused("\n[vip.second]\naddress = 10.77.0.101/24\ninterface = eth7\n",
            "vip.second: there is no interface eth7 now");
    refused(second + "up_command = /bin/true\ndown_command = /bin/true\n",
            "up_command: cannot change in a running daemon");
    expect_unmoved(active);
}

TEST_F(VipReload, TracksOtherInterfacesFromThenOn) {
    const int active = begin();
    const int standby = after(active);
    add(standby, "\n[lifecheck]\ntrack_interface = eth7\n");
    EXPECT_EQ(changes(standby), json::array({"lifecheck.track_interface"}));
    EXPECT_TRUE(says(standby, "reason", "interface eth7 does not exist"));
    change(standby, "\ntrack_interface = eth7\n", "\n");
    EXPECT_EQ(changes(standby), json::array({"lifecheck.track_interface"}));
    EXPECT_TRUE(says(standby, "healthy", true));
}

/// Main cannot know what a guard has done that does not answer. It follows when it does.
TEST_F(VipReload, FollowsAGuardThatAnswersTooLate) {
    const int active = begin();
    const int standby = after(active);
    const pid_t guard = cluster().guard_pid(standby);
    ASSERT_GT(guard, 0);
    add(standby, second);
    ::kill(guard, SIGSTOP);
    const json answer = reload(standby);
    EXPECT_NE(answer.dump().find("the guard does not answer within 3 s"), std::string::npos);
    EXPECT_NE(reload(standby).dump().find("has not answered yet"), std::string::npos);
    EXPECT_EQ(vips_of(standby), std::vector<std::string>{"v0"});
    ::kill(guard, SIGCONT);
    EXPECT_TRUE(logs(standby, "reload: vip.second"));
    EXPECT_EQ(vips_of(standby), (std::vector<std::string>{"v0", "second"}));
    EXPECT_EQ(changes(standby), json::array());
}

/// The guard has them already when main finds that nobody can run the new hook.
TEST_F(VipReload, TakesTheVipsAloneWhenTheRunnerHasDiedMeanwhile) {
    const int active = begin();
    const int standby = after(active);
    const pid_t guard = cluster().guard_pid(standby), runner = cluster().runner_pid(standby);
    ASSERT_TRUE(guard > 0 && runner > 0);
    add(standby, second + "[hook.page]\non = fault\ncommand = /bin/true\n");
    ::kill(guard, SIGSTOP);
    reload(standby);
    ::kill(runner, SIGKILL);
    EXPECT_TRUE(logs(standby, "the runner died"));
    ::kill(guard, SIGCONT);
    EXPECT_TRUE(logs(standby, "of the new configuration the VIPs alone are taken over"));
    EXPECT_EQ(vips_of(standby), (std::vector<std::string>{"v0", "second"}));
    EXPECT_EQ(cluster().log(standby).find("reload: hook.page"), std::string::npos);
    expect_takeover(active, [&] { cluster().switchover(active, standby); });
    expect_held(second_vip, {standby});
}

/// Again and again, under traffic: nothing is lost, and nothing is left.
TEST_F(VipReload, ComesAndGoesManyTimesWithoutAGapForTheOther) {
    const int active = begin();
    const std::string before = configuration(active);
    mark();
    for (int round = 0; round < 20; ++round) {
        add(active, second);
        EXPECT_EQ(changes(active), json::array({"vip.second"}));
        write_configuration(active, before);
        EXPECT_EQ(changes(active), json::array({"vip.second (removed)"}));
    }
    sleep_for(300ms);
    expect_unmoved(active);
    expect_held(second_vip, {});
    EXPECT_EQ(cluster().stop(active), 0);
}

}  // namespace
}  // namespace komainu::lab
