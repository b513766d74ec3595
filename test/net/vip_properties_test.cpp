// What a VIP's section says of its address is on the host that is active, and on no other.
#include <cstdlib>

#include "test/net/scenario.h"

namespace komainu::lab {
namespace {

class VipProperties : public Scenario {
protected:
    bool succeeds(int node, const std::string& command) {
        bool done = false;
        cluster().host(node).space.run([&] { done = std::system(command.c_str()) == 0; });
        return done;
    }
    /// That ip(8) shows the VIPs as the configuration has them, and no route that came with them.
    void expect_in_place_on(int node) {
        EXPECT_TRUE(succeeds(node,
                             "ip -o -4 addr show dev eth0 label eth0:pg | "
                             "grep -q '10.77.0.100/32 scope link '"));
        EXPECT_TRUE(succeeds(node, "ip -o -6 addr show dev eth0 | grep -q 'fd77::100/128 '"));
        expect_no_route_on(node);
    }
    void expect_no_route_on(int node) {
        EXPECT_TRUE(succeeds(node,
                             "test -z \"$(ip route show exact 10.77.0.100/32; "
                             "ip -6 route show exact fd77::100/128)\""));
    }
};

const ClusterOptions host_prefixes{.vips = {"10.77.0.100", "fd77::100"},
                                   .vip_keys = {{0, "label = eth0:pg\nscope = link\n"}}};

TEST_F(VipProperties, OfHostPrefixesMoveWithThemAndClientsOfTheLanReachBoth) {
    const int active = begin(host_prefixes);
    const Client ipv6_client(cluster().client_host(), cluster().service(1));
    EXPECT_TRUE(ipv6_client.answered_by(active, 0, patience));
    expect_in_place_on(active);
    const auto probe = ipv6_client.mark();
    const int next = expect_takeover(active, [&] { cluster().kill_main(active); });
    EXPECT_TRUE(ipv6_client.answered_by(next, probe, patience));
    EXPECT_TRUE(watcher().wait_for_holders(vip(1), {next}, patience));
    expect_announced(next, vip(1));
    expect_in_place_on(next);
    expect_no_route_on(active);
    const auto status = cluster().status(next);
    ASSERT_TRUE(status);
    EXPECT_EQ((*status)["vips"][0]["address"], "10.77.0.100/32");
    EXPECT_EQ((*status)["vips"][1]["address"], "fd77::100/128");
}

TEST_F(VipProperties, OutliveTheRenewalsOfTheirLifetime) {
    const int active = begin(host_prefixes);
    sleep_for(2500ms);  // The lifetime is 2 s.
    expect_in_place_on(active);
    EXPECT_EQ(cluster().active(), active);
}

TEST_F(VipProperties, AreThereAgainWhenAVipThatSomebodyDeletedIsPutBack) {
    const int active = begin(host_prefixes);
    mark();
    ASSERT_TRUE(succeeds(active,
                         "ip addr del 10.77.0.100/32 dev eth0 && "
                         "ip addr del fd77::100/128 dev eth0"));
    for (const IpAddress& address : {vip(0), vip(1)}) {
        expect_announced(active, address);  // which is when it is back
        EXPECT_TRUE(watcher().wait_for_holders(address, {active}, patience));
    }
    expect_in_place_on(active);
}

// A VIP of scope link is what Linux takes for the source of multicast that names none; heartbeats
// name theirs.
TEST_F(VipProperties, LeaveTheSourceOfMulticastHeartbeatsAlone) {
    ClusterOptions options = host_prefixes;
    options.multicast_group = "239.77.0.1";
    const int active = begin(options);
    expect_no_move(active, [] {});
    EXPECT_TRUE(cluster().wait_until_whole());
    expect_takeover(active, [&] { cluster().kill_main(active); });
}

}  // namespace
}  // namespace komainu::lab
