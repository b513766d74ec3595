// Putting on, removing and finding routes and rules, against the kernel, and what the kernel does
// with them that the guard counts on. What there is is read by libnl.
#include <gtest/gtest.h>
#include <netlink/cache.h>

#include <cerrno>
#include <set>

#include "netlink/route_leftovers.h"
#include "netlink/route_messages.h"
#include "netlink/route_socket.h"
#include "test/net/netlink_fixture.h"
#include "test/unit/route_oracle.h"

namespace komainu {
namespace {

class NetlinkRoutes : public NetlinkTest {
protected:
    void SetUp() override {
        NetlinkTest::SetUp();
        auto opened = RouteSocket::open();
        ASSERT_TRUE(opened) << opened.error().what;
        socket_.emplace(std::move(*opened));
        add_address("10.77.0.1/24");
        ASSERT_EQ(apply_address("fd77::1/64"), 0);  // at once, without duplicate detection
    }

    int apply_address(const std::string& prefix) {
        return NetlinkTest::apply(AddressRequest::Verb::add, prefix, 60);
    }
    RouteRecord route(const char* destination, const char* gateway = nullptr,
                      std::uint32_t table = RT_TABLE_MAIN, std::uint32_t metric = 7) const {
        RouteRecord made;
        made.destination = parse_prefix(destination).value();
        if (gateway != nullptr) made.gateway = parse_address(gateway);
        made.interface = index("left");
        made.table = table;
        made.metric = metric;
        return made;
    }
    static RuleRecord rule(const char* from, std::uint32_t priority) {
        RuleRecord made;
        made.from = parse_prefix(from).value();
        made.family = made.from->address.family;
        made.table = 300;
        made.priority = priority;
        return made;
    }
    int send(RouteVerb verb, const RouteMessage& message) {
        RouteRequest request{verb, message};
        const Status applied = socket_->apply({&request, 1});
        EXPECT_TRUE(applied) << applied.error().what;
        return request.error;
    }
    int add(const RouteRecord& r) {
        return send(RouteVerb::add, build_route_message(RouteVerb::add, r));
    }
    int remove(const RouteRecord& r) {
        return send(RouteVerb::remove, build_route_message(RouteVerb::remove, r));
    }
    int add(const RuleRecord& r) {
        return send(RouteVerb::add, build_rule_message(RouteVerb::add, r));
    }
    int remove(const RuleRecord& r) {
        return send(RouteVerb::remove, build_rule_message(RouteVerb::remove, r));
    }
    static int ip(const std::string& arguments) {
        return std::system(("{ ip " + arguments + "; } 2>/dev/null").c_str());
    }
    /// The routes of all tables and the rules that have our mark, by their places.
    std::set<std::string> ours() {
        std::set<std::string> places;
        const auto removals = list_marked_routes();
        for (const auto& removal : removals.value()) places.insert(seen_in(removal).place());
        return places;
    }
    static bool shows(const std::string& command, const std::string& text) {
        return ip(command + " | grep -qF '" + text + "'") == 0;
    }
    using Places = std::set<std::string>;

    std::optional<RouteSocket> socket_;
};

TEST_F(NetlinkRoutes, AreThereAsTheyWereWished) {
    RouteRecord whole = route("10.80.0.0/16", "10.77.0.254", 300);
    whole.source = parse_address("10.77.0.1");
    ASSERT_EQ(add(whole), 0);
    EXPECT_TRUE(shows("-N route show table 300",
                      "10.80.0.0/16 via 10.77.0.254 dev left proto 107 src 10.77.0.1 metric 7"));
    whole = route("fd80::/64", "fd77::fe", 4294967295u);
    whole.source = parse_address("fd77::1");
    ASSERT_EQ(add(whole), 0);
    EXPECT_TRUE(shows("-N -6 route show table 4294967295",
                      "fd80::/64 via fd77::fe dev left proto 107 src fd77::1 metric 7"));
    ASSERT_EQ(add(route("10.81.0.0/16")), 0);
    EXPECT_TRUE(shows("-N route", "10.81.0.0/16 dev left proto 107 scope 253 metric 7"));
    for (const char* all : {"0.0.0.0/0", "::/0"})
        ASSERT_EQ(add(route(all, *all == ':' ? "fd77::fe" : "10.77.0.254")), 0);
    EXPECT_TRUE(shows("-N route", "default via 10.77.0.254 dev left proto 107 metric 7"));
    EXPECT_TRUE(shows("-N -6 route", "default via fd77::fe dev left proto 107 metric 7"));
}

TEST_F(NetlinkRoutes, AndRulesAreThereAsTheyWereWished) {
    RuleRecord whole = rule("10.77.0.100/32", 1000);
    whole.to = parse_prefix("10.80.0.0/16").value();
    whole.interface = "left";
    ASSERT_EQ(add(whole), 0);
    EXPECT_TRUE(
        shows("-N rule", "1000:\tfrom 10.77.0.100 to 10.80.0.0/16 iif left lookup 300 proto 107"));
    ASSERT_EQ(add(rule("fd77::64/128", 1001)), 0);
    EXPECT_TRUE(shows("-N -6 rule", "1001:\tfrom fd77::64 lookup 300 proto 107"));
    ASSERT_EQ(add(rule("::/0", 1002)), 0);
    EXPECT_TRUE(shows("-N -6 rule", "1002:\tfrom all lookup 300 proto 107"));
}

TEST_F(NetlinkRoutes, AreManyInOneBatch) {
    std::vector<RouteMessage> messages;
    for (const RouteVerb verb : {RouteVerb::add, RouteVerb::remove}) {
        messages.clear();
        for (int i = 0; i < 256; ++i)
            messages.push_back(build_route_message(
                verb, route(("10.80.0." + std::to_string(i)).c_str(), "10.77.0.254")));
        std::vector<RouteRequest> requests;
        for (const auto& message : messages) requests.push_back({verb, message});
        ASSERT_TRUE(socket_->apply(requests));
        for (const auto& request : requests) EXPECT_EQ(request.error, 0);
        EXPECT_EQ(ours().size(), verb == RouteVerb::add ? 256u : 0u);
    }
}

TEST_F(NetlinkRoutes, TellOfEachRefusalByItself) {
    const RouteMessage good = build_route_message(RouteVerb::add, route("10.80.0.0/16"));
    const RouteMessage bad =
        build_route_message(RouteVerb::add, route("10.81.0.0/16", "10.99.0.1"));
    const RouteMessage last = build_route_message(RouteVerb::add, route("10.82.0.0/16"));
    RouteRequest all[] = {{RouteVerb::add, good}, {RouteVerb::add, bad}, {RouteVerb::add, last}};
    ASSERT_TRUE(socket_->apply(all));
    EXPECT_EQ(all[0].error, 0);
    EXPECT_NE(all[1].error, 0);
    EXPECT_EQ(all[2].error, 0);
}

// What RouteSet counts on: whoever has the place, whichever way his route goes.
TEST_F(NetlinkRoutes, DoNotComeWhereAnotherIsAlready) {
    ASSERT_EQ(ip("route add 10.80.0.0/16 dev right metric 7 proto static"), 0);
    ASSERT_EQ(ip("-6 route add fd80::/64 dev right metric 7 proto static"), 0);
    for (const char* destination : {"10.80.0.0/16", "fd80::/64"}) {
        EXPECT_EQ(add(route(destination)), EEXIST);
        EXPECT_EQ(remove(route(destination)), ESRCH) << "what is not ours";
        EXPECT_EQ(add(route(destination)), EEXIST);
        EXPECT_EQ(add(route(destination, nullptr, RT_TABLE_MAIN, 8)), 0) << "another place";
    }
}

TEST_F(NetlinkRoutes, AreRemovedByTheirPlaceWhicheverWayTheyGo) {
    for (const char* gateway : {"10.77.0.254", "fd77::fe"}) {
        const char* destination = *gateway == 'f' ? "fd80::/64" : "10.80.0.0/16";
        ASSERT_EQ(add(route(destination, gateway)), 0);
        EXPECT_EQ(add(route(destination)), EEXIST);
        EXPECT_EQ(remove(route(destination)), 0);
        EXPECT_EQ(remove(route(destination)), ESRCH);
        EXPECT_EQ(remove(route(destination, nullptr, 555)), ESRCH) << "no such table";
    }
    EXPECT_TRUE(ours().empty());
}

TEST_F(NetlinkRoutes, AndRulesOfOthersAreNotTakenForOurs) {
    ASSERT_EQ(ip("rule add from 10.77.0.100 table 300 priority 1000 protocol static"), 0);
    EXPECT_EQ(remove(rule("10.77.0.100/32", 1000)), ENOENT);
    // Whether it takes ours beside that one is the kernel's affair.
    if (add(rule("10.77.0.100/32", 1000)) == 0) {
        EXPECT_EQ(remove(rule("10.77.0.100/32", 1000)), 0);
    }
    EXPECT_TRUE(shows("-N rule", "1000:\tfrom 10.77.0.100 lookup 300 proto 4"));
    EXPECT_TRUE(ours().empty());
}

TEST_F(NetlinkRoutes, AreAddedOnce) {
    ASSERT_EQ(add(rule("10.77.0.100/32", 1000)), 0);
    EXPECT_EQ(add(rule("10.77.0.100/32", 1000)), EEXIST);
    EXPECT_EQ(remove(rule("10.77.0.100/32", 1000)), 0);
    EXPECT_EQ(remove(rule("10.77.0.100/32", 1000)), ENOENT);
}

TEST_F(NetlinkRoutes, WithOurMarkAreFoundInAllTablesAndRemovedByWhatTheKernelTells) {
    ASSERT_EQ(ip("route add 10.79.0.0/16 dev left"), 0);
    ASSERT_EQ(ip("rule add from 10.77.0.9 table 300 priority 999"), 0);
    ASSERT_EQ(add(route("10.80.0.0/16", "10.77.0.254")), 0);
    ASSERT_EQ(add(route("0.0.0.0/0", "10.77.0.254", 300)), 0);
    ASSERT_EQ(add(route("fd80::/64", "fd77::fe", 70000)), 0);
    ASSERT_EQ(add(rule("10.77.0.100/32", 1000)), 0);
    ASSERT_EQ(add(rule("fd77::64/128", 1000)), 0);
    EXPECT_EQ(ours(),
              (Places{"route 10.80.0.0/16 table 254 at 7", "route none table 300 at 7",
                      "route fd80::/64 table 70000 at 7", "rule 10.77.0.100   table 300 at 1000",
                      "rule fd77::64   table 300 at 1000"}));
    const auto removals = list_marked_routes();
    for (const auto& removal : removals.value()) EXPECT_EQ(send(RouteVerb::remove, removal), 0);
    EXPECT_TRUE(ours().empty());
    EXPECT_TRUE(shows("route", "10.79.0.0/16"));
    EXPECT_TRUE(shows("rule", "999:"));
}

TEST_F(NetlinkRoutes, NeedASourceThatIsThere) {
    for (const char* destination : {"10.80.0.0/16", "fd80::/64"}) {
        RouteRecord from = route(destination);
        from.source = parse_address(*destination == 'f' ? "fd77::64" : "10.77.0.100");
        EXPECT_EQ(add(from), EINVAL);
        ASSERT_EQ(apply_address(to_string(*from.source) + (*destination == 'f' ? "/64" : "/24")),
                  0);
        EXPECT_EQ(add(from), 0);
    }
}

// Why RouteSet removes an IPv6 route before it puts it on again (source_was_gone).
TEST_F(NetlinkRoutes, GoOrForgetTheirSourceWhenThatGoes) {
    ASSERT_EQ(apply_address("10.77.0.100/24"), 0);
    ASSERT_EQ(apply_address("fd77::64/64"), 0);
    RouteRecord four = route("10.80.0.0/16"), six = route("fd80::/64");
    four.source = parse_address("10.77.0.100");
    six.source = parse_address("fd77::64");
    ASSERT_EQ(add(four), 0);
    ASSERT_EQ(add(six), 0);
    for (const char* vip : {"10.77.0.100/24", "fd77::64/64"})
        ASSERT_EQ(NetlinkTest::apply(AddressRequest::Verb::remove, vip), 0);
    EXPECT_EQ(ours(), Places{"route fd80::/64 table 254 at 7"});
    EXPECT_FALSE(shows("-6 route show fd80::/64", "src"));
    ASSERT_EQ(apply_address("fd77::64/64"), 0);
    EXPECT_EQ(add(six), EEXIST);
    EXPECT_EQ(remove(six), 0);
    EXPECT_EQ(add(six), 0);
    EXPECT_TRUE(shows("-6 route show fd80::/64", "src fd77::64"));
}

TEST_F(NetlinkRoutes, GoWhenTheirInterfaceIsSetDownAndDoNotComeBackByThemselves) {
    ASSERT_EQ(add(route("10.80.0.0/16")), 0);
    ASSERT_EQ(add(route("fd80::/64")), 0);
    set_up("left", false);
    EXPECT_TRUE(ours().empty());
    EXPECT_EQ(add(route("10.80.0.0/16")), ENETDOWN);
    EXPECT_EQ(add(route("fd80::/64")), ENETDOWN);
    set_up("left", true);
    EXPECT_TRUE(ours().empty());
}

TEST_F(NetlinkRoutes, LeadPacketsOfAnAddressAnotherWay) {
    ASSERT_EQ(apply_address("10.77.0.100/24"), 0);
    ASSERT_EQ(apply_address("fd77::64/64"), 0);
    ASSERT_EQ(add(route("0.0.0.0/0", "10.77.0.254", 300)), 0);
    ASSERT_EQ(add(route("::/0", "fd77::fe", 300)), 0);
    ASSERT_EQ(add(rule("10.77.0.100/32", 1000)), 0);
    ASSERT_EQ(add(rule("fd77::64/128", 1000)), 0);
    EXPECT_TRUE(shows("route get 10.99.0.1 from 10.77.0.100", "via 10.77.0.254"));
    EXPECT_TRUE(shows("route get fd99::1 from fd77::64", "via fd77::fe"));
    EXPECT_FALSE(shows("route get 10.99.0.1 from 10.77.0.1", "via 10.77.0.254"));
    EXPECT_FALSE(shows("route get fd99::1 from fd77::1", "via fd77::fe"));
}

}  // namespace
}  // namespace komainu
