#include "conf/vip_settings.h"

#include <gtest/gtest.h>

namespace komainu {
namespace {

const SettingList ours{{"vip.a.address", "10.0.0.8/24"}, {"vip.b.address", "10.0.0.9/24"}};

std::string compare(const SettingList& theirs, ListEnd end = ListEnd::whole) {
    return difference(NodeId{2}, ours, NodeId{1}, theirs, end).told_us;
}

VipConfig vip(const std::string& name, const char* address) {
    VipConfig vip;
    vip.name = name;
    vip.address = *parse_prefix(address);
    return vip;
}

TEST(VipSettings, AscendByTheirKeys) {
    Config config;
    config.vips = {vip("web", "10.0.0.9/24"), vip("db", "10.0.0.8/24")};
    config.command_vips = {vip("cloud", "10.1.0.1")};
    RouteConfig route;
    route.name = "out";
    route.via = parse_address("10.0.0.1");
    config.routes = {route};
    RuleConfig rule;
    rule.name = "back";
    rule.from = parse_prefix("10.0.0.9");
    rule.table = 100;
    rule.priority = 7;
    config.rules = {rule};
    BackendConfig backend;
    backend.id = 1;
    backend.address = *parse_endpoint("10.0.0.50:5432");
    config.backend_list = {backend};
    EXPECT_EQ(text_of(vip_settings(config)),
              "backend.1.address = 10.0.0.50:5432\n"
              "route.out.destination = 0.0.0.0/0\n"
              "route.out.metric = 0\n"
              "route.out.table = 254\n"
              "route.out.via = 10.0.0.1\n"
              "rule.back.from = 10.0.0.9/32\n"
              "rule.back.priority = 7\n"
              "rule.back.table = 100\n"
              "vip.cloud.address = 10.1.0.1/32\n"
              "vip.db.address = 10.0.0.8/24\n"
              "vip.web.address = 10.0.0.9/24\n");
}

TEST(VipSettings, DoNotDifferFromThemselves) {
    EXPECT_EQ(compare(ours), "");
    EXPECT_EQ(difference(NodeId{2}, {}, NodeId{1}, {}, ListEnd::whole).told_them, "");
}

TEST(VipSettings, ADifferenceIsNamedWithBothValues) {
    EXPECT_EQ(compare({ours[0], {"vip.b.address", "10.0.0.7/24"}}),
              "vip.b.address: 10.0.0.9/24 here, 10.0.0.7/24 on node 1");
    EXPECT_EQ(difference(NodeId{2}, ours, NodeId{1}, {ours[0]}, ListEnd::whole).told_them,
              "vip.b.address: nothing here, 10.0.0.9/24 on node 2");
}

TEST(VipSettings, WhatOneSideHasNotIsNothing) {
    EXPECT_EQ(compare({ours[0]}), "vip.b.address: 10.0.0.9/24 here, nothing on node 1");
    EXPECT_EQ(compare({ours[0], {"vip.aa.address", "10.0.0.7/24"}, ours[1]}),
              "vip.aa.address: nothing here, 10.0.0.7/24 on node 1");
}

TEST(VipSettings, OfSeveralDifferencesTheFirstIsNamed) {
    EXPECT_EQ(compare({}), "vip.a.address: 10.0.0.8/24 here, nothing on node 1, and 1 more");
}

TEST(VipSettings, WhatIsCutOffIsNotMissed) {
    EXPECT_EQ(compare({{"vip.a.address", "10.0.0.7/24"}}, ListEnd::cut_off),
              "vip.a.address: 10.0.0.8/24 here, 10.0.0.7/24 on node 1");
    EXPECT_EQ(compare({ours[0]}, ListEnd::cut_off),
              "the VIPs, routes, rules or backends: there are too many of them to say which");
}

}  // namespace
}  // namespace komainu
