// What a running daemon takes over from a new file, and what it refuses.
#include "conf/reload.h"

#include <gtest/gtest.h>

#include "test/unit/conf_text.h"

namespace komainu {
namespace {

using conf_text::but;
using conf_text::good;
using conf_text::good_but;
using conf_text::Said;

const std::string with_service =
    good +
    "[service.pgpool]\ncheck = tcp\naddress = 127.0.0.1:9999\n[hook.page]\n"
    "on = fault\ncommand = /bin/true\n";

struct Plan {
    Said changed;
    Said refused;
};

Plan plan(std::string_view running, std::string_view wanted) {
    const auto before = read_config(running);
    const auto after = read_config(wanted);
    EXPECT_EQ(conf_text::lines_of(after.problems), Said{});
    Problems problems;
    Plan made;
    made.changed = plan_reload(before.config, after.config, after.lines, problems);
    made.refused = conf_text::lines_of(problems);
    return made;
}

TEST(Reload, OfTheSameTextChangesNothing) {
    EXPECT_EQ(plan(with_service, with_service).changed, Said{});
    EXPECT_EQ(plan(with_service, with_service).refused, Said{});
}

TEST(Reload, NamesTheServicesAndHooksThatAreNewDifferentOrGone) {
    const auto other = but(with_service, "9999", "9998");
    EXPECT_EQ(plan(with_service, other).changed, Said{"service.pgpool"});
    EXPECT_EQ(plan(good, with_service).changed, (Said{"service.pgpool", "hook.page"}));
    EXPECT_EQ(plan(with_service, good).changed,
              (Said{"service.pgpool (removed)", "hook.page (removed)"}));
}

TEST(Reload, TakesOverPrioritiesPreemptionAndRules) {
    const auto other = but(good_but("name = shrine\n",
                                    "name = shrine\npreempt = yes\npreempt_delay = 5s\n"
                                    "conflict = refuse\nkey_file = /other\n"),
                           "10.77.0.2\n", "10.77.0.2\npriority = 7\n") +
                       "[lifecheck]\nrequire = any\n";
    const auto made = plan(good, other);
    EXPECT_EQ(made.changed,
              (Said{"cluster.key_file", "cluster.conflict", "cluster.preempt",
                    "cluster.preempt_delay", "node.2.priority", "lifecheck.require"}));
    EXPECT_EQ(made.refused, Said{});
}

TEST(Reload, TakesOverTheTimes) {
    const auto made = plan(good, good + "[heartbeat]\ninterval = 10ms\ndeadtime = 50ms\n");
    EXPECT_EQ(made.changed, (Said{"heartbeat.interval", "heartbeat.deadtime"}));
    EXPECT_EQ(made.refused, Said{});
}

TEST(Reload, TakesOverVipsAndTrackedInterfacesWithTheGuardsConsent) {
    const std::string with_second = good + "[vip.b]\naddress = 10.77.0.101/24\ninterface = eth0\n";
    const auto consent = [](std::string_view running, std::string_view wanted) {
        return concerns_guard(read_config(running).config, read_config(wanted).config);
    };
    EXPECT_EQ(plan(good, with_second).changed, Said{"vip.b"});
    EXPECT_EQ(plan(with_second, good).changed, Said{"vip.b (removed)"});
    EXPECT_EQ(plan(good, good_but("10.77.0.100/24", "10.77.0.100")).changed, Said{"vip.main"});
    EXPECT_EQ(plan(good, good_but("eth0\n", "eth0\nlabel = eth0:a\n")).changed, Said{"vip.main"});
    const auto tracked = good + "[lifecheck]\ntrack_interface = eth1\ntrack_delay = 5s\n";
    EXPECT_EQ(plan(good, tracked).changed,
              (Said{"lifecheck.track_interface", "lifecheck.track_delay"}));
    EXPECT_TRUE(consent(good, with_second));
    EXPECT_TRUE(consent(good, tracked));
    EXPECT_FALSE(consent(good, with_service));
}

TEST(Reload, OfManyMoreVipsWaitsForTheDeadtimeThatTheyTake) {
    const std::string shorter = "[heartbeat]\ninterval = 10ms\ndeadtime = 25ms\n";
    const std::string longer = but(shorter, "25ms", "500ms");
    std::string many = good;
    for (int i = 0; i < 250; ++i)
        many += "[vip.v" + std::to_string(i) + "]\naddress = 10.78.0." + std::to_string(i + 1) +
                "\ninterface = eth0\n";
    const auto refused = plan(good + shorter, many + longer).refused;
    ASSERT_EQ(refused.size(), 1u);
    EXPECT_NE(
        refused[0].find(": deadtime: the running deadtime (25ms) is too short for 251 VIPs, routes "
                        "and rules; first reload with the longer one alone"),
        std::string::npos)
        << refused[0];
    EXPECT_EQ(plan(good + longer, many + longer).refused, Said{});
    EXPECT_EQ(plan(many + longer, good + shorter).refused, Said{});
}

TEST(Reload, RefusesToTakeAwayAVipThatIsTheSourceOfARoute) {
    const std::string route =
        "[route.a]\ndestination = 10.80.0.0/16\ninterface = eth0\nsource = 10.77.0.100\n";
    EXPECT_EQ(plan(good + route, but(good, "10.77.0.100", "10.77.0.101") + route).refused,
              Said{"k.conf:15: source: 10.77.0.100 would be no VIP any more; undo that, or restart "
                   "komainud without this route"});
    EXPECT_EQ(plan(good + route, but(good, "100/24", "100/25") + route).refused, Said{});
}

TEST(Reload, OfVipsInAnotherOrderTellsNothingAndTakesTheGuardsConsent) {
    const std::string second = "[vip.b]\naddress = 10.77.0.101/24\ninterface = eth0\n";
    const std::string first = good.substr(good.find("[vip.main]"));
    const std::string nodes = good.substr(0, good.find("[vip.main]"));
    EXPECT_EQ(plan(nodes + first + second, nodes + second + first).changed, Said{});
    EXPECT_TRUE(concerns_guard(read_config(nodes + first + second).config,
                               read_config(nodes + second + first).config));
}

TEST(Reload, RefusesWhatTakesARestartNamingEachKeyAtItsPlace) {
    const std::string why =
        ": cannot change in a running daemon; undo the change, or restart komainud";
    const std::vector<std::pair<std::string, std::string>> cases{
        {good_but("shrine", "temple"), "2: name"},
        {good_but("shrine\n", "shrine\nquorum = half\n"), "3: quorum"},
        {good_but("shrine\n", "shrine\non_quorum_loss = hold\n"), "3: on_quorum_loss"},
        {good_but("shrine\n", "shrine\ntrusted_servers = 10.77.0.9\n"), "3: trusted_servers"},
        {good_but("shrine\n", "shrine\nnode_id = 2\n"), "3: node_id"},
        {good_but("10.77.0.2\n", "10.77.0.7\n"), "6: address"},
        {good_but("10.77.0.2\n", "10.77.0.2\nwitness = yes\n"), "7: witness"},
        {good + "[node.4]\naddress = 10.77.0.4\n", "13: address"},
        {good_but("[node.3]\naddress = 10.77.0.3\n", ""), "1: address"},
        {good + "[heartbeat]\nport = 7\n", "13: port"},
        {good + "[heartbeat]\nmode = multicast\ngroup = 239.1.1.1\n", "14: group"},
        {good + "[control]\nsocket = /other\n", "13: socket"},
        {good + "[control]\nmonitor_group = other\n", "13: monitor_group"},
        {good + "[daemon]\nfence = off\n", "13: fence"},
        {good + "[daemon]\nrealtime = no\n", "13: realtime"},
        {good + "[link.1]\nport = 7\n", "12: mode"},
        {good + "up_command = /bin/true\ndown_command = /bin/true\n", "12: up_command"},
        {good + "[route.a]\ndestination = 10.80.0.0/16\ninterface = eth0\n", "13: destination"},
        {good + "[rule.a]\nto = 10.80.0.0/16\ntable = 7\npriority = 8\n", "15: priority"},
    };
    for (const auto& [wanted, place] : cases) {
        const auto refused = plan(good, wanted).refused;
        ASSERT_FALSE(refused.empty()) << place;
        EXPECT_EQ(refused.back(), "k.conf:" + place + why);
    }
}

}  // namespace
}  // namespace komainu
