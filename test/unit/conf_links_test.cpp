// Several links: as many as each node has addresses, each as its section says, and all usable.
#include <gtest/gtest.h>

#include "conf/summary.h"
#include "test/unit/conf_text.h"

namespace komainu {
namespace {

using namespace conf_text;

/// Line by line: [cluster] on 1, [node.1] on 3, [node.2] on 6, [node.3] on 9, [vip.main] on 12.
/// More can be put after it, from line 15 on.
const std::string two_links =
    "[cluster]\nname = shrine\n"
    "[node.1]\naddress = 10.77.0.1\naddress = fd78::1\n"
    "[node.2]\naddress = 10.77.0.2\naddress = fd78::2\n"
    "[node.3]\naddress = 10.77.0.3\naddress = fd78::3\n"
    "[vip.main]\naddress = 10.77.0.100/24\ninterface = eth0\n";

/// The same with IPv4 on both links.
std::string both_ipv4() {
    std::string text = two_links;
    for (auto at = text.find("fd78::"); at != text.npos; at = text.find("fd78::"))
        text.replace(at, 6, "10.78.0.");
    return text;
}

std::string without(std::string_view piece) {
    std::string text = two_links;
    return text.erase(text.find(piece), piece.size());
}

TEST(ConfLinks, AreAsManyAsEachNodeHasAddressesOfWhateverFamily) {
    EXPECT_EQ(problems_of(two_links), Said{});
    EXPECT_EQ(read_config(two_links).config.link_count(), 2u);
}

TEST(ConfLinks, TakeFromTheHeartbeatWhatTheirOwnSectionLeavesOut) {
    const std::string text = two_links +
                             "[heartbeat]\nmode = multicast\ngroup = 239.77.0.1\nport = 9700\n"
                             "[link.2]\ninterface = eth1\ngroup = ff02::77\n";
    EXPECT_EQ(problems_of(text), Said{});
    const auto config = read_config(text).config;
    EXPECT_EQ(config.link(0).group, parse_address("239.77.0.1"));
    EXPECT_EQ(config.link(0).interface, "");
    EXPECT_EQ(config.link(0).port, 9700);
    EXPECT_EQ(config.link(1).mode, HeartbeatMode::multicast);
    EXPECT_EQ(config.link(1).group, parse_address("ff02::77"));
    EXPECT_EQ(config.link(1).interface, "eth1");
    EXPECT_EQ(config.link(1).port, 9700);
}

TEST(ConfLinks, MayDifferInMode) {
    const std::string text =
        two_links + "[link.2]\nmode = multicast\ngroup = ff02::77\nport = 9701\n";
    EXPECT_EQ(problems_of(text), Said{});
    const auto config = read_config(text).config;
    EXPECT_EQ(config.link(0).mode, HeartbeatMode::unicast);
    EXPECT_FALSE(config.link(0).group);
    EXPECT_EQ(config.link(1).port, 9701);
}

TEST(ConfLinks, AreShownAsTheyWouldRun) {
    const auto text = describe(
        read_config(two_links + "[link.2]\nmode = multicast\ngroup = ff02::77\ninterface = eth1\n")
            .config);
    const auto from = text.find("heartbeat");
    EXPECT_EQ(text.substr(from, text.find("VIP") - from),
              "heartbeat every 100ms on 2 links; who is silent on all for 500ms is dead\n"
              "link 1: unicast to each peer, UDP port 9694\n"
              "link 2: multicast to ff02::77 on eth1, UDP port 9694\n");
}

TEST(ConfLinks, NeedTheSameNumberOfAddressesOnEachNode) {
    EXPECT_EQ(
        problems_of(without("address = fd78::2\n")),
        Said{"k.conf:7: address: there is 1 address here, and 2 under [node.1]; write one for "
             "each link, the same number for every node"});
}

TEST(ConfLinks, HaveOneFamilyEach) {
    std::string text = two_links;
    text.replace(text.find("fd78::3"), 7, "10.78.0.3");
    EXPECT_EQ(
        problems_of(text),
        Said{"k.conf:10: address: 10.78.0.3 is IPv4, but the address of [node.1] is IPv6; use "
             "one family for all nodes"});
}

TEST(ConfLinks, DoNotShareAnAddress) {
    std::string text = two_links;
    text.replace(text.find("fd78::3"), 7, "fd78::2");
    EXPECT_EQ(
        problems_of(text),
        Said{"k.conf:10: address: fd78::2 is the address of [node.2] as well; each node needs "
             "its own"});
}

TEST(ConfLinks, ThatNoNodeHasAnAddressForAreRefused) {
    EXPECT_EQ(problems_of(two_links + "[link.3]\nport = 9700\n"),
              Said{"k.conf:15: [link.3]: there is no such link, since each node has 2 addresses; "
                   "remove the section, or give every node one address more for it"});
}

TEST(ConfLinks, ByMulticastNeedAGroupOfTheirFamily) {
    EXPECT_EQ(problems_of(two_links + "[link.2]\nmode = multicast\n"),
              Said{"k.conf:15: group: is missing, and the mode is multicast; write group = an IPv6 "
                   "link-local group, such as ff02::77"});
    EXPECT_EQ(
        problems_of(two_links + "[link.2]\nmode = multicast\ngroup = 239.77.0.1\n"),
        Said{"k.conf:17: group: 239.77.0.1 is no group that these nodes can use; write an IPv6 "
             "link-local group, such as ff02::77"});
    // One group for all cannot be of two families.
    EXPECT_EQ(
        problems_of(two_links + "[heartbeat]\nmode = multicast\ngroup = 239.77.0.1\n"),
        Said{"k.conf:17: group: 239.77.0.1 is no group that these nodes can use; write an IPv6 "
             "link-local group, such as ff02::77"});
}

TEST(ConfLinks, ByUnicastHaveNoGroup) {
    EXPECT_EQ(problems_of(two_links + "[link.1]\ngroup = 239.77.0.1\n"),
              Said{"k.conf:16: group: belongs to mode = multicast, and the mode is unicast; remove "
                   "it, or change the mode"});
}

TEST(ConfLinks, MayTakeTheirGroupFromAHeartbeatThatIsUnicastItself) {
    EXPECT_EQ(
        problems_of(two_links + "[heartbeat]\ngroup = ff02::77\n[link.2]\nmode = multicast\n"),
        Said{});
}

TEST(ConfLinks, DoNotShareBothGroupAndInterface) {
    const std::string heartbeat = "[heartbeat]\nmode = multicast\ngroup = 239.77.0.1\n";
    const Said shared{
        "k.conf:17: group: 239.77.0.1 is the group of link 1 and of link 2; give each an interface "
        "of its own under [link.1] and [link.2], or one of them another group"};
    const auto with = [&](const char* sections) {
        return problems_of(both_ipv4() + heartbeat + sections);
    };
    EXPECT_EQ(with(""), shared);
    EXPECT_EQ(with("[link.1]\ninterface = eth0\n[link.2]\ninterface = eth0\n"), shared);
    EXPECT_EQ(with("[link.2]\ninterface = eth1\n"), shared) << "link 1 may be on eth1 somewhere";
    EXPECT_EQ(with("[link.1]\ninterface = eth0\n[link.2]\ninterface = eth1\n"), Said{});
    EXPECT_EQ(with("[link.2]\ngroup = 239.77.0.2\n"), Said{});
}

TEST(ConfLinks, WithARefusedModeAreNotComplainedOfForTheirGroup) {
    EXPECT_EQ(problems_of(two_links + "[link.2]\nmode = broadcast\ngroup = ff02::77\n").size(), 1u);
}

}  // namespace
}  // namespace komainu
