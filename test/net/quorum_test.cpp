// The quorum rules with real daemons: trusted servers that are lost and come back, a holder without
// a quorum, half of two nodes.
#include <net/route.h>
#include <signal.h>
#include <sys/ioctl.h>

#include "io/socket_address.h"
#include "test/lab/fail.h"
#include "test/net/scenario.h"

namespace komainu::lab {
namespace {

constexpr Duration deadtime = 500ms;
constexpr int gateway_number = 210;
/// Three pings in a row, a second apart, and one more for the phase; the rest is for a busy
/// machine.
constexpr Duration trusted_loss_max = 4s + patience;

class QuorumRules : public Scenario {
protected:
    /// Everything but the daemons: with a gateway, the one trusted server, at 10.77.0.210.
    void lay_out_with_gateway(ClusterOptions options, const std::string& keys = {}) {
        options.deadtime = deadtime;
        options.cluster_keys = keys + "trusted_servers = 10.77.0.210\n";
        lay_out(std::move(options));
        gateway_ = &cluster().network().add_host("gateway", gateway_number);
    }
    nlohmann::json status(int node) {
        return cluster().status(node).value_or(nlohmann::json::object());
    }
    bool says(int node, const char* text) {
        return cluster().log(node).find(text) != std::string::npos;
    }
    bool becomes_active(int node) {
        return watcher().wait_for_holders(vip(), {node}, patience) &&
               wait_until([&] { return cluster().active() == node; }, patience);
    }
    void kill_both(int node) {
        cluster().signal_both(node, SIGKILL);
        EXPECT_TRUE(cluster().daemon(node).wait(patience));
    }

    /// From now on that node has no way to the gateway (RTF_REJECT, route(8)), or has it again.
    void set_way_to_gateway(int node, bool open) {
        cluster().host(node).space.run([&] {
            const Fd socket(must(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket"));
            rtentry route{};
            const SocketAddress gateway(Endpoint{gateway_->ipv4, 0});
            SocketAddress mask(Endpoint{parse_address("255.255.255.255").value(), 0});
            route.rt_dst = gateway.generic;
            route.rt_genmask = mask.generic;
            route.rt_flags = RTF_UP | RTF_HOST | RTF_REJECT;
            must(::ioctl(socket.get(), open ? SIOCDELRT : SIOCADDRT, &route), "the way");
        });
    }

    Host* gateway_ = nullptr;
};

// --- trusted servers ----------------------------------------------------------------------------

TEST_F(QuorumRules, AnActiveThatNoTrustedServerAnswersHandsOverAndIsFitAgainWhenOneDoes) {
    lay_out_with_gateway({});
    cluster().start_all();
    const int old = cluster().wait_for_active().value_or(0);
    ASSERT_TRUE(becomes_active(old));
    ASSERT_TRUE(cluster().wait_until_whole());

    mark();
    set_way_to_gateway(old, false);
    ASSERT_TRUE(
        wait_until([&] { return cluster().active().value_or(old) != old; }, trusted_loss_max));
    const int active = *cluster().active();
    EXPECT_TRUE(becomes_active(active));
    EXPECT_TRUE(says(old, "unhealthy: no trusted server answers: 10.77.0.210"));
    EXPECT_TRUE(says(old, "the life check failed: no trusted server answers"));
    const auto own = status(old)["nodes"][old - 1];
    EXPECT_EQ(own["healthy"], false);
    EXPECT_EQ(own["reason"], "no trusted server answers: 10.77.0.210");
    EXPECT_EQ(status(old)["trusted_servers"][0]["answers"], false);

    set_way_to_gateway(old, true);
    EXPECT_TRUE(wait_until([&] { return cluster().whole(); }, patience));
    EXPECT_EQ(cluster().active(), active);
    EXPECT_EQ(status(old)["trusted_servers"][0]["answers"], true);
}

TEST_F(QuorumRules, WithoutAnyTrustedServerNobodyIsActiveUntilOneAnswers) {
    lay_out_with_gateway({.witnesses = {3}});
    cluster().network().silence(*gateway_);
    cluster().start_all();
    EXPECT_TRUE(wait_until([&] { return status(3)["quorum"] == true; }, patience));
    sleep_for(3 * deadtime);
    EXPECT_EQ(cluster().active(), std::nullopt);
    EXPECT_EQ(status(3)["trusted_servers"], nlohmann::json::array());  // a witness needs none
    cluster().network().heal(*gateway_);
    EXPECT_TRUE(wait_until([&] { return cluster().active().has_value(); }, patience));
}

// --- hold ---------------------------------------------------------------------------------------

TEST_F(QuorumRules, HoldKeepsTheVipOfTheLastNodeAndSaysSoUntilOthersAreBack) {
    const int active = begin({.deadtime = deadtime, .cluster_keys = "on_quorum_loss = hold\n"});
    ASSERT_TRUE(cluster().wait_until_whole());
    mark();
    const auto clients = client().mark();
    for (int node = 1; node <= 3; ++node)
        if (node != active) kill_both(node);
    ASSERT_TRUE(wait_until([&] { return status(active)["stale"] == true; }, patience));
    sleep_for(3 * deadtime);
    EXPECT_TRUE(says(active, "STALE: the lease of term"));
    auto said = status(active);
    EXPECT_EQ(said["role"], "active");
    EXPECT_EQ(said["active"], nullptr);
    EXPECT_EQ(said["quorum"], false);
    EXPECT_EQ(said["lease_ms"], nullptr);
    EXPECT_EQ(said["vips"][0]["held"], true);
    EXPECT_EQ(client().outage_since(clients).lost, 0u);
    EXPECT_EQ(watcher().holders(vip()), std::set{active});

    for (int node = 1; node <= 3; ++node)
        if (node != active) cluster().start(node);
    EXPECT_TRUE(wait_until([&] { return cluster().whole(); }, patience));
    EXPECT_TRUE(says(active, "enough nodes are free to vote again"));
    EXPECT_EQ(status(active)["stale"], false);
    EXPECT_TRUE(becomes_active(active));  // it started first
    EXPECT_TRUE(wait_until([&] { return client().outage_since(clients).over; }, patience));
    RecordProperty("gap_us", static_cast<int>(client().outage_since(clients).gap / 1us));
}

TEST_F(QuorumRules, HoldEndsWhenAnotherActiveIsHeard) {
    allow_overlap();
    const int old = begin({.deadtime = deadtime, .cluster_keys = "on_quorum_loss = hold\n"});
    ASSERT_TRUE(cluster().wait_until_whole());
    cluster().network().silence(cluster().host(old));
    const auto holders = [&] { return watcher().holders(vip()); };
    ASSERT_TRUE(wait_until([&] { return holders().size() == 2; }, patience));  // what it costs
    cluster().network().heal(cluster().host(old));
    EXPECT_TRUE(wait_until([&] { return holders().size() == 1; }, patience));
    EXPECT_FALSE(holders().contains(old));
    EXPECT_TRUE(wait_until([&] { return cluster().whole(); }, patience));
    EXPECT_TRUE(says(old, "another active was heard"));
}

TEST_F(QuorumRules, TheGuardOfAHolderWithoutAQuorumRemovesTheVipWhenMainDies) {
    const int active = begin({.deadtime = deadtime, .cluster_keys = "on_quorum_loss = hold\n"});
    for (int node = 1; node <= 3; ++node)
        if (node != active) kill_both(node);
    ASSERT_TRUE(wait_until([&] { return status(active)["stale"] == true; }, patience));
    cluster().kill_main(active);
    EXPECT_TRUE(watcher().wait_for_holders(vip(), {}, patience));
}

// --- half ---------------------------------------------------------------------------------------

TEST_F(QuorumRules, HalfOfTwoNodesGoesOnAloneWhileItsTrustedServerAnswers) {
    lay_out_with_gateway({.nodes = 2, .quorum = "half"});
    cluster().start_all();
    const int active = cluster().wait_for_active().value_or(0);
    ASSERT_TRUE(becomes_active(active));
    ASSERT_TRUE(cluster().wait_until_whole());

    mark();
    kill_both(3 - active);
    sleep_for(4 * deadtime);
    expect_unmoved(active);
    const auto said = status(active);
    EXPECT_EQ(said["quorum"], true);
    EXPECT_EQ(said["votes"], (nlohmann::json{{"heard", 1}, {"needed", 1}}));

    cluster().network().silence(*gateway_);
    EXPECT_TRUE(watcher().wait_for_holders(vip(), {}, trusted_loss_max));
    EXPECT_TRUE(says(active, "no trusted server answers"));
}

/// To stand on half of the votes takes a probe of the LAN.
TEST_F(QuorumRules, HalfOfTwoNodesDoesNotStandWhenTheLanCannotBeProbed) {
    lay_out_with_gateway({.nodes = 2, .quorum = "half"});
    cluster().start(2);
    EXPECT_TRUE(wait_until([&] { return says(2, "the arbiter does not agree"); }, patience));
    sleep_for(3 * deadtime);
    EXPECT_TRUE(says(2, "the LAN cannot be probed for the VIPs"));
    EXPECT_EQ(cluster().active(), std::nullopt);
    cluster().start(1);  // two of two ask nobody
    EXPECT_TRUE(wait_until([&] { return cluster().active().has_value(); }, patience));
}

}  // namespace
}  // namespace komainu::lab
