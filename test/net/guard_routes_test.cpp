// The routes and rules that come and go with the VIPs, on a guard's host.
#include "netlink/route_leftovers.h"
#include "netlink/route_messages.h"
#include "test/net/guarded_host.h"

namespace komainu {

namespace {

RouteConfig route(const char* name, const char* destination, const char* via, const char* source,
                  std::uint32_t table = main_table) {
    RouteConfig made;
    made.name = name;
    if (destination != nullptr) made.destination = parse_prefix(destination);
    if (via != nullptr) made.via = parse_address(via);
    made.interface = "eth0";
    if (source != nullptr) made.source = parse_address(source);
    made.table = table;
    return made;
}

RuleConfig rule(const char* name, const char* from, std::uint32_t priority) {
    RuleConfig made;
    made.name = name;
    made.from = parse_prefix(from);
    made.table = 300;
    made.priority = priority;
    return made;
}

class GuardRoutes : public testing::Test {
protected:
    GuardRoutes() {
        guarded_.config.routes = {
            route("out4", nullptr, "10.77.0.254", nullptr, 300),
            route("out6", nullptr, "fd77::fe", nullptr, 300),
            route("net4", "10.80.0.0/16", "10.77.0.254", "10.77.0.100"),
            route("net6", "fd80::/64", "fd77::fe", "fd77::100"),
        };
        guarded_.config.rules = {rule("vip4", "10.77.0.100", 1000),
                                 rule("vip6", "fd77::100", 1000)};
    }

    bool shows(const std::string& command, const std::string& text) {
        bool found = false;
        guarded_.host.space.run([&] {
            const auto line = "ip -N " + command + " 2>/dev/null | grep -qF '" + text + "'";
            found = std::system(line.c_str()) == 0;
        });
        return found;
    }
    std::size_t ours() {
        std::size_t count = 0;
        guarded_.host.space.run([&] { count = list_marked_routes().value().size(); });
        return count;
    }
    /// As the configuration has them, and packets from the VIPs take them.
    bool are_in_place() {
        return ours() == 6 && shows("route get 10.99.0.1 from 10.77.0.100", "via 10.77.0.254") &&
               shows("route get fd99::1 from fd77::100", "via fd77::fe") &&
               shows("route", "10.80.0.0/16 via 10.77.0.254 dev eth0 proto 107 src 10.77.0.100") &&
               shows("-6 route", "fd80::/64 via fd77::fe dev eth0 proto 107 src fd77::100");
    }
    bool come_back() {
        return lab::wait_until([this] { return are_in_place(); }, patience);
    }
    bool go() {
        return lab::wait_until([this] { return ours() == 0; }, patience);
    }
    std::string why_refused(std::uint64_t round) {
        EXPECT_TRUE(guarded_.page().grant(lab::now() + long_lease));
        guarded_.order(HoldOrder{round, some_will()});
        const auto failed = guarded_.wait_for<HoldFailedReport>();
        EXPECT_FALSE(guarded_.has(vip4) || guarded_.has(vip6)) << "all or none";
        EXPECT_FALSE(guarded_.page().expiry());
        return failed ? failed->text : "";
    }

    GuardedHost guarded_;
};

TEST_F(GuardRoutes, ComeBeforeTheAnnouncementsAndGoWithTheVips) {
    guarded_.start();
    EXPECT_EQ(ours(), 0u);
    for (std::uint64_t round = 1; round <= 3; ++round) {
        ASSERT_TRUE(guarded_.hold(round));
        EXPECT_TRUE(are_in_place());
        guarded_.order(DropOrder{round});
        ASSERT_TRUE(guarded_.wait_for<DroppedReport>());
        EXPECT_TRUE(go());
    }
}

TEST_F(GuardRoutes, GoWhenTheLeaseEnds) {
    guarded_.start();
    ASSERT_TRUE(guarded_.hold(1, 200ms));
    ASSERT_TRUE(guarded_.wait_for<DroppedReport>());
    EXPECT_TRUE(go());
}

TEST_F(GuardRoutes, GoAtTheEndOfMain) {
    guarded_.start();
    ASSERT_TRUE(guarded_.hold(1));
    guarded_.close_main_end();
    EXPECT_EQ(guarded_.wait_for_exit(), 0);
    EXPECT_EQ(ours(), 0u);
}

TEST_F(GuardRoutes, ThatAKilledGuardLeavesBehindAreSweptByTheNext) {
    guarded_.start();
    ASSERT_TRUE(guarded_.hold(1));
    kill(guarded_.pid(), SIGKILL);
    ASSERT_TRUE(guarded_.wait_for_exit());
    EXPECT_GT(ours(), 0u);
    guarded_.config.routes.clear();
    guarded_.config.rules.clear();
    guarded_.page().close();
    guarded_.start();
    EXPECT_EQ(ours(), 0u) << "though its configuration knows nothing of them";
}

TEST_F(GuardRoutes, ArePutBackWhenSomebodyElseRemovesThem) {
    guarded_.start();
    ASSERT_TRUE(guarded_.hold(1));
    guarded_.shell("ip route flush proto 107 && ip -6 route flush table all proto 107");
    guarded_.shell("ip rule del from 10.77.0.100 && ip -6 rule del from fd77::100");
    EXPECT_FALSE(are_in_place());
    EXPECT_TRUE(come_back());
}

TEST_F(GuardRoutes, ArePutBackWithTheVipThatIsTheirSource) {
    guarded_.start();
    ASSERT_TRUE(guarded_.hold(1));
    guarded_.shell("ip addr del 10.77.0.100/24 dev eth0 && ip addr del fd77::100/64 dev eth0");
    EXPECT_TRUE(guarded_.wait_for<RestoredReport>());
    EXPECT_TRUE(guarded_.wait_for<RestoredReport>());
    EXPECT_TRUE(lab::wait_until([this] { return are_in_place(); }, 500ms)) << "not by the renewal";
}

TEST_F(GuardRoutes, ArePutBackWhenTheirInterfaceComesUpAgain) {
    guarded_.start();
    ASSERT_TRUE(guarded_.hold(1));
    guarded_.shell("ip link set eth0 down");
    EXPECT_FALSE(are_in_place());
    guarded_.shell("ip link set eth0 up");
    const auto is_back = [this] { return shows("route", "10.80.0.0/16 via 10.77.0.254"); };
    EXPECT_TRUE(lab::wait_until(is_back, 500ms)) << "not by the renewal";
    EXPECT_TRUE(come_back()) << "those of IPv6 when the VIP's network has a route again";
}

TEST_F(GuardRoutes, FollowAnInterfaceWithoutAVipThatIsMadeAnewAndTellOfItsCarrier) {
    guarded_.config.routes = {route("other", "10.88.0.0/16", nullptr, nullptr)};
    guarded_.config.routes[0].interface = "other0";
    guarded_.config.rules.clear();
    lab::add_pair(guarded_.host, "other0", "other1");
    guarded_.start();
    ASSERT_TRUE(guarded_.hold(1));
    EXPECT_TRUE(shows("route", "10.88.0.0/16 dev other0 proto 107 scope 253"));
    guarded_.shell("ip link del other0");
    while (const auto carrier = guarded_.wait_for<CarrierReport>())
        if (*carrier == CarrierReport{Carrier::missing, "other0"}) break;
    EXPECT_EQ(ours(), 0u);
    lab::add_pair(guarded_.host, "other0", "other1");
    EXPECT_TRUE(lab::wait_until([this] { return ours() == 1; }, patience));
}

TEST_F(GuardRoutes, OfOthersInTheirPlaceAreAReasonNotToHoldAndStay) {
    guarded_.start();
    guarded_.shell("ip -6 route add fd80::/64 dev eth0 metric 1024");
    EXPECT_EQ(why_refused(1),
              "route.net6: there is a route to fd80::/64 in table main with metric 1024 already, "
              "which was not put there by komainu; remove it, or write another metric");
    EXPECT_EQ(ours(), 0u);
    EXPECT_TRUE(shows("-6 route", "fd80::/64 dev eth0"));
    guarded_.shell("ip -6 route del fd80::/64");
    EXPECT_TRUE(guarded_.hold(2)) << "the refusal ends with its cause";
    EXPECT_TRUE(are_in_place());
}

TEST_F(GuardRoutes, ThatTheKernelRefusesAreAReasonNotToHold) {
    guarded_.config.routes[2].via = parse_address("10.99.0.1");
    guarded_.start();
    EXPECT_EQ(why_refused(1),
              "route.net4: cannot be put on: Network is unreachable (has this host the source, and "
              "its interface a network with the gateway?)");
    EXPECT_EQ(ours(), 0u);
}

TEST_F(GuardRoutes, OfAnEarlierRunThatAreThereMeanwhileAreReplaced) {
    guarded_.start();
    guarded_.shell("ip route add 10.80.0.0/16 via 10.77.0.2 proto 107");
    guarded_.shell("ip rule add from 10.77.0.100 table 300 priority 1000 protocol 107");
    ASSERT_TRUE(guarded_.hold(1));
    EXPECT_TRUE(are_in_place());
}

TEST_F(GuardRoutes, SayWhichOfTheirInterfacesIsMissing) {
    guarded_.config.routes[0].interface = "eth7";
    guarded_.fork_guard();
    const auto failed = guarded_.wait_for<StartFailedReport>();
    ASSERT_TRUE(failed);
    EXPECT_EQ(failed->text,
              "route.out4.interface: no interface eth7 on this host; it has: eth0, lo");
}

}  // namespace

}  // namespace komainu
