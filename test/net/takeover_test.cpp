// Whatever happens to the active, exactly one standby takes over, and the client is served again.
#include <signal.h>

#include <cstdlib>

#include "test/net/scenario.h"

namespace komainu::lab {
namespace {

using Takeover = Scenario;

/// The kernel keeps an address of nobody's for its lifetime, and checks lifetimes once in a while.
constexpr Duration orphan_lifetime = 6s;

TEST_F(Takeover, AfterTheMainProcessWasKilled) {
    const int active = begin();
    expect_takeover(active, [&] { cluster().kill_main(active); });
}

TEST_F(Takeover, AfterTheGuardWasKilledWaitsUntilTheKernelHasLetTheVipGo) {
    const int active = begin();
    expect_takeover(active, [&] { cluster().kill_guard(active); });
    // Main cannot do without its guard; its supervisor starts both again.
    EXPECT_EQ(cluster().daemon(active).wait(patience), 1);
}

TEST_F(Takeover, AfterBothWereKilledAtOnce) {
    const int active = begin();
    allow_overlap();
    const int next = expect_takeover(active, [&] { cluster().signal_both(active, SIGKILL); });
    EXPECT_TRUE(watcher().wait_for_holders(vip(), {next}, orphan_lifetime));
}

TEST_F(Takeover, AfterTheMainProcessWasStopped) {
    const int active = begin();
    const int next = expect_takeover(active, [&] { cluster().daemon(active).signal(SIGSTOP); });
    mark();
    sleep_for(2s);
    cluster().daemon(active).signal(SIGCONT);
    sleep_for(500ms);
    expect_unmoved(next);
    const auto status = cluster().status(active);
    ASSERT_TRUE(status);
    EXPECT_EQ((*status)["role"], "standby");
    EXPECT_GT((*status)["lateness"]["max_us"], 1'900'000);
    EXPECT_NE(cluster().log(active).find("I was not scheduled for"), std::string::npos);
}

TEST_F(Takeover, AfterTheGuardWasStopped) {
    const int active = begin();
    const pid_t guard = cluster().guard_pid(active);
    expect_takeover(active, [&] { ::kill(guard, SIGSTOP); });
    ::kill(guard, SIGCONT);
    EXPECT_TRUE(wait_until(
        [&] {
            const auto status = cluster().status(active);
            return status && (*status)["nodes"][active - 1]["healthy"] == true;
        },
        patience));
}

TEST_F(Takeover, ByRequest) {
    const int active = begin();
    const int target = active == 3 ? 2 : 3;
    expect_takeover(active, [&] {
        const auto answer = cluster().switchover(active, target);
        ASSERT_TRUE(answer);
        EXPECT_EQ((*answer)["ok"], true) << answer->dump();
        EXPECT_EQ((*answer)["active"], target);
    });
    EXPECT_EQ(cluster().active(), target);
}

TEST_F(Takeover, ByRequestOfAStandby) {
    const int active = begin();
    const int standby = active == 1 ? 2 : 1;
    const int next = expect_takeover(active, [&] {
        const auto answer = cluster().switchover(standby, standby);
        ASSERT_TRUE(answer);
        EXPECT_EQ((*answer)["ok"], true) << answer->dump();
    });
    EXPECT_EQ(next, standby);
}

TEST_F(Takeover, ByRequestIsRefusedWithAReason) {
    const int active = begin();
    expect_no_move(active, [&] {
        const auto answer = cluster().switchover(active, 17);
        ASSERT_TRUE(answer);
        EXPECT_EQ((*answer)["ok"], false);
        EXPECT_EQ((*answer)["error"], "node 17 is not in the configuration, or is a witness");
    });
}

TEST_F(Takeover, AfterTheCableWasPulled) {
    const int active = begin();
    const int next = expect_takeover(
        active, [&] { cluster().network().set_carrier(cluster().host(active), Carrier::down); });
    mark();
    cluster().network().set_carrier(cluster().host(active), Carrier::up);
    sleep_for(500ms);
    expect_unmoved(next);
}

TEST_F(Takeover, AfterTheNetworkWentSilentAndNobodyFailsBackWhenItHeals) {
    const int active = begin();
    const int next =
        expect_takeover(active, [&] { cluster().network().silence(cluster().host(active)); });
    mark();
    cluster().network().heal(cluster().host(active));
    sleep_for(500ms);
    expect_unmoved(next);
    const auto status = cluster().status(active);
    ASSERT_TRUE(status);
    EXPECT_EQ((*status)["active"], next);
}

TEST_F(Takeover, AfterTheActiveWasMutedOrDeafened) {
    const int first = begin();
    const int second =
        expect_takeover(first, [&] { cluster().network().mute(cluster().host(first)); });
    cluster().network().heal(cluster().host(first));
    sleep_for(200ms);
    expect_takeover(second, [&] { cluster().network().deafen(cluster().host(second)); });
}

TEST_F(Takeover, AfterTheServiceDied) {
    const int active = begin({.check = ServiceCheck::process});
    expect_takeover(active, [&] { cluster().kill_service(active); });
    const auto status = cluster().status(active);
    ASSERT_TRUE(status);
    EXPECT_EQ((*status)["nodes"][active - 1]["healthy"], false);
    cluster().start_service(active);
    EXPECT_TRUE(wait_until(
        [&] { return (*cluster().status(active))["nodes"][active - 1]["healthy"] == true; },
        patience));
}

TEST_F(Takeover, AfterTheServiceRefusesConnections) {
    const int active = begin({.check = ServiceCheck::tcp});
    expect_takeover(active, [&] { cluster().kill_service(active); });
}

TEST_F(Takeover, AfterSigtermOnTheActive) {
    const int active = begin();
    expect_takeover(active, [&] { EXPECT_EQ(cluster().stop(active), 0); });
}

TEST_F(Takeover, IsNotNeededAfterSigtermOnAStandbyWhichIsNoticedAtOnce) {
    const int active = begin({.interval = 1s, .deadtime = 5s});
    const int standby = active == 1 ? 2 : 1;
    expect_no_move(active, [&] { EXPECT_EQ(cluster().stop(standby), 0); });
    EXPECT_EQ((*cluster().status(active))["nodes"][standby - 1]["role"], "down");
}

TEST_F(Takeover, OfTheVipThatSomebodyDeletedIsPutBackAtOnce) {
    const int active = begin();
    mark();
    cluster().host(active).space.run(
        [] { EXPECT_EQ(std::system("ip addr del 10.77.0.100/24 dev eth0"), 0); });
    EXPECT_TRUE(watcher().wait_for_holders(vip(), {active}, patience));
    expect_announced(active, vip());
    EXPECT_EQ(cluster().active(), active);
}

TEST_F(Takeover, TakesAllVipsOfBothFamilies) {
    const int active = begin({.vips = {"10.77.0.100/24", "10.77.0.101/32", "fd77::100/64"}});
    const int next = expect_takeover(active, [&] { cluster().kill_main(active); });
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_TRUE(watcher().wait_for_holders(vip(i), {next}, patience));
        expect_announced(next, vip(i));
    }
}

TEST_F(Takeover, OfAnIpv6VipIsSeenByAnIpv6Client) {
    const int active = begin({.vips = {"fd77::100/64"}});
    expect_takeover(active, [&] { cluster().kill_main(active); });
}

TEST_F(Takeover, WorksByMulticast) {
    const int active = begin({.multicast_group = "239.77.0.1"});
    expect_takeover(active, [&] { cluster().network().silence(cluster().host(active)); });
}

TEST_F(Takeover, WorksByMulticastOverIpv6) {
    const int active =
        begin({.heartbeat_family = Family::ipv6, .multicast_group = "ff02::4d:4e55"});
    expect_takeover(active, [&] { cluster().network().silence(cluster().host(active)); });
}

/// The interface goes and another comes by its name, as with a card or a virtual machine's network.
void replace_interface(Cluster& cluster, int node) {
    cluster.network().remove_interface(cluster.host(node));
    sleep_for(300ms);
    cluster.network().replace_interface(cluster.host(node));
}

TEST_F(Takeover,
       IsNotNeededWhenAStandbyGetsAnotherInterfaceAndItsMulticastComesBackWithoutARestart) {
    const int active = begin({.multicast_group = "239.77.0.1"});
    const int standby = active == 1 ? 2 : 1;
    expect_no_move(active, [&] { replace_interface(cluster(), standby); });
    EXPECT_TRUE(cluster().wait_until_whole());
}

TEST_F(Takeover, AfterTheActiveGotAnotherInterfaceWhoseMulticastComesBackWithoutARestart) {
    const int active =
        begin({.heartbeat_family = Family::ipv6, .multicast_group = "ff02::4d:4e55"});
    expect_takeover(active, [&] { replace_interface(cluster(), active); });
    EXPECT_TRUE(cluster().wait_until_whole());
}

TEST_F(Takeover, WorksByUnicastOverIpv6) {
    const int active = begin({.heartbeat_family = Family::ipv6});
    expect_takeover(active, [&] { cluster().kill_main(active); });
}

TEST_F(Takeover, AnnouncesOnASchedule) {
    const int active = begin();
    const int next = expect_takeover(active, [&] { cluster().kill_main(active); });
    // RFC 5227 section 2.3: ANNOUNCE_NUM announcements, ANNOUNCE_INTERVAL (2 s) apart; here at 0,
    // 0.1, 1, 2 s, each in both forms.
    EXPECT_TRUE(wait_until([&] { return announcements(next, vip()).size() >= 8; }, patience));
    const auto frames = announcements(next, vip());
    ASSERT_GE(frames.size(), 8u);
    EXPECT_GE(frames[6].at - frames[0].at, 1900ms);
}

}  // namespace
}  // namespace komainu::lab
