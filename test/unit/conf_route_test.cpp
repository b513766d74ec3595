// Routes and rules in the configuration: what is read, and what is refused.
#include <gtest/gtest.h>

#include "conf/settings_digests.h"
#include "conf/summary.h"
#include "conf/value_text.h"
#include "test/unit/conf_text.h"

namespace komainu {
namespace {

using namespace conf_text;

/// Its keys are on line 13 on.
std::string route_with(const std::string& keys) { return good + "[route.out]\n" + keys; }
std::string rule_with(const std::string& keys) { return good + "[rule.out]\n" + keys; }

std::string to_network(const std::string& keys) {
    return route_with("destination = 10.80.0.0/16\ninterface = eth0\n" + keys);
}

const std::string default_route =
    "destination = default\ninterface = eth0\nvia = 10.77.0.254\nsource = 10.77.0.100\n"
    "table = 100\nmetric = 5\n";
const std::string vip_rule = "from = 10.77.0.100\ntable = 100\npriority = 1000\n";

TEST(ConfRoute, HasDefaults) {
    const auto read = read_config(to_network(""));
    EXPECT_EQ(lines_of(read.problems), Said{});
    const RouteConfig& route = read.config.routes.at(0);
    EXPECT_EQ(route.name, "out");
    EXPECT_EQ(to_string(route.network()), "10.80.0.0/16");
    EXPECT_FALSE(route.via);
    EXPECT_FALSE(route.source);
    EXPECT_EQ(route.table, main_table);
    EXPECT_EQ(route.effective_metric(), 0u);
}

TEST(ConfRoute, IsShownWhole) {
    EXPECT_EQ(problems_of(route_with(default_route)), Said{});
    const auto text = describe(read_config(route_with(default_route)).config);
    EXPECT_NE(text.find("route out: 0.0.0.0/0 via 10.77.0.254 on eth0, source 10.77.0.100, table "
                        "100, metric 5\n"),
              std::string::npos)
        << text;
}

TEST(ConfRoute, NeedsDestinationAndInterface) {
    EXPECT_EQ(problems_of(good + "[route.out]\n"),
              (Said{"k.conf:12: destination: is missing; write destination = ... under [route.out]",
                    "k.conf:12: interface: is missing; write interface = ... under [route.out]"}));
}

TEST(ConfRoute, OfDefaultIsOfTheFamilyOfItsGatewayOrSource) {
    const auto family = [](const std::string& keys) {
        const auto text = route_with("destination = default\ninterface = eth0\n" + keys);
        EXPECT_EQ(problems_of(text), Said{});
        return to_string(read_config(text).config.routes.at(0).network());
    };
    EXPECT_EQ(family("via = fd77::fe\n"), "::/0");
    EXPECT_EQ(family("via = fe80::1\n"), "::/0");
    EXPECT_EQ(family("source = 10.77.0.100\n"), "0.0.0.0/0");
    EXPECT_EQ(problems_of(route_with("destination = default\ninterface = eth0\n")),
              Said{"k.conf:13: destination: could be of IPv4 or of IPv6; write 0.0.0.0/0 or ::/0, "
                   "or via"});
    EXPECT_EQ(problems_of(route_with("destination = default\ninterface = eth0\nvia = x\n")),
              Said{"k.conf:15: via: \"x\" is not an address; write it in numbers, such as "
                   "10.77.0.1 or fd00::1"})
        << "and nothing that follows from that";
}

TEST(ConfRoute, HasOneFamily) {
    EXPECT_EQ(problems_of(to_network("via = fd77::fe\n")),
              Said{"k.conf:15: via: fd77::fe is of IPv6, and destination is of IPv4; write both of "
                   "one family"});
    EXPECT_EQ(problems_of(route_with("destination = default\ninterface = eth0\nvia = fd77::fe\n"
                                     "source = 10.77.0.100\n")),
              Said{"k.conf:16: source: 10.77.0.100 is of IPv4, and via is of IPv6; write both of "
                   "one family"});
}

TEST(ConfRoute, GoesToANetworkAndNotToAnAddressInIt) {
    EXPECT_EQ(problems_of(route_with("destination = 10.80.0.7/16\ninterface = eth0\n")),
              Said{"k.conf:13: destination: 10.80.0.7/16 is an address in a network, and not the "
                   "network; write 10.80.0.0/16, or 10.80.0.7"});
    EXPECT_EQ(problems_of(route_with("destination = fd80::1/60\ninterface = eth0\n")),
              Said{"k.conf:13: destination: fd80::1/60 is an address in a network, and not the "
                   "network; write fd80::/60, or fd80::1"});
    for (const char* good_one : {"10.80.0.7", "fd80::1", "fd80::/60", "0.0.0.0/0", "::/0"})
        EXPECT_EQ(problems_of(route_with("destination = " + std::string(good_one) +
                                         "\ninterface = eth0\n")),
                  Said{});
    EXPECT_EQ(problems_of(route_with("destination = nowhere\ninterface = eth0\n")),
              Said{"k.conf:13: destination: \"nowhere\" is not a destination; write default, or a "
                   "network or an address such as 10.80.0.0/16, 10.80.0.1 or fd80::/64"});
}

TEST(ConfRoute, DoesNotGoByOneOfTheNodesThemselves) {
    EXPECT_EQ(problems_of(to_network("via = 10.77.0.100\n")),
              Said{"k.conf:15: via: 10.77.0.100 is the address of [vip.main], which the active "
                   "itself has; write that of a router"});
    EXPECT_EQ(problems_of(to_network("via = 10.77.0.2\n")),
              Said{"k.conf:15: via: 10.77.0.2 is the own address of [node.2]; write that of a "
                   "router"});
    EXPECT_EQ(problems_of(but(to_network("via = 10.77.0.2\n"), "10.77.0.2\n",
                              "10.77.0.2\nwitness = yes\n")),
              Said{})
        << "a witness never has the route";
    EXPECT_EQ(problems_of(to_network("via = 224.0.0.1\n")),
              Said{"k.conf:15: via: 224.0.0.1 is a multicast address; write that of one host"});
}

TEST(ConfRoute, HasNoSourceThatOnlyOneNodeHas) {
    EXPECT_EQ(problems_of(to_network("source = 10.77.0.2\n")),
              Said{"k.conf:15: source: 10.77.0.2 is the own address of [node.2], and the other "
                   "nodes have it not; write a VIP"});
    EXPECT_EQ(problems_of(to_network("source = 10.99.0.1\n")), Said{}) << "every node may have it";
    EXPECT_EQ(
        problems_of(to_network("source = 0.0.0.0\n")),
        Said{"k.conf:15: source: 0.0.0.0 is the unspecified address; write that of one host"});
}

TEST(ConfRoute, IsTheOnlyOneInItsPlace) {
    const auto twice = [](const std::string& keys) {
        return problems_of(
            to_network("[route.again]\ndestination = 10.80.0.0/16\n"
                       "interface = eth1\n" +
                       keys));
    };
    EXPECT_EQ(twice(""), Said{"k.conf:16: destination: 10.80.0.0/16 has a route by [route.out] "
                              "already, in the same table with the same metric; write another "
                              "metric, or remove one of the two"});
    EXPECT_EQ(twice("metric = 1\n"), Said{});
    EXPECT_EQ(twice("table = 7\n"), Said{});
}

TEST(ConfRoute, OfIpv6WithoutAMetricHasTheKernels) {
    const auto text = route_with(
        "destination = fd80::/64\ninterface = eth0\n[route.again]\n"
        "destination = fd80::/64\ninterface = eth1\nmetric = 1024\n");
    EXPECT_EQ(read_config(text).config.routes.at(0).effective_metric(), 1024u);
    EXPECT_EQ(problems_of(text).size(), 1u);
}

TEST(ConfRoute, HasATableByNumber) {
    const auto table = [](const std::string& text) { return read_table(text); };
    EXPECT_EQ(table("main").value(), 254u);
    EXPECT_EQ(table("1").value(), 1u);
    EXPECT_EQ(table("4294967295").value(), 4294967295u);
    for (const char* text : {"0", "4294967296", "local", "-1", "1a", ""})
        EXPECT_EQ(table(text).error().what, "\"" + std::string(text) +
                                                "\" is not a routing table; write main or a number "
                                                "from 1 to 4294967295");
    EXPECT_EQ(problems_of(to_network("metric = 4294967296\n")),
              Said{"k.conf:15: metric: \"4294967296\" is not a number from 0 to 4294967295; write "
                   "one"});
}

TEST(ConfRoute, IsOneOfAtMost256) {
    std::string text = good;
    for (int i = 0; i < 257; ++i)
        text += "[route." + std::to_string(i) + "]\ndestination = 10.80.0." +
                std::to_string(i % 256) + "\ninterface = eth" + std::to_string(i / 256) + "\n";
    EXPECT_EQ(problems_of(text), Said{"k.conf:780: [route.256]: one too many, there may be at most "
                                      "256; remove it"});
}

TEST(ConfRoute, CountsForTheDeadtimeAsAVipDoes) {
    std::string text = good + "[heartbeat]\ninterval = 10ms\ndeadtime = 20ms\n";
    EXPECT_EQ(problems_of(text), Said{});
    for (int i = 0; i < 256; ++i)
        text += "[route." + std::to_string(i) + "]\ndestination = 10.80.0." + std::to_string(i) +
                "\ninterface = eth0\n";
    EXPECT_EQ(problems_of(text),
              Said{"k.conf:14: deadtime: the deadtime (20ms) is too short for 257 VIPs, routes and "
                   "rules, whose removal may take 15ms of it; make it at least 34ms"});
}

TEST(ConfRule, IsShownWhole) {
    EXPECT_EQ(problems_of(rule_with(vip_rule)), Said{});
    const auto text =
        describe(read_config(rule_with(vip_rule + "to = 10.80.0.0/16\ninterface = eth1\n")).config);
    EXPECT_NE(text.find("rule out: from 10.77.0.100/32 to 10.80.0.0/16 coming in by eth1, table "
                        "100, priority 1000\n"),
              std::string::npos)
        << text;
}

TEST(ConfRule, NeedsTableAndPriority) {
    EXPECT_EQ(problems_of(rule_with("from = 10.77.0.100\n")),
              (Said{"k.conf:12: table: is missing; write table = ... under [rule.out]",
                    "k.conf:12: priority: is missing; write priority = ... under [rule.out]"}));
}

TEST(ConfRule, SaysForWhichPacketsItIs) {
    EXPECT_EQ(problems_of(rule_with("table = 100\npriority = 1000\n")),
              Said{"k.conf:12: from: is missing, and to as well; write one of them, 0.0.0.0/0 or "
                   "::/0 for all of a family"});
    EXPECT_EQ(problems_of(rule_with("to = ::/0\ntable = 100\npriority = 1000\n")), Said{});
    EXPECT_EQ(problems_of(rule_with(vip_rule + "to = fd80::/64\n")),
              Said{"k.conf:16: to: fd80:: is of IPv6, and from is of IPv4; write both of one "
                   "family"});
    EXPECT_EQ(problems_of(rule_with("to = 10.80.0.1/16\ntable = 100\npriority = 1000\n")),
              Said{"k.conf:13: to: 10.80.0.1/16 is an address in a network, and not the network; "
                   "write 10.80.0.0/16, or 10.80.0.1"});
}

TEST(ConfRule, HasNoPriorityOfTheKernels) {
    for (const std::string priority : {"0", "32766", "32767", "-1", "4294967296"})
        EXPECT_EQ(problems_of(
                      rule_with("from = 10.77.0.100\ntable = main\npriority = " + priority + "\n")),
                  Said{"k.conf:15: priority: \"" + priority +
                       "\" is not a priority for a rule: 0, 32766 and 32767 are the kernel's own; "
                       "write a number from 1 to 32765 that no other rule has"});
}

TEST(ConfRule, HasAPriorityOfItsOwnInItsFamily) {
    EXPECT_EQ(problems_of(rule_with(vip_rule + "[rule.two]\n" + vip_rule)),
              Said{"k.conf:19: priority: 1000 is that of [rule.out] as well; write another"});
    EXPECT_EQ(
        problems_of(rule_with(vip_rule + "[rule.two]\nfrom = fd77::100\ntable = 100\npriority = "
                                         "1000\n")),
        Said{});
}

TEST(ConfRule, AndRouteAreComparedBetweenNodesButForTheirInterfaces) {
    const auto digests = [](const std::string& text) {
        return settings_digests(read_config(text).config);
    };
    const auto all = route_with(default_route) + "[rule.out]\n" + vip_rule;
    EXPECT_EQ(digests(all),
              digests(but(all, "default\ninterface = eth0", "default\ninterface = e")));
    for (const auto& [piece, other] :
         {std::pair("via = 10.77.0.254", "via = 10.77.0.253"),
          std::pair("metric = 5", "metric = 6"), std::pair("[route.out]", "[route.in]"),
          std::pair("priority = 1000", "priority = 999"),
          std::pair("from = 10.77.0.100", "to = 10.77.0.100")}) {
        auto expected = digests(all);
        const auto changed = digests(but(all, piece, other));
        EXPECT_NE(changed.back(), expected.back()) << piece;
        expected.back() = changed.back();
        EXPECT_EQ(changed, expected) << piece;
    }
}

}  // namespace
}  // namespace komainu
