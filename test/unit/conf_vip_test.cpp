// What a VIP's address may have, and what is said when that does not go together.
#include <gtest/gtest.h>

#include "conf/summary.h"
#include "test/unit/conf_text.h"

namespace komainu {
namespace {

using conf_text::good;
using conf_text::good_but;
using conf_text::lines_of;
using conf_text::problems_of;
using conf_text::Said;

/// Its further keys are on line 12 on.
std::string vip_with(std::string_view address, std::string_view keys) {
    return good_but("10.77.0.100/24", address) + std::string(keys);
}

VipConfig vip_in(std::string_view text) { return read_config(text).config.vips.at(0); }

std::string summary_of(std::string_view address, std::string_view keys) {
    const auto text = describe(read_config(vip_with(address, keys)).config);
    const auto begin = text.find("VIP ");
    return text.substr(begin, text.find('\n', begin) - begin);
}

TEST(ConfVip, WithoutAPrefixLengthIsTheAddressAlone) {
    EXPECT_EQ(to_string(vip_in(vip_with("10.77.0.100", "")).address), "10.77.0.100/32");
    EXPECT_EQ(to_string(vip_in(vip_with("fd77::100", "")).address), "fd77::100/128");
    EXPECT_EQ(problems_of(vip_with("10.77.0.100", "")), Said{});
    EXPECT_EQ(problems_of(vip_with("fd77::100", "")), Said{});
}

TEST(ConfVip, WithoutAPrefixLengthMayEndLikeANetworkOrItsBroadcastAddress) {
    EXPECT_EQ(problems_of(vip_with("10.77.0.0", "")), Said{});
    EXPECT_EQ(problems_of(vip_with("10.77.0.255", "")), Said{});
}

TEST(ConfVip, HasALabelThatNamesItsInterface) {
    for (const char* label : {"eth0", "eth0:pg", "eth0:1", "eth0:fifteenltr"})
        EXPECT_EQ(problems_of(vip_with("10.77.0.100/24", "label = " + std::string(label) + "\n")),
                  Said{});
    for (const std::string label : {"pg", "eth1:pg", "eth01", "eth0:", ":pg", "ETH0:pg"})
        EXPECT_EQ(problems_of(vip_with("10.77.0.100/24", "label = " + label + "\n")),
                  Said{"k.conf:12: label: " + label +
                       " is no label on eth0, as ip and ifconfig expect it; write eth0:NAME, at "
                       "most 15 letters in all, or just eth0"});
}

TEST(ConfVip, HasNoLabelOnIpv6) {
    EXPECT_EQ(problems_of(vip_with("fd77::100/64", "label = eth0:pg\n")),
              Said{"k.conf:12: label: fd77::100 is an IPv6 address, and only those of IPv4 have "
                   "labels; remove it"});
}

TEST(ConfVip, HasAnotherScopeOnlyAsAHostPrefix) {
    for (const std::string scope : {"site", "link"}) {
        EXPECT_EQ(problems_of(vip_with("10.77.0.100", "scope = " + scope + "\n")), Said{});
        EXPECT_EQ(problems_of(vip_with("10.77.0.100/24", "scope = " + scope + "\n")),
                  Said{"k.conf:12: scope: the kernel refuses an address whose network has "
                       "addresses of another scope on the interface; write address = 10.77.0.100, "
                       "without a prefix length"});
    }
    EXPECT_EQ(problems_of(vip_with("10.77.0.100/24", "scope = global\n")), Said{});
}

TEST(ConfVip, HasNoOtherScopeOnIpv6) {
    EXPECT_EQ(problems_of(vip_with("fd77::100", "scope = link\n")),
              Said{"k.conf:12: scope: the scope of an IPv6 address, such as fd77::100, stands in "
                   "its bits, and the kernel takes no other; remove it"});
    EXPECT_EQ(problems_of(vip_with("fd77::100", "scope = global\n")), Said{});
}

TEST(ConfVip, WithoutARouteIsBetterAHostPrefixWithIpv4) {
    EXPECT_EQ(problems_of(vip_with("10.77.0.100/24", "noprefixroute = yes\n")),
              Said{"k.conf:12: warning: noprefixroute: a node whose own address comes after the "
                   "VIP, as by DHCP, is then without a route to the network as well; write address "
                   "= 10.77.0.100, without a prefix length, and remove this"});
    EXPECT_EQ(problems_of(vip_with("10.77.0.100/24", "noprefixroute = no\n")), Said{});
    EXPECT_EQ(problems_of(vip_with("10.77.0.100", "noprefixroute = yes\n")), Said{});
    EXPECT_EQ(problems_of(vip_with("fd77::100/64", "noprefixroute = yes\n")), Said{});
}

TEST(ConfVip, IsNotJudgedByAnAddressOrInterfaceThatWasRefusedOrIsMissing) {
    EXPECT_EQ(problems_of(vip_with("pgpool", "label = eth1:pg\nscope = link\n")).size(), 1u);
    for (const char* interface : {"interface = a/b\n", ""})
        EXPECT_EQ(problems_of(conf_text::but(vip_with("10.77.0.100", "label = eth0:pg\n"),
                                             "interface = eth0\n", interface))
                      .size(),
                  1u);
}

TEST(ConfVip, ThatDiffersInAnyOfThisIsAnotherOne) {
    const VipConfig vip = vip_in(vip_with("10.77.0.100", ""));
    EXPECT_EQ(vip, vip_in(vip_with("10.77.0.100/32", "scope = global\nnoprefixroute = no\n")));
    for (const char* key : {"label = eth0:pg\n", "scope = link\n", "noprefixroute = yes\n"})
        EXPECT_NE(vip, vip_in(vip_with("10.77.0.100", key))) << key;
}

TEST(ConfVip, IsSummedUpWithWhatIsNotTheDefault) {
    EXPECT_EQ(summary_of("10.77.0.100/24", ""), "VIP main: 10.77.0.100/24 on eth0");
    EXPECT_EQ(summary_of("fd77::100", ""), "VIP main: fd77::100/128 on eth0");
    EXPECT_EQ(summary_of("10.77.0.100", "label = eth0:pg\nscope = link\n"),
              "VIP main: 10.77.0.100/32 on eth0, labelled eth0:pg, scope link");
    EXPECT_EQ(summary_of("10.77.0.100/24", "noprefixroute = yes\n"),
              "VIP main: 10.77.0.100/24 on eth0, without a route to its network");
}

std::size_t network_warnings(const std::string& text, std::vector<LocalAddress> addresses) {
    const auto read = read_config(text);
    Problems problems;
    check_vip_networks(read.config, addresses, read.lines, problems);
    return problems.list().size();
}

TEST(ConfVip, WithoutAPrefixLengthIsOnTheNetworkOfTheNodesOwnAddress) {
    const auto text = vip_with("10.77.0.100", "");
    EXPECT_EQ(network_warnings(text, {{"eth0", *parse_prefix("10.77.0.1/24")}}), 0u);
    EXPECT_EQ(network_warnings(text, {{"eth0", *parse_prefix("10.77.0.1/32")}}), 1u);
    EXPECT_EQ(network_warnings(text, {{"eth0", *parse_prefix("10.77.0.100/32")}}), 1u);
}

TEST(ConfVip, ThatWasLeftBehindIsNotTheNetworkOfAnother) {
    const auto text = vip_with("10.88.0.100",
                               "[vip.b]\naddress = 10.88.0.101/24\n"
                               "interface = eth0\n");
    EXPECT_EQ(network_warnings(text, {{"eth0", *parse_prefix("10.88.0.101/24")}}), 2u);
    EXPECT_EQ(network_warnings(text, {{"eth0", *parse_prefix("10.88.0.1/24")}}), 0u);
}

TEST(ConfVip, ThatCommandsMoveIsNoneOfTheOthers) {
    const auto read = read_config(
        vip_with("203.0.113.7", "up_command = /bin/move up\ndown_command = /bin/move down\n"));
    EXPECT_EQ(lines_of(read.problems), Said{});
    EXPECT_TRUE(read.config.vips.empty());
    EXPECT_EQ(read.config.command_vips.at(0).up_command, (Argv{"/bin/move", "up"}));
    EXPECT_EQ(read.config.all_vips().size(), 1u);
    EXPECT_EQ(summary_of("203.0.113.7", "up_command = /bin/up\ndown_command = /bin/down\n"),
              "VIP main: 203.0.113.7/32 on eth0, moved by /bin/up");
}

TEST(ConfVip, HasBothCommandsOrNone) {
    EXPECT_EQ(problems_of(vip_with("203.0.113.7", "up_command = /bin/up\n")),
              Said{"k.conf:12: up_command: what put it up could not take it down; write "
                   "down_command = ... "
                   "as well"});
    EXPECT_EQ(problems_of(vip_with("203.0.113.7", "down_command = /bin/down\n")),
              Said{"k.conf:12: down_command: what took it down could not put it up again; write "
                   "up_command = ... as well"});
    EXPECT_EQ(
        problems_of(
            vip_with("203.0.113.7", "label = eth0:a\nup_command = /a\ndown_command = /b\n")),
        Said{"k.conf:12: label: nothing comes of it where commands move the address; remove it"});
}

}  // namespace
}  // namespace komainu
