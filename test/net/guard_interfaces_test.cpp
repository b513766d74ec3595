// What becomes of the VIPs when others change addresses and interfaces.
#include "netlink/address_socket.h"
#include "test/net/guarded_host.h"

namespace komainu {

namespace {

constexpr const char* make_other0 =
    "ip link add other0 type veth peer name other1 && ip link set other0 up";

/// To be called before the start. Its VIP is the last of the configuration's.
void add_interface_with_vip(GuardedHost& guarded) {
    guarded.config.vips.push_back({"other", parse_prefix("10.88.0.1/24").value(), "other0"});
    guarded.shell(make_other0);
}

TEST(Guard, PutsBackWhatSomebodyElseRemoved) {
    GuardedHost guarded;
    guarded.start();
    ASSERT_TRUE(guarded.hold(7));
    const lab::Capture capture(guarded.peer, announcements);
    guarded.shell("ip addr del 10.77.0.100/24 dev eth0");
    EXPECT_EQ(guarded.wait_for<RestoredReport>(), RestoredReport{"main"});
    EXPECT_TRUE(guarded.has(vip4));
    EXPECT_TRUE(capture.wait_for(is_arp_request, patience));
    guarded.shell("ip addr del fd77::100/64 dev eth0");
    EXPECT_EQ(guarded.wait_for<RestoredReport>(), RestoredReport{"six"});
    EXPECT_TRUE(guarded.has(vip6));
}

TEST(Guard, PutsBackEverythingAfterAFlush) {
    GuardedHost guarded;
    guarded.start();
    ASSERT_TRUE(guarded.hold(7));
    guarded.shell("ip addr flush dev eth0");
    EXPECT_TRUE(guarded.wait_for<RestoredReport>());
    EXPECT_TRUE(guarded.wait_for<RestoredReport>());
    // ip flushes in rounds, and may have removed one a second time.
    EXPECT_TRUE(lab::wait_until([&] { return guarded.has(vip4) && guarded.has(vip6); }, patience));
}

TEST(Guard, SweepsWhatAnEarlierRunLeftBehind) {
    GuardedHost guarded;
    const Prefix old = parse_prefix("10.77.0.55/24").value();
    guarded.host.space.run([&] {
        auto socket = AddressSocket::open();
        const auto eth0 = take_inventory().value().link("eth0")->interface;
        AddressRequest add{AddressRequest::Verb::add, eth0, old};
        ASSERT_TRUE(socket->apply({&add, 1}));
    });
    ASSERT_TRUE(guarded.has(old));
    guarded.start();
    EXPECT_FALSE(guarded.has(old));
    EXPECT_TRUE(guarded.has({guarded.host.ipv4, 24}));
}

TEST(Guard, RefusesAVipThatSomebodyElseHasOnTheInterface) {
    GuardedHost guarded;
    guarded.shell("ip addr add 10.77.0.100/24 dev eth0");
    guarded.start();
    ASSERT_TRUE(guarded.page().grant(lab::now() + long_lease));
    guarded.order(HoldOrder{7, some_will()});
    const auto failed = guarded.wait_for<HoldFailedReport>();
    ASSERT_TRUE(failed);
    EXPECT_EQ(failed->text.rfind("vip.main: 10.77.0.100 is already on eth0", 0), 0u)
        << failed->text;
    EXPECT_TRUE(guarded.has(vip4)) << "what is not ours stays";
    EXPECT_FALSE(guarded.has(vip6)) << "all or none";
    EXPECT_FALSE(guarded.page().expiry());
}

TEST(Guard, RefusesAVipThatSomebodyElseHasElsewhereOnThisHost) {
    GuardedHost guarded;
    guarded.start();
    guarded.shell("ip addr add 10.77.0.100/32 dev lo");
    ASSERT_TRUE(guarded.page().grant(lab::now() + long_lease));
    guarded.order(HoldOrder{7, some_will()});
    EXPECT_TRUE(guarded.wait_for<HoldFailedReport>());
    guarded.shell("ip addr del 10.77.0.100/32 dev lo");
    EXPECT_TRUE(guarded.hold(8)) << "the refusal ends with its cause";
}

TEST(Guard, AVipThatCameFirstTakesNoOtherAddressWithIt) {
    GuardedHost guarded;
    guarded.shell(
        "for i in all eth0; do echo 0 > /proc/sys/net/ipv4/conf/$i/promote_secondaries; done");
    guarded.start();
    guarded.shell("ip addr del 10.77.0.1/24 dev eth0");
    ASSERT_TRUE(guarded.hold(7));
    guarded.shell("ip addr add 10.77.0.1/24 dev eth0");
    guarded.order(DropOrder{7});
    ASSERT_TRUE(guarded.wait_for<DroppedReport>());
    EXPECT_FALSE(guarded.has(vip4));
    EXPECT_TRUE(guarded.has(parse_prefix("10.77.0.1/24").value()));
}

TEST(Guard, TellsTheCarrierAndAnnouncesAgainWhenItComes) {
    GuardedHost guarded;
    guarded.start();
    EXPECT_EQ(guarded.wait_for<CarrierReport>(), (CarrierReport{Carrier::up, "eth0"}));
    ASSERT_TRUE(guarded.hold(7));
    guarded.network.set_carrier(guarded.host, lab::Carrier::down);
    EXPECT_EQ(guarded.wait_for<CarrierReport>(), (CarrierReport{Carrier::down, "eth0"}));
    const lab::Capture capture(guarded.network, announcements);
    guarded.network.set_carrier(guarded.host, lab::Carrier::up);
    EXPECT_EQ(guarded.wait_for<CarrierReport>(), (CarrierReport{Carrier::up, "eth0"}));
    EXPECT_TRUE(capture.wait_for(is_arp_request, patience));
}

TEST(Guard, AnnouncesANewHardwareAddress) {
    GuardedHost guarded;
    guarded.start();
    ASSERT_TRUE(guarded.hold(7));
    const lab::Capture capture(guarded.peer, announcements);
    guarded.shell("ip link set dev eth0 address 02:00:00:00:00:99");
    const auto has_new_address = [](const lab::Frame& frame) {
        return is_arp_reply(frame) && parse_arp(frame.bytes)->sender_mac.bytes[5] == 0x99;
    };
    EXPECT_TRUE(capture.wait_for(has_new_address, patience));
}

TEST(Guard, FollowsAnInterfaceThatIsMadeAnew) {
    GuardedHost guarded;
    add_interface_with_vip(guarded);
    guarded.start();
    ASSERT_TRUE(guarded.hold(7));
    guarded.shell("ip link del other0");
    guarded.shell(make_other0);
    EXPECT_EQ(guarded.wait_for<RestoredReport>(), RestoredReport{"other"});
    EXPECT_TRUE(guarded.has(guarded.config.vips.back().address));
}

TEST(Guard, ARenamedInterfaceLosesItsVips) {
    GuardedHost guarded;
    add_interface_with_vip(guarded);
    guarded.start();
    ASSERT_TRUE(guarded.hold(7));
    guarded.shell("ip link set other0 down && ip link set other0 name another0");
    const auto gone = [&] { return !guarded.has(guarded.config.vips.back().address); };
    EXPECT_TRUE(lab::wait_until(gone, 1s));
}

TEST(Guard, SaysWhichInterfaceIsMissingAndWhichThereAre) {
    GuardedHost guarded;
    guarded.config.vips[0].interface = "eth7";
    guarded.fork_guard();
    const auto failed = guarded.wait_for<StartFailedReport>();
    ASSERT_TRUE(failed);
    EXPECT_EQ(failed->text, "vip.main.interface: no interface eth7 on this host; it has: eth0, lo");
    EXPECT_EQ(guarded.wait_for_exit(), 1);
}

}  // namespace

}  // namespace komainu
