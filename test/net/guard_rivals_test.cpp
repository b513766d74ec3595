// Whom the guard takes for another holder of a VIP, and whom it does not.
#include "test/net/guarded_host.h"
#include "test/net/stranger.h"

namespace komainu {

namespace {

TEST(Guard, TellsOfARivalForAsLongAsItHolds) {
    GuardedHost guarded;
    guarded.start();
    lab::Stranger stranger(guarded.network);
    stranger.claim(vip4.address);
    ASSERT_TRUE(guarded.hold(7));
    EXPECT_FALSE(guarded.wait_for<RivalSeenReport>(200ms)) << "what was before the hold";
    stranger.claim(vip6.address);
    EXPECT_EQ(guarded.wait_for<RivalSeenReport>(), (RivalSeenReport{1, stranger.mac(), 1}));
    guarded.order(DropOrder{7});
    ASSERT_TRUE(guarded.wait_for<DroppedReport>());
    stranger.claim(vip4.address);
    EXPECT_FALSE(guarded.wait_for<RivalSeenReport>(200ms));
}

TEST(Guard, TakesNoInterfaceOfItsOwnHostForARival) {
    GuardedHost guarded;
    guarded.shell(
        "ip link add other0 type veth peer name other1 && ip link set other0 address "
        "02:00:00:00:00:77");
    guarded.start();
    ASSERT_TRUE(guarded.hold(7));
    lab::Stranger stranger(guarded.network);
    const MacAddress other{{2, 0, 0, 0, 0, 0x77}};
    stranger.claim(vip4.address, other);
    stranger.claim(vip6.address, other);
    EXPECT_FALSE(guarded.wait_for<RivalSeenReport>(200ms));
    guarded.shell("ip link del other0");
    const auto seen = [&] {
        stranger.claim(vip4.address, other);
        return guarded.wait_for<RivalSeenReport>(50ms).has_value();
    };
    EXPECT_TRUE(lab::wait_until(seen, patience)) << "an address that is no longer ours";
}

TEST(Guard, TakesNobodyInAnotherLanForARival) {
    GuardedHost guarded;
    lab::add_pair(guarded.host, "other0", "other1");
    guarded.start();
    ASSERT_TRUE(guarded.hold(7));
    lab::Stranger elsewhere(guarded.host, "other1");
    elsewhere.claim(vip4.address, MacAddress{{2, 0, 0, 0, 0, 0x66}});
    EXPECT_FALSE(guarded.wait_for<RivalSeenReport>(200ms));
}

TEST(Guard, ProbesAndFindsNobody) {
    GuardedHost guarded;
    guarded.start();
    const lab::Capture capture(guarded.peer, "arp or icmp6[0] == 135");
    guarded.order(ProbeOrder{5});
    EXPECT_EQ(guarded.wait_for<ProbeReport>(), (ProbeReport{5, {}, 0}));
    MacAddress mac;
    guarded.host.space.run([&] { mac = take_inventory().value().link("eth0")->mac; });
    const auto is = [](const auto& bytes) {
        return [&](const lab::Frame& frame) { return std::ranges::equal(frame.bytes, bytes); };
    };
    const auto arp = arp_probe(mac, vip4.address);
    const auto solicitation = neighbor_probe(mac, vip6.address);
    EXPECT_EQ(capture.frames_matching(is(arp)).size(), 3u);
    EXPECT_EQ(capture.frames_matching(is(solicitation)).size(), 3u);
}

TEST(Guard, ProbesAndNamesWhoAnswers) {
    GuardedHost guarded;
    guarded.start();
    lab::Stranger stranger(guarded.network);
    stranger.take(vip4.address);
    stranger.take(vip6.address);
    guarded.order(ProbeOrder{5});
    const auto report = guarded.wait_for<ProbeReport>();
    ASSERT_TRUE(report);
    EXPECT_EQ(report->id, 5u);
    ASSERT_EQ(report->rivals.size(), 2u);
    EXPECT_EQ(report->rivals[0], (ProbeReport::Rival{0, stranger.mac()}));
    EXPECT_EQ(report->rivals[1], (ProbeReport::Rival{1, stranger.mac()}));
}

TEST(Guard, ProbesWhileItHoldsAndDoesNotFindItself) {
    GuardedHost guarded;
    guarded.start();
    ASSERT_TRUE(guarded.hold(7));
    guarded.order(ProbeOrder{5});
    guarded.order(ProbeOrder{6});
    EXPECT_EQ(guarded.wait_for<ProbeReport>(), (ProbeReport{5, {}, 0}));
    EXPECT_EQ(guarded.wait_for<ProbeReport>(), (ProbeReport{6, {}, 0}));
}

TEST(Guard, SaysForHowManyVipsItCouldAskNobody) {
    GuardedHost guarded;
    guarded.config.vips.push_back({"tunnel", parse_prefix("10.88.0.1/24").value(), "lo"});
    guarded.start();
    guarded.order(ProbeOrder{5});
    EXPECT_EQ(guarded.wait_for<ProbeReport>(), (ProbeReport{5, {}, 1})) << "no Ethernet";
    guarded.network.set_carrier(guarded.host, lab::Carrier::down);
    while (guarded.wait_for<CarrierReport>().value().carrier != Carrier::down) continue;
    guarded.order(ProbeOrder{6});
    EXPECT_EQ(guarded.wait_for<ProbeReport>(), (ProbeReport{6, {}, 3}));
}

}  // namespace

}  // namespace komainu
