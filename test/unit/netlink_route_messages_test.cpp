// Messages about routes and rules, as libnl reads them back, and what is made of those of a dump.
#include "netlink/route_messages.h"

#include <gtest/gtest.h>
#include <linux/fib_rules.h>

#include <cerrno>

#include "test/unit/netlink_bytes.h"
#include "test/unit/route_oracle.h"

namespace komainu {
namespace {

Prefix prefix(const char* text) { return parse_prefix(text).value(); }
IpAddress address(const char* text) { return parse_address(text).value(); }

RouteRecord whole_route() {
    return {.destination = prefix("10.80.0.0/16"),
            .gateway = address("10.77.0.254"),
            .interface = InterfaceIndex{3},
            .source = address("10.77.0.100"),
            .table = 4294967295u,
            .metric = 7};
}

RuleRecord whole_rule() {
    return {.family = Family::ipv4,
            .from = prefix("10.77.0.100/32"),
            .to = prefix("10.80.0.0/16"),
            .interface = "a23456789012345",
            .table = 300,
            .priority = 1000};
}

constexpr int add_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
constexpr int removal_flags = NLM_F_REQUEST | NLM_F_ACK;

TEST(RouteMessage, AddsARouteWithAllItHas) {
    const auto seen = seen_in(build_route_message(RouteVerb::add, whole_route()));
    EXPECT_EQ(seen.type, RTM_NEWROUTE);
    EXPECT_EQ(seen.flags, add_flags);
    EXPECT_EQ(seen.place(), "route 10.80.0.0/16 table 4294967295 at 7");
    EXPECT_EQ(seen.gateway, "10.77.0.254");
    EXPECT_EQ(seen.source, "10.77.0.100");
    EXPECT_EQ(seen.interface, "3");
    EXPECT_EQ(seen.proto, komainu_route_proto);
    EXPECT_EQ(seen.scope, RT_SCOPE_UNIVERSE);
}

TEST(RouteMessage, AddsARouteToTheInterfacesOwnNetworkWithScopeLink) {
    RouteRecord route = whole_route();
    route.gateway.reset();
    const auto seen = seen_in(build_route_message(RouteVerb::add, route));
    EXPECT_EQ(seen.gateway, "");
    EXPECT_EQ(seen.scope, RT_SCOPE_LINK);
}

TEST(RouteMessage, AddsTheDefaultRouteOfEitherFamily) {
    RouteRecord route{.destination = prefix("::/0"),
                      .gateway = address("fe80::1"),
                      .interface = InterfaceIndex{3},
                      .source = {},
                      .table = 254,
                      .metric = 1024};
    auto seen = seen_in(build_route_message(RouteVerb::add, route));
    EXPECT_EQ(seen.place(), "route none table 254 at 1024");
    EXPECT_EQ(seen.gateway, "fe80::1");
    route.destination = prefix("0.0.0.0/0");
    route.gateway = address("10.77.0.254");
    seen = seen_in(build_route_message(RouteVerb::add, route));
    EXPECT_EQ(seen.place(), "route none table 254 at 1024");
    EXPECT_EQ(seen.gateway, "10.77.0.254");
}

TEST(RouteMessage, RemovesARouteByItsPlaceAndOurMarkWhateverElseItHas) {
    const auto seen = seen_in(build_route_message(RouteVerb::remove, whole_route()));
    EXPECT_EQ(seen.type, RTM_DELROUTE);
    EXPECT_EQ(seen.flags, removal_flags);
    EXPECT_EQ(seen.place(), "route 10.80.0.0/16 table 4294967295 at 7");
    EXPECT_EQ(seen.proto, komainu_route_proto);
    EXPECT_EQ(seen.gateway + seen.source + seen.interface, "");
    EXPECT_EQ(seen.scope, RT_SCOPE_NOWHERE);
}

TEST(RouteMessage, AddsAndRemovesARuleWithAllItHas) {
    for (const auto& [verb, type, flags] :
         {std::tuple(RouteVerb::add, RTM_NEWRULE, add_flags),
          std::tuple(RouteVerb::remove, RTM_DELRULE, removal_flags)}) {
        const auto message = build_rule_message(verb, whole_rule());
        const auto seen = seen_in(message);
        EXPECT_EQ(seen.type, type);
        EXPECT_EQ(seen.flags, flags);
        EXPECT_EQ(seen.place(), "rule 10.77.0.100 10.80.0.0/16 a23456789012345 table 300 at 1000");
        EXPECT_EQ(seen.proto, komainu_route_proto);
        EXPECT_TRUE(is_about_rule(message));
    }
    EXPECT_FALSE(is_about_rule(build_route_message(RouteVerb::add, whole_route())));
}

TEST(RouteMessage, AddsARuleForAllOfAFamilyWithoutAnAddress) {
    const RuleRecord all{.family = Family::ipv6,
                         .from = prefix("::/0"),
                         .to = {},
                         .interface = {},
                         .table = 300,
                         .priority = 1000};
    const auto seen = seen_in(build_rule_message(RouteVerb::add, all));
    EXPECT_EQ(seen.place(), "rule    table 300 at 1000");
}

TEST(RouteMessage, HasALengthThatAnotherMessageMayFollow) {
    for (const RouteVerb verb : {RouteVerb::add, RouteVerb::remove}) {
        EXPECT_EQ(build_route_message(verb, whole_route()).size() % NLMSG_ALIGNTO, 0u);
        EXPECT_EQ(build_rule_message(verb, whole_rule()).size() % NLMSG_ALIGNTO, 0u);
    }
}

/// As the kernel tells of a rule, its protocol an attribute.
MessageBytes told_rule() {
    fib_rule_hdr header{};
    header.family = AF_INET;
    return {RTM_NEWRULE, header};
}

MessageBytes told_route(std::uint8_t proto, std::uint16_t type = RTM_NEWROUTE) {
    rtmsg header{};
    header.rtm_family = AF_INET;
    header.rtm_protocol = proto;
    return {type, header};
}

TEST(RemovalOfMarked, IsTheSameMessageWithAnotherVerb) {
    const auto told = told_route(komainu_route_proto).attribute(RTA_OIF, 3).message();
    auto removal = removal_of_marked(told);
    ASSERT_TRUE(removal);
    EXPECT_EQ(seen_in(*removal).type, RTM_DELROUTE);
    EXPECT_EQ(seen_in(*removal).flags, removal_flags);
    EXPECT_TRUE(std::equal(removal->begin() + sizeof(nlmsghdr), removal->end(),
                           told.begin() + sizeof(nlmsghdr)));
    const auto rule = told_rule().attribute(FRA_PROTOCOL, komainu_route_proto).message();
    removal = removal_of_marked(rule);
    ASSERT_TRUE(removal);
    EXPECT_EQ(seen_in(*removal).type, RTM_DELRULE);
    EXPECT_TRUE(is_about_rule(*removal));
}

TEST(RemovalOfMarked, IsNoneOfWhatOthersHavePutThere) {
    EXPECT_FALSE(removal_of_marked(told_route(RTPROT_STATIC).message()));
    EXPECT_FALSE(removal_of_marked(told_rule().message()));
    EXPECT_FALSE(removal_of_marked(told_rule().attribute(FRA_PROTOCOL, std::uint8_t{4}).message()));
    EXPECT_FALSE(removal_of_marked(told_route(komainu_route_proto, RTM_NEWLINK).message()));
}

TEST(RemovalOfMarked, IsNoneOfWhatIsNoWholeMessage) {
    const auto whole = told_rule().attribute(FRA_PROTOCOL, komainu_route_proto).message();
    for (std::size_t length = 0; length < whole.size(); ++length)
        EXPECT_FALSE(removal_of_marked(std::span(whole).first(length)));
    EXPECT_FALSE(removal_of_marked(MessageBytes(RTM_NEWROUTE, rtgenmsg{AF_INET}).message()))
        << "without the header of a route";
    EXPECT_FALSE(
        removal_of_marked(told_rule().attribute_bytes(FRA_PROTOCOL, nullptr, 0).message()));
}

TEST(RouteRequest, IsFulfilledWhenWhatShallGoIsNotThere) {
    for (const int error : {0, ESRCH, ENOENT, EAFNOSUPPORT, EOPNOTSUPP})
        EXPECT_TRUE((RouteRequest{RouteVerb::remove, {}, error}.fulfilled()));
    for (const int error : {EPERM, ETIMEDOUT, EINVAL})
        EXPECT_FALSE((RouteRequest{RouteVerb::remove, {}, error}.fulfilled()));
    for (const int error : {EEXIST, ENETDOWN, ESRCH})
        EXPECT_FALSE((RouteRequest{RouteVerb::add, {}, error}.fulfilled()));
}

}  // namespace
}  // namespace komainu
