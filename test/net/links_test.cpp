// Several links: whatever becomes of all but one of them, the VIP stays where it is; and a link
// that is not there yet, or comes back, is used without a restart.
#include <sstream>

#include "test/net/wire.h"

namespace komainu::lab {
namespace {

/// The client and the VIP are on LAN 0, so that cutting a link cuts off neither.
const std::vector<LabLink> two_links{{1, Family::ipv4}, {2, Family::ipv4}};
const std::vector<LabLink> both_families{{1, Family::ipv4}, {2, Family::ipv6}};

class SeveralLinks : public Wire {
protected:
    void silence_all(int lan) {
        for (int node = 1; node <= cluster().size(); ++node)
            cluster().network().silence(cluster().host(node), lan);
    }
    void heal_all(int lan) {
        for (int node = 1; node <= cluster().size(); ++node)
            cluster().network().heal(cluster().host(node), lan);
    }

    bool link_alive(int asked, int node, int link) {
        return status(asked)["nodes"][node - 1]["links"][link]["alive"] == true;
    }
    /// As each node sees it of each other; what a node says of its own link is whether it is open.
    bool link_alive_to_all(int link) {
        for (int asked = 1; asked <= cluster().size(); ++asked)
            for (int node = 1; node <= cluster().size(); ++node)
                if (!link_alive(asked, node, link)) return false;
        return true;
    }
    bool wait_for_link(int link) {
        return wait_until([&] { return link_alive_to_all(link); }, patience);
    }
    bool wait_for_silence(int asked, int node, int link) {
        return wait_until([&] { return !link_alive(asked, node, link); }, patience);
    }

    int lines_with(int node, const std::string& text) {
        int count = 0;
        std::istringstream log(cluster().log(node));
        for (std::string line; std::getline(log, line);) count += line.find(text) != line.npos;
        return count;
    }
    bool wait_for_line(int node, const std::string& text) {
        return wait_until([&] { return lines_with(node, text) > 0; }, patience);
    }

    /// The deadtime is too long to be waited for.
    void expect_last_will_without(int lan, ClusterOptions options = {.links = two_links}) {
        options.deadtime = 3s;
        lay_out(std::move(options));
        cluster().start_all();
        const auto active = cluster().wait_for_active();
        ASSERT_TRUE(active);
        EXPECT_TRUE(cluster().wait_until_whole());
        silence_all(lan);
        const Instant killed = now();
        expect_takeover(*active, [&] { cluster().kill_main(*active); });
        EXPECT_LT(now() - killed, 2500ms) << "the deadtime was waited for";
    }

    /// Each link but one, in turn, for several deadtimes.
    void expect_that_one_link_is_enough(int active, std::initializer_list<int> lans) {
        for (const int lan : lans) {
            SCOPED_TRACE("LAN " + std::to_string(lan));
            expect_no_move(
                active, [&] { silence_all(lan); }, 3 * deadtime);
            expect_all_joined();
            heal_all(lan);
            for (std::size_t link = 0; link < lans.size(); ++link)
                EXPECT_TRUE(wait_for_link(static_cast<int>(link)));
        }
    }
};

TEST_F(SeveralLinks, CutOneAfterTheOtherMoveNothing) {
    const int active = begin({.links = two_links});
    EXPECT_TRUE(wait_for_link(0));
    EXPECT_TRUE(wait_for_link(1));
    expect_that_one_link_is_enough(active, {1, 2});
}

TEST_F(SeveralLinks, CutAllAtOnceMoveTheVipAndComeBackWithoutARestart) {
    const int active = begin({.links = two_links});
    const int next = expect_takeover(active, [&] {
        for (const int lan : {1, 2}) cluster().network().silence(cluster().host(active), lan);
    });
    EXPECT_TRUE(cluster().running(active));
    // It may have heard one of the others a moment after that one had last heard it.
    const auto has_no_quorum = [&] { return status(active)["quorum"] == false; };
    EXPECT_TRUE(wait_until(has_no_quorum, cluster().options().deadtime));
    mark();
    for (const int lan : {1, 2}) cluster().network().heal(cluster().host(active), lan);
    expect_all_joined();
    expect_unmoved(next);
    EXPECT_EQ(status(active)["quorum"], true);
}

TEST_F(SeveralLinks, OfUnicastAndMulticastAndOfBothFamiliesStandInForEachOther) {
    const int active = begin(
        {.links = both_families, .more = "\n[link.2]\nmode = multicast\ngroup = ff02::4d:4e55\n"});
    expect_that_one_link_is_enough(active, {1, 2});
}

TEST_F(SeveralLinks, MayShareAGroupOnInterfacesOfTheirOwn) {
    const int active =
        begin({.multicast_group = "239.77.0.1",
               .links = two_links,
               .more = "\n[link.1]\ninterface = eth1\n[link.2]\ninterface = eth2\n"});
    expect_that_one_link_is_enough(active, {1, 2});
    EXPECT_EQ(status(active)["nodes"][0]["links"][1]["interface"], "eth2");
}

TEST_F(SeveralLinks, MayHaveGroupsOfTheirOwnOnOneInterface) {
    begin({.multicast_group = "239.77.0.1",
           .links = {{0, Family::ipv4}, {0, Family::ipv6}},
           .more = "\n[link.2]\ngroup = ff02::4d:4e55\n"});
    EXPECT_TRUE(wait_for_link(0));
    EXPECT_TRUE(wait_for_link(1));
}

TEST_F(SeveralLinks, WorkOnHostsThatHaveNoIpv4) {
    const int active = begin({.vips = {"fd77::100/64"},
                              .links = {{0, Family::ipv6}, {1, Family::ipv6}},
                              .families = Families::ipv6_only});
    EXPECT_TRUE(wait_for_link(1));
    expect_takeover(active, [&] { cluster().kill_main(active); });
}

TEST_F(SeveralLinks, AreNamedOnceWhenTheyFallSilentAndWhenTheyWorkAgain) {
    const int active = begin({.links = two_links});
    const int other = active == 1 ? 2 : 1;
    EXPECT_TRUE(wait_for_link(1));
    const std::string link = "node " + std::to_string(other) + " link 2 ";
    cluster().network().silence(cluster().host(other), 2);
    EXPECT_TRUE(wait_for_line(active, link + "is silent; it is heard by link 1"));
    sleep_for(2 * deadtime);
    cluster().network().heal(cluster().host(other), 2);
    EXPECT_TRUE(wait_for_line(active, link + "works again"));
    EXPECT_EQ(lines_with(active, link + "is silent"), 1);
    EXPECT_EQ(lines_with(active, link + "works again"), 1);
}

TEST_F(SeveralLinks, ShowTheirRoundTripsAndWhatTheyLose) {
    const int active = begin({.links = two_links});
    const int other = active == 1 ? 2 : 1;
    const auto link = [&](int index) { return status(active)["nodes"][other - 1]["links"][index]; };
    EXPECT_TRUE(wait_until(
        [&] { return link(0)["rtt_us"].is_number() && link(1)["rtt_us"].is_number(); }, patience));
    EXPECT_EQ(link(1)["address"], "10.79.0." + std::to_string(other));
    cluster().network().silence(cluster().host(other), 2);
    EXPECT_TRUE(wait_until([&] { return link(1)["loss_percent"] == 100; }, patience));
    EXPECT_LT(link(0)["loss_percent"], 50);
}

TEST_F(SeveralLinks, BringCopiesThatCountForNoAttack) {
    const int active = begin({.links = two_links});
    EXPECT_TRUE(wait_for_link(1));
    const auto stale_before = refused(active, "stale");
    const auto received_before = received(active);
    EXPECT_TRUE(wait_until([&] { return received(active) > received_before + 200; }, patience));
    EXPECT_EQ(refused(active, "stale"), stale_before);
    EXPECT_EQ(refused(active), 0u);
    EXPECT_EQ(lines_with(active, "refused"), 0);
}

TEST_F(SeveralLinks, CarryTheLastWillWhenTheFirstIsCut) { expect_last_will_without(1); }
TEST_F(SeveralLinks, CarryTheLastWillWhenTheSecondIsCut) { expect_last_will_without(2); }

const ClusterOptions groups_of_both_families{.multicast_group = "239.77.0.1",
                                             .links = both_families,
                                             .more = "\n[link.2]\ngroup = ff02::4d:4e55\n"};

TEST_F(SeveralLinks, CarryTheLastWillToAnIpv6Group) {
    expect_last_will_without(1, groups_of_both_families);
}
TEST_F(SeveralLinks, CarryTheLastWillToAnIpv4Group) {
    expect_last_will_without(2, groups_of_both_families);
}

TEST_F(SeveralLinks, AreWaitedForUntilTheirAddressComes) {
    lay_out({.deadtime = deadtime, .links = {{0, Family::ipv4}}});
    shell(cluster().host(1), "ip addr del 10.77.0.1/24 dev eth0");
    cluster().start_all();
    EXPECT_TRUE(wait_for_line(1,
                              "link 1: 10.77.0.1 is not an address of this host (or not usable "
                              "yet); waits for it"));
    sleep_for(1s);
    EXPECT_EQ(status(1)["nodes"][0]["links"][0]["alive"], false);
    shell(cluster().host(1), "ip addr add 10.77.0.1/24 dev eth0");
    EXPECT_TRUE(wait_for_line(1, "link 1 works"));
    expect_all_joined();
    EXPECT_EQ(lines_with(1, "waits for it"), 1);
}

// For as long as it is tentative, nobody may use it (RFC 4862 section 5.4).
TEST_F(SeveralLinks, AreWaitedForUntilTheirIpv6AddressIsUsable) {
    lay_out({.deadtime = deadtime, .links = {{0, Family::ipv6}}});
    const Capture sent(cluster().host(1), "src host fd77::1 and udp");
    shell(cluster().host(1),
          "ip addr del fd77::1/64 dev eth0 && echo 1 >/proc/sys/net/ipv6/conf/eth0/accept_dad && "
          "echo 1 >/proc/sys/net/ipv6/conf/all/accept_dad && "
          "echo 2 >/proc/sys/net/ipv6/conf/eth0/dad_transmits && "
          "ip addr add fd77::1/64 dev eth0");
    const Instant added = now();
    cluster().start_all();
    EXPECT_TRUE(wait_for_line(1, "waits for it"));
    EXPECT_TRUE(wait_for_line(1, "link 1 works"));
    expect_all_joined();
    const auto frames = sent.frames();
    ASSERT_FALSE(frames.empty());
    EXPECT_GT(frames.front().at - added, 1s) << "sent from the tentative address";
}

TEST_F(SeveralLinks, AreWaitedForUntilTheirInterfaceComesWhileTheOthersWork) {
    lay_out({.deadtime = deadtime,
             .links = two_links,
             .more = "\n[link.2]\nmode = multicast\ngroup = 239.77.0.2\ninterface = eth2\n"});
    cluster().network().remove_interface(cluster().host(2), 2);
    cluster().start_all();
    const auto active = cluster().wait_for_active();
    ASSERT_TRUE(active);
    expect_all_joined();
    EXPECT_EQ(lines_with(2, "link 2: 10.79.0.2 is not an address of this host"), 1);
    EXPECT_FALSE(link_alive(2, 2, 1));
    EXPECT_TRUE(wait_for_silence(1, 2, 1));
    sleep_for(1s);
    cluster().network().replace_interface(cluster().host(2), 2);
    EXPECT_TRUE(wait_for_line(2, "link 2 works"));
    EXPECT_TRUE(wait_for_link(1));
    EXPECT_EQ(cluster().active(), active);
}

TEST_F(SeveralLinks, ByUnicastOnOneInterfaceFollowItWhenItIsReplaced) {
    const int active = begin({.links = two_links, .more = "\n[link.2]\ninterface = eth2\n"});
    const int standby = active == 1 ? 2 : 1;
    EXPECT_TRUE(wait_for_link(1));
    expect_no_move(active, [&] {
        cluster().network().remove_interface(cluster().host(standby), 2);
        EXPECT_TRUE(wait_for_silence(active, standby, 1));
        cluster().network().replace_interface(cluster().host(standby), 2);
    });
    EXPECT_TRUE(wait_for_line(standby, "link 2: its interface was replaced"));
    EXPECT_TRUE(wait_for_link(1));
}

// The kernel's own choice is the interface's first address, which is made the VIP here.
TEST_F(SeveralLinks, NeverSendFromAVip) {
    lay_out({.deadtime = deadtime,
             .vips = {"10.77.0.100/32", "fd77::100/128"},
             .multicast_group = "239.77.0.1",
             .links = {{0, Family::ipv4}, {0, Family::ipv6}},
             .more = "\n[link.2]\ngroup = ff02::4d:4e55\n"});
    cluster().start_all();
    const auto active = cluster().wait_for_active();
    ASSERT_TRUE(active);
    EXPECT_TRUE(watcher().wait_for_holders(vip(1), {*active}, patience));
    for (const auto& own : {cluster().host(*active).ipv4, cluster().host(*active).ipv6}) {
        const std::string address =
            to_string(own) + (own.is_ipv4() ? "/24 dev eth0" : "/64 dev eth0 nodad");
        shell(cluster().host(*active), "ip addr del " + address + " && ip addr add " + address);
    }
    const std::string from = " and udp port 9694 and src host ";
    const Capture by_ipv4(cluster().network(),
                          "ip" + from + to_string(cluster().host(*active).ipv4));
    const Capture by_ipv6(cluster().network(),
                          "ip6" + from + to_string(cluster().host(*active).ipv6));
    const Capture from_vip(cluster().network(),
                           "udp port 9694 and (src host 10.77.0.100 or src host fd77::100)");
    const auto enough = [](const Capture& capture) { return capture.frames().size() > 50; };
    EXPECT_TRUE(wait_until([&] { return enough(by_ipv4) && enough(by_ipv6); }, patience));
    cluster().kill_main(*active);
    EXPECT_TRUE(cluster().wait_for_active_other_than(*active));
    EXPECT_TRUE(from_vip.frames().empty());
}

}  // namespace
}  // namespace komainu::lab
