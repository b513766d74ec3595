// Routes and rules that come and go with the VIPs, on the hosts of a cluster of real daemons.

#include <signal.h>

#include <cstdlib>

#include "io/socket_address.h"
#include "netlink/route_leftovers.h"
#include "test/lab/control.h"
#include "test/net/scenario.h"

namespace komainu::lab {
namespace {

constexpr int gateway_number = 250;

/// What leaves the LAN from the VIPs goes by a gateway of its own.
const std::string sections =
    "[route.lan4]\ndestination = 10.77.0.0/24\ninterface = eth0\ntable = 100\n"
    "[route.lan6]\ndestination = fd77::/64\ninterface = eth0\ntable = 100\n"
    "[route.out4]\ndestination = default\nvia = 10.77.0.250\ninterface = eth0\ntable = 100\n"
    "[route.out6]\ndestination = default\nvia = fd77::fa\ninterface = eth0\ntable = 100\n"
    "[route.net4]\ndestination = 10.80.0.0/16\nvia = 10.77.0.250\ninterface = eth0\n"
    "source = 10.77.0.100\n"
    "[route.net6]\ndestination = fd80::/64\nvia = fd77::fa\ninterface = eth0\n"
    "source = fd77::100\n"
    "[rule.vip4]\nfrom = 10.77.0.100\ntable = 100\npriority = 1000\n"
    "[rule.vip6]\nfrom = fd77::100\ntable = 100\npriority = 1000\n";
constexpr std::size_t all = 8;

class VirtualRoutes : public Scenario {
protected:
    static ClusterOptions options() {
        return {.vips = {"10.77.0.100/24", "fd77::100/64"}, .more = "\n" + sections};
    }

    std::size_t count_on(int node) {
        std::size_t count = 0;
        cluster().host(node).space.run([&] { count = list_marked_routes().value().size(); });
        return count;
    }
    bool goes(int node, const std::string& where, const std::string& by) {
        int status = -1;
        const auto command = "{ ip route get " + where + "; } 2>&1 | grep -qF 'via " + by + " '";
        cluster().host(node).space.run([&] { status = std::system(command.c_str()); });
        return status == 0;
    }
    /// A packet from a VIP takes the rule's table, one of the host's own does not, and what goes to
    /// the networks goes from the VIP.
    void expect_in_place_on(int node) {
        EXPECT_EQ(count_on(node), all);
        EXPECT_TRUE(goes(node, "10.99.0.1 from 10.77.0.100", "10.77.0.250"));
        EXPECT_TRUE(goes(node, "fd99::1 from fd77::100", "fd77::fa"));
        EXPECT_FALSE(goes(node, "10.99.0.1", "10.77.0.250"));
        shell(cluster().host(node), "ip route get 10.80.0.1 | grep -q 'src 10.77.0.100 '");
        shell(cluster().host(node), "ip route get fd80::1 | grep -q 'src fd77::100 '");
    }
    /// That a packet from the VIP to where no other route leads reaches the gateway.
    void expect_to_leave_by(const Host& gateway, int node, std::size_t i, const char* destination) {
        const Capture wire(gateway, "udp and dst host " + std::string(destination));
        const SocketAddress from(Endpoint{vip(i), 0});
        const SocketAddress to(Endpoint{parse_address(destination).value(), 9});
        cluster().host(node).space.run([&] {
            const Fd socket(::socket(from.generic.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
            EXPECT_EQ(bind(socket.get(), &from.generic, from.size()), 0);
            EXPECT_EQ(sendto(socket.get(), "x", 1, 0, &to.generic, to.size()), 1);
        });
        const MacAddress mac = lab::mac_of(gateway);
        const auto is_for_gateway = [&](const Frame& frame) {
            for (std::size_t at = 0; at < mac.bytes.size(); ++at)
                if (frame.u8(at) != mac.bytes[at]) return false;
            return true;
        };
        EXPECT_TRUE(wire.wait_for(is_for_gateway, patience)) << destination;
    }
    void expect_gone_from(int node) {
        EXPECT_TRUE(wait_until([&] { return count_on(node) == 0; }, patience)) << "node " << node;
    }
};

TEST_F(VirtualRoutes, AreWhereTheVipsAre) {
    lay_out(options());
    const Host& gateway = cluster().network().add_host("gateway", gateway_number);
    const int active = start();
    expect_in_place_on(active);
    expect_to_leave_by(gateway, active, 0, "10.99.0.1");
    expect_to_leave_by(gateway, active, 1, "fd99::1");
    for (const int node : {after(active), after(after(active))}) EXPECT_EQ(count_on(node), 0u);
    const auto next = after(active);
    ASSERT_TRUE(cluster().switchover(active, next));
    ASSERT_TRUE(watcher().wait_for_holders(vip(), {next}, patience));
    ASSERT_TRUE(client().answered_by(next, client().mark(), patience));
    expect_in_place_on(next);
    expect_gone_from(active);
}

TEST_F(VirtualRoutes, GoWithTheVipsOfAMainProcessThatWasKilled) {
    const int active = begin(options());
    const int next = expect_takeover(active, [&] { cluster().kill_main(active); });
    expect_in_place_on(next);
    expect_gone_from(active);
}

TEST_F(VirtualRoutes, GoWithTheVipsOfADaemonThatIsStopped) {
    const int active = begin(options());
    const int next = expect_takeover(active, [&] { EXPECT_EQ(cluster().stop(active), 0); });
    expect_in_place_on(next);
    EXPECT_EQ(count_on(active), 0u);
}

TEST_F(VirtualRoutes, GoWithTheVipsOfAMainProcessThatStandsStill) {
    const int active = begin(options());
    const pid_t main = cluster().daemon(active).pid();
    const int next = expect_takeover(active, [&] { kill(main, SIGSTOP); });
    expect_in_place_on(next);
    expect_gone_from(active);
    kill(main, SIGCONT);
}

// What the sample file says of it: nothing removes them but the next start.
TEST_F(VirtualRoutes, OfADaemonThatWasKilledAsAWholeAreSweptByItsNextStart) {
    allow_overlap();
    const int active = begin(options());
    const int next = expect_takeover(active, [&] { cluster().signal_both(active, SIGKILL); });
    expect_in_place_on(next);
    ASSERT_TRUE(cluster().daemon(active).wait(patience));
    EXPECT_GT(count_on(active), 0u);
    cluster().start(active);
    ASSERT_TRUE(cluster().wait_until_whole());
    EXPECT_EQ(count_on(active), 0u);
    EXPECT_TRUE(logs(active, "routes and 2 rules, which an earlier run had left behind"));
    expect_in_place_on(next);
}

TEST_F(VirtualRoutes, ThatCannotBePutOnGiveTheVipsToAnotherNode) {
    lay_out(options());
    shell(cluster().host(1), "ip route add 10.80.0.0/16 dev eth0");
    for (const int node : {2, 3}) cluster().start(node);
    const auto first = cluster().wait_for_active();
    ASSERT_TRUE(first);
    cluster().start(1);
    ASSERT_TRUE(cluster().wait_until_whole());
    cluster().switchover(*first, 1);
    EXPECT_TRUE(logs(1,
                     "cannot hold the VIPs: route.net4: there is a route to 10.80.0.0/16 in table "
                     "main with metric 0 already, which was not put there by komainu"));
    const auto next = cluster().wait_for_active_other_than(1);
    ASSERT_TRUE(next);
    ASSERT_TRUE(watcher().wait_for_holders(vip(), {*next}, patience));
    expect_in_place_on(*next);
    EXPECT_EQ(count_on(1), 0u);
    shell(cluster().host(1), "ip route show 10.80.0.0/16 | grep -q 'dev eth0'");
}

TEST_F(VirtualRoutes, MakeANodeUnfitOnWhichTheirInterfaceIsDown) {
    lay_out({.more = "\n[route.back]\ndestination = 10.80.0.0/16\ninterface = back0\n"});
    for (int node = 1; node <= 3; ++node) add_pair(cluster().host(node), "back0", "switch0");
    const int active = start();
    ASSERT_NE(active, 0);
    EXPECT_EQ(count_on(active), 1u);
    const int next =
        expect_takeover(active, [&] { shell(cluster().host(active), "ip link set switch0 down"); });
    EXPECT_EQ(count_on(next), 1u);
    expect_gone_from(active);
}

TEST_F(VirtualRoutes, StayWhenAReloadPutsTheirSourcesOnAnew) {
    const int active = begin(options());
    expect_in_place_on(active);
    const std::string file = cluster().configuration_file(active);
    replace_in_file(file, "10.77.0.100/24", "10.77.0.100/25");
    replace_in_file(file, "fd77::100/64", "fd77::100/65");
    const auto answer = ask(cluster().control_socket(active), {{"command", "reload"}}, patience);
    ASSERT_EQ(answer.value_or(nlohmann::json())["ok"], true);
    expect_in_place_on(active);
}

}  // namespace
}  // namespace komainu::lab
