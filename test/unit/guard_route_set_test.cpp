// The route set before a kernel made of a table: all or none, what is ours and what is not, and
// what is put on again.
#include "guard/route_set.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <map>

#include "netlink/route_messages.h"
#include "test/lab/allocation_counter.h"
#include "test/unit/route_oracle.h"

namespace komainu {
namespace {

LinkRecord link(int index, const char* name, bool up = true) {
    LinkRecord record;
    record.interface = InterfaceIndex{index};
    record.name = name;
    record.up = record.running = up;
    return record;
}

/// A kernel that keeps routes and rules in a table, by their places.
struct FakeKernel {
    std::map<std::string, SeenRouteMessage> table;
    std::map<std::string, int> refuse;  ///< by place, on adding
    std::vector<std::string> told;      ///< each request
    bool is_deaf = false;

    void put(RouteMessage message, int proto) {
        auto seen = seen_in(message);
        seen.proto = proto;
        table[seen.place()] = seen;
    }
    int answer(const SeenRouteMessage& request) {
        auto place = request.place();
        told.push_back((request.is_removal() ? "- " : "+ ") + place);
        const auto found = table.find(place);
        if (request.is_removal()) {
            if (found == table.end() || found->second.proto != request.proto) return ESRCH;
            table.erase(found);
            return 0;
        }
        if (const auto r = refuse.find(place); r != refuse.end()) return r->second;
        if (found != table.end()) return EEXIST;
        table[place] = request;
        return 0;
    }
    RouteKernel kernel() {
        return {[this](std::span<RouteRequest> requests) -> Status {
                    for (auto& request : requests)
                        request.error = is_deaf ? ETIMEDOUT : answer(seen_in(request.message));
                    return is_deaf ? Status(Error{"the kernel is deaf"}) : Ok{};
                },
                [this]() -> Result<std::vector<RouteMessage>> { return marked; }};
    }
    std::vector<RouteMessage> marked;
};

RouteConfig route(const char* name, const char* destination, const char* interface) {
    RouteConfig made;
    made.name = name;
    made.destination = parse_prefix(destination).value();
    made.interface = interface;
    return made;
}

Config some_routes() {
    Config config;
    config.routes = {route("four", "10.80.0.0/16", "eth0"), route("six", "fd80::/64", "eth1")};
    config.routes[1].source = parse_address("fd77::100");
    RuleConfig rule;
    rule.name = "from-vip";
    rule.from = parse_prefix("10.77.0.100").value();
    rule.table = 100;
    rule.priority = 1000;
    config.rules = {rule};
    return config;
}

Result<std::vector<RouteMessage>> list_nothing() { return std::vector<RouteMessage>(); }

constexpr const char* four = "route 10.80.0.0/16 table 254 at 0";
constexpr const char* six = "route fd80::/64 table 254 at 1024";
constexpr const char* from_vip = "rule 10.77.0.100   table 100 at 1000";
constexpr int theirs = RTPROT_STATIC;

struct RouteSetTest : testing::Test {
    FakeKernel fake;
    Config config = some_routes();
    RouteSet routes{config, fake.kernel()};

    RouteSetTest() {
        routes.follow(link(2, "eth0"));
        routes.follow(link(3, "eth1"));
        routes.settle();
    }
    RouteMessage message(std::size_t i) {
        return build_route_message(RouteVerb::add, {.destination = config.routes[i].network(),
                                                    .gateway = {},
                                                    .interface = InterfaceIndex{9},
                                                    .source = {},
                                                    .table = main_table,
                                                    .metric = config.routes[i].effective_metric()});
    }
    bool has(const char* place) { return fake.table.contains(place); }
    using Told = std::vector<std::string>;
    static std::string plus(const char* place) { return "+ " + std::string(place); }
    static std::string minus(const char* place) { return "- " + std::string(place); }
};

TEST_F(RouteSetTest, PutsOnRoutesBeforeRulesAndRemovesThemTheOtherWayAbout) {
    ASSERT_TRUE(routes.hold());
    EXPECT_EQ(fake.told, (Told{plus(four), plus(six), plus(from_vip)}));
    EXPECT_EQ(fake.table[four].interface, "2");
    EXPECT_EQ(fake.table[six].interface, "3");
    EXPECT_EQ(fake.table[six].source, "fd77::100");
    fake.told.clear();
    ASSERT_TRUE(routes.drop());
    EXPECT_EQ(fake.told, (Told{minus(from_vip), minus(six), minus(four)}));
    EXPECT_TRUE(fake.table.empty());
}

TEST_F(RouteSetTest, AHoldThatFailsInPartRemovesWhatItAddedAndSaysWhy) {
    fake.refuse[six] = EINVAL;
    const Status held = routes.hold();
    ASSERT_FALSE(held);
    EXPECT_EQ(held.error().what,
              "route.six: cannot be put on: Invalid argument (has this host the source?)");
    EXPECT_TRUE(fake.table.empty());
    EXPECT_TRUE(routes.put_back().back.empty()) << "nothing is held";
    EXPECT_TRUE(fake.table.empty());
}

TEST_F(RouteSetTest, WhatSomebodyElseHasPutThereIsRefusedAndStays) {
    fake.put(message(0), theirs);
    const Status held = routes.hold();
    ASSERT_FALSE(held);
    EXPECT_EQ(held.error().what,
              "route.four: there is a route to 10.80.0.0/16 in table main with metric 0 already, "
              "which was not put there by komainu; remove it, or write another metric");
    EXPECT_EQ(fake.table.size(), 1u);
    EXPECT_EQ(fake.table[four].proto, theirs);
    fake.table.clear();
    EXPECT_TRUE(routes.hold()) << "the refusal ends with its cause";
}

TEST_F(RouteSetTest, WhatAnEarlierRunHasPutThereIsReplaced) {
    fake.put(message(0), komainu_route_proto);
    ASSERT_TRUE(routes.hold());
    EXPECT_EQ(fake.table[four].interface, "2") << "and not as it was";
}

TEST_F(RouteSetTest, ARouteWhoseInterfaceIsMissingIsRefusedBeforeAnythingIsDone) {
    routes.forget(InterfaceIndex{3});
    routes.settle();
    const Status held = routes.hold();
    ASSERT_FALSE(held);
    EXPECT_EQ(held.error().what, "route.six: there is no interface eth1 now");
    EXPECT_TRUE(fake.told.empty());
}

TEST_F(RouteSetTest, AKernelThatDoesNotAnswerIsAFailure) {
    fake.is_deaf = true;
    EXPECT_FALSE(routes.hold());
    fake.is_deaf = false;
    ASSERT_TRUE(routes.hold());
    fake.is_deaf = true;
    EXPECT_FALSE(routes.drop());
    fake.is_deaf = false;
    EXPECT_TRUE(routes.drop());
    EXPECT_TRUE(fake.table.empty());
}

TEST_F(RouteSetTest, PutsBackWhatIsGoneAndLeavesTheRest) {
    ASSERT_TRUE(routes.hold());
    EXPECT_TRUE(routes.put_back().back.empty());
    fake.table.erase(four);
    fake.table.erase(from_vip);
    const auto [back, done] = routes.put_back();
    EXPECT_TRUE(done);
    EXPECT_EQ(back, (Told{"route.four", "rule.from-vip"}));
    EXPECT_TRUE(has(four) && has(six) && has(from_vip));
}

TEST_F(RouteSetTest, SaysWhatCannotBePutBackYet) {
    ASSERT_TRUE(routes.hold());
    fake.table.clear();
    fake.refuse[four] = ENETDOWN;
    const auto [back, done] = routes.put_back();
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().what, "route.four: cannot be put back: Network is down");
    EXPECT_EQ(back, (Told{"route.six", "rule.from-vip"}));
}

TEST_F(RouteSetTest, PutsAnIpv6RouteOnAnewWhenItsSourceWasGone) {
    ASSERT_TRUE(routes.hold());
    fake.table[six].source.clear();  // as the kernel does
    fake.told.clear();
    routes.source_was_gone(parse_address("10.77.0.100").value());
    EXPECT_TRUE(fake.told.empty());
    routes.source_was_gone(parse_address("fd77::100").value());
    EXPECT_EQ(fake.told, Told{minus(six)});
    EXPECT_EQ(routes.put_back().back, Told{"route.six"});
    EXPECT_EQ(fake.table[six].source, "fd77::100");
}

TEST_F(RouteSetTest, AnInterfaceThatIsMadeAnewIsAReasonToPutBack) {
    ASSERT_TRUE(routes.hold());
    EXPECT_FALSE(routes.settle());
    routes.forget(InterfaceIndex{2});
    routes.follow(link(7, "eth0"));
    EXPECT_TRUE(routes.settle());
    EXPECT_FALSE(has(four)) << "as of an interface that was only renamed";
    EXPECT_EQ(routes.put_back().back, Told{"route.four"});
    EXPECT_EQ(fake.table[four].interface, "7");
}

TEST_F(RouteSetTest, AnInterfaceThatComesUpIsAReasonToPutBack) {
    ASSERT_TRUE(routes.hold());
    routes.follow(link(2, "eth0", false));
    EXPECT_FALSE(routes.settle());
    routes.follow(link(2, "eth0"));
    EXPECT_TRUE(routes.settle());
    EXPECT_FALSE(routes.settle());
    ASSERT_TRUE(routes.drop());
    routes.follow(link(2, "eth0", false));
    routes.follow(link(2, "eth0"));
    EXPECT_FALSE(routes.settle()) << "nothing is held";
}

TEST_F(RouteSetTest, WithoutItsInterfaceLeavesTheOthersInPlace) {
    ASSERT_TRUE(routes.hold());
    routes.forget(InterfaceIndex{2});
    routes.settle();
    EXPECT_TRUE(routes.put_back().done);
    EXPECT_FALSE(has(four));
    EXPECT_TRUE(has(six) && has(from_vip));
}

TEST_F(RouteSetTest, SweepsWhateverHasTheMark) {
    fake.put(message(0), komainu_route_proto);
    fake.put(message(1), theirs);
    fake.marked = {
        build_route_message(RouteVerb::remove, {.destination = parse_prefix("10.80.0.0/16").value(),
                                                .gateway = {},
                                                .source = {},
                                                .table = main_table}),
        build_rule_message(RouteVerb::remove, {.family = Family::ipv4,
                                               .from = {},
                                               .to = {},
                                               .interface = {},
                                               .table = 100,
                                               .priority = 1})};
    const auto swept = routes.sweep();
    ASSERT_TRUE(swept);
    EXPECT_EQ(swept.value().routes, 1u);
    EXPECT_EQ(swept.value().rules, 1u);
    EXPECT_FALSE(has(four));
    EXPECT_TRUE(has(six));
}

TEST(RouteSet, AllocatesNothingWhenTakingOver) {
    const Config config = some_routes();
    RouteSet routes(config, {[](std::span<RouteRequest> requests) -> Status {
                                 for (auto& request : requests) request.error = 0;
                                 return Ok{};
                             },
                             list_nothing});
    routes.follow(link(2, "eth0"));
    routes.follow(link(3, "eth1"));
    routes.settle();
    const auto before = lab::allocations();
    EXPECT_TRUE(routes.hold());
    EXPECT_TRUE(routes.drop());
    EXPECT_EQ(lab::allocations(), before);
}

TEST(RouteSet, WithoutRoutesAsksTheKernelNothing) {
    int asked = 0;
    const Config config;
    RouteSet routes(config, {[&](std::span<RouteRequest> requests) -> Status {
                                 asked += static_cast<int>(requests.size());
                                 return Ok{};
                             },
                             list_nothing});
    EXPECT_TRUE(routes.hold());
    EXPECT_TRUE(routes.put_back().done);
    EXPECT_TRUE(routes.drop());
    EXPECT_EQ(asked, 0);
}

}  // namespace
}  // namespace komainu
