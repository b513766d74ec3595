// What the checks say when the parts of a configuration do not fit together, letter by letter.
#include "conf/check.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "test/unit/conf_text.h"

namespace komainu {
namespace {

using conf_text::good;
using conf_text::good_but;
using conf_text::lines_of;
using conf_text::problems_of;
using conf_text::Said;

LocalAddress local(std::string interface, std::string_view address) {
    return {std::move(interface), parse_prefix(address).value()};
}

std::string with_ipv6_nodes(std::string_view more) {
    return "[cluster]\nname = shrine\n[node.1]\naddress = fd00::1\n[node.2]\naddress = fd00::2\n"
           "[node.3]\naddress = fd00::3\n[vip.main]\naddress = fd00::100/64\ninterface = eth0\n" +
           std::string(more);
}

// --- heartbeat ----------------------------------------------------------------------------------

TEST(ConfCheck, RefusesADeadtimeUnderTwiceTheInterval) {
    EXPECT_EQ(problems_of(good + "[heartbeat]\ninterval = 100ms\ndeadtime = 199ms\n"),
              Said{"k.conf:14: deadtime: the deadtime (199ms) is less than twice the interval "
                   "(100ms); make the deadtime at least 200ms, or the interval at most 99ms"});
    EXPECT_EQ(problems_of(good + "[heartbeat]\ninterval = 100ms\ndeadtime = 200ms\n"), Said{});
}

TEST(ConfCheck, BlamesTheIntervalWhenTheDeadtimeIsTheDefault) {
    EXPECT_EQ(problems_of(good + "[heartbeat]\ninterval = 1s\n"),
              Said{"k.conf:13: interval: the deadtime (500ms) is less than twice the interval "
                   "(1s); make the deadtime at least 2s, or the interval at most 250ms"});
}

TEST(ConfCheck, DoesNotJudgeTheDeadtimeByAnIntervalThatWasRefused) {
    EXPECT_EQ(problems_of(good + "[heartbeat]\ninterval = 10\ndeadtime = 40ms\n"),
              Said{"k.conf:13: interval: 10 has no unit; write 10ms, 10s or 10min"});
}

TEST(ConfCheck, WantsAGroupForMulticast) {
    EXPECT_EQ(problems_of(good + "[heartbeat]\nmode = multicast\n"),
              Said{"k.conf:12: group: is missing, and the mode is multicast; write group = an "
                   "IPv4 multicast group, such as 239.77.0.1"});
}

TEST(ConfCheck, WantsAGroupThatTheNodesCanUse) {
    const auto with = [](std::string_view group) {
        return "[heartbeat]\nmode = multicast\ngroup = " + std::string(group) + "\n";
    };
    EXPECT_EQ(problems_of(good + with("239.77.0.1")), Said{});
    EXPECT_EQ(problems_of(with_ipv6_nodes(with("ff02::77"))), Said{});
    EXPECT_EQ(problems_of(good + with("10.0.0.1")),
              Said{"k.conf:14: group: 10.0.0.1 is no group that these nodes can use; write an "
                   "IPv4 multicast group, such as 239.77.0.1"});
    EXPECT_EQ(problems_of(good + with("ff02::77")),
              Said{"k.conf:14: group: ff02::77 is no group that these nodes can use; write an "
                   "IPv4 multicast group, such as 239.77.0.1"});
    EXPECT_EQ(problems_of(with_ipv6_nodes(with("ff05::77"))),
              Said{"k.conf:14: group: ff05::77 is no group that these nodes can use; write an "
                   "IPv6 link-local group, such as ff02::77"});
}

TEST(ConfCheck, RefusesAGroupWithUnicast) {
    EXPECT_EQ(problems_of(good + "[heartbeat]\ngroup = 239.77.0.1\n"),
              Said{"k.conf:13: group: belongs to mode = multicast, and the mode is unicast; "
                   "remove it, or change the mode"});
}

// --- nodes --------------------------------------------------------------------------------------

TEST(ConfCheck, WantsANode) {
    EXPECT_EQ(problems_of("[cluster]\nname = shrine\n"),
              Said{"k.conf:1: [node.1]: there is no node; write [node.1] and address = ... under "
                   "it"});
}

TEST(ConfCheck, RefusesOneAddressForTwoNodes) {
    EXPECT_EQ(problems_of(good_but("10.77.0.2", "10.77.0.1")),
              Said{"k.conf:6: address: 10.77.0.1 is the address of [node.1] as well; each node "
                   "needs its own"});
}

TEST(ConfCheck, RefusesAddressesThatAreNoHosts) {
    EXPECT_EQ(problems_of(good_but("10.77.0.2", "224.0.0.18")),
              Said{"k.conf:6: address: 224.0.0.18 is a multicast address; write that of one "
                   "host"});
    EXPECT_EQ(problems_of(good_but("10.77.0.2", "0.0.0.0")),
              Said{"k.conf:6: address: 0.0.0.0 is the unspecified address; write that of one "
                   "host"});
}

TEST(ConfCheck, RefusesALinkLocalAddressOfANode) {
    EXPECT_EQ(problems_of("[cluster]\nname = s\n[node.1]\naddress = fe80::1\n[vip.v]\naddress = "
                          "fd00::9/64\ninterface = eth0\n"),
              Said{"k.conf:4: address: fe80::1 is link-local and means nothing without an "
                   "interface; write a global or unique local address (fd00::/8)"});
}

TEST(ConfCheck, WarnsOfALoopbackAddressOfANode) {
    EXPECT_EQ(problems_of(good_but("10.77.0.2", "127.0.0.2")),
              Said{"k.conf:6: warning: address: 127.0.0.2 is a loopback address, which only nodes "
                   "on this very host can reach; write an address of the LAN"});
}

TEST(ConfCheck, RefusesNodesOfTwoFamilies) {
    EXPECT_EQ(problems_of(good_but("10.77.0.3", "fd00::3")),
              Said{"k.conf:8: address: fd00::3 is IPv6, but the address of [node.1] is IPv4; use "
                   "one family for all nodes"});
}

TEST(ConfCheck, RefusesAClusterOfWitnesses) {
    EXPECT_EQ(problems_of("[cluster]\nname = s\n[node.1]\naddress = 10.77.0.1\nwitness = yes\n"
                          "[vip.v]\naddress = 10.77.0.9/24\ninterface = eth0\n"),
              Said{"k.conf:5: witness: every node is a witness, so none could be active; let one "
                   "node be without it"});
}

TEST(ConfCheck, WarnsThatTheMajorityOfTwoIsBoth) {
    EXPECT_EQ(
        problems_of(good_but("[node.3]\naddress = 10.77.0.3\n", "")),
        Said{"k.conf:1: warning: quorum: the majority of two nodes is both: when one is "
             "lost nobody is active; add a third, it may be a witness, or write quorum = half "
             "with trusted_servers"});
}

const std::string two_nodes = good_but("[node.3]\naddress = 10.77.0.3\n", "");

/// Line 3 on.
std::string two_with(std::string_view keys) {
    return "[cluster]\nname = shrine\n" + std::string(keys) +
           two_nodes.substr(two_nodes.find("[n"));
}

TEST(ConfCheck, RefusesHalfWithoutTrustedServers) {
    EXPECT_EQ(problems_of(two_with("quorum = half\n")),
              Said{"k.conf:1: trusted_servers: is missing, and quorum = half needs it: half of the "
                   "nodes can only be active where others than the nodes answer; write the "
                   "addresses of one to 8 hosts that always answer a ping, such as the gateway"});
    EXPECT_EQ(problems_of(two_with("quorum = half\ntrusted_servers = 10.77.0.254\n")), Said{});
}

TEST(ConfCheck, SaysOnlyWhatIsWrongWithTrustedServersThatWereRefused) {
    EXPECT_EQ(problems_of(two_with("quorum = half\ntrusted_servers = gateway\n")).size(), 1u);
}

TEST(ConfCheck, WarnsThatAnOddNumberHasNoHalf) {
    EXPECT_EQ(
        problems_of(good_but("name = shrine\n",
                             "name = shrine\nquorum = half\ntrusted_servers = 10.77.0.254\n")),
        Said{"k.conf:3: warning: quorum: 3 votes have no half, so this is the same as "
             "majority; write that, or make the number of nodes even"});
}

TEST(ConfCheck, WarnsThatNoQuorumCanBeHeldWithoutOne) {
    EXPECT_EQ(
        problems_of(two_with("quorum = none\non_quorum_loss = hold\n")),
        Said{"k.conf:4: warning: on_quorum_loss: changes nothing with quorum = none, where no "
             "quorum can be lost; remove it"});
}

TEST(ConfCheck, RefusesTrustedServersThatCannotTellWhetherTheNetworkWorks) {
    for (const char* address : {"127.0.0.1", "::1", "0.0.0.0", "224.0.0.1", "fe80::1"})
        EXPECT_EQ(problems_of(good_but("name = shrine\n", "name = shrine\ntrusted_servers = " +
                                                              std::string(address) + "\n")),
                  Said{"k.conf:3: trusted_servers: " + std::string(address) +
                       " cannot tell whether the network works; write a global or unique local "
                       "address of another host"});
}

TEST(ConfCheck, RefusesATrustedServerThatIsANodeOrAVip) {
    EXPECT_EQ(problems_of(good_but("name = shrine\n",
                                   "name = shrine\ntrusted_servers = 10.77.0.2 10.77.0.100\n")),
              (Said{"k.conf:3: trusted_servers: 10.77.0.2 is the address of [node.2], and a node "
                    "cannot be its own arbiter; write that of another host",
                    "k.conf:3: trusted_servers: 10.77.0.100 is the address of [vip.main], which is "
                    "only there while a node is active; write that of another host"}));
}

TEST(ConfCheck, RefusesATrustedServerThatIsThereTwice) {
    EXPECT_EQ(problems_of(good_but("name = shrine\n",
                                   "name = shrine\ntrusted_servers = 10.77.0.254 10.77.0.254\n")),
              Said{"k.conf:3: trusted_servers: 10.77.0.254 is there twice; remove one"});
}

// --- VIPs ---------------------------------------------------------------------------------------

TEST(ConfCheck, RefusesAVipThatIsANodesOwnAddress) {
    EXPECT_EQ(problems_of(good_but("10.77.0.100/24", "10.77.0.2/24")),
              Said{"k.conf:10: address: 10.77.0.2 is the own address of [node.2]; a VIP needs an "
                   "address of its own, since it moves"});
}

TEST(ConfCheck, RefusesOneAddressForTwoVipsAlsoWithAnotherPrefix) {
    EXPECT_EQ(problems_of(good + "[vip.two]\naddress = 10.77.0.100/32\ninterface = eth1\n"),
              Said{"k.conf:13: address: 10.77.0.100 is the address of [vip.main] as well; remove "
                   "one of the two"});
}

TEST(ConfCheck, RefusesAVipThatIsTheNetworkOrItsBroadcastAddress) {
    EXPECT_EQ(problems_of(good_but("10.77.0.100/24", "10.77.0.255/24")),
              Said{"k.conf:10: address: 10.77.0.255/24 is not the address of one host in its "
                   "network; write such an address, and the network's own prefix length"});
    EXPECT_EQ(problems_of(good_but("10.77.0.100/24", "10.77.0.0/24")).size(), 1u);
    EXPECT_EQ(problems_of(good_but("10.77.0.100/24", "10.77.0.100/0")).size(), 1u);
    EXPECT_EQ(problems_of(good_but("10.77.0.100/24", "10.77.0.0/31")).size(), 0u);
    EXPECT_EQ(problems_of(good_but("10.77.0.100/24", "10.77.0.0")).size(), 0u);
}

TEST(ConfCheck, RefusesALoopbackVip) {
    EXPECT_EQ(problems_of(good_but("10.77.0.100/24", "127.0.0.9/8")),
              Said{"k.conf:10: address: 127.0.0.9 is a loopback address, which no client can "
                   "reach; write an address of the LAN"});
}

TEST(ConfCheck, WarnsOfAClusterWithoutVips) {
    EXPECT_EQ(problems_of("[cluster]\nname = s\n[node.1]\naddress = 10.77.0.1\n"),
              Said{"k.conf:1: warning: [vip.NAME]: there is no VIP; write [vip.NAME] with address "
                   "and interface"});
}

Said network_warnings(std::vector<LocalAddress> addresses) {
    const auto read = read_config(good);
    Problems problems;
    check_vip_networks(read.config, addresses, read.lines, problems);
    return lines_of(problems);
}

TEST(ConfCheck, WarnsOfAVipOnNoNetworkOfItsInterface) {
    const Said warning{
        "k.conf:10: warning: address: 10.77.0.100 is on no network of eth0; check address and "
        "interface, clients may not reach it"};
    EXPECT_EQ(network_warnings({local("eth0", "10.77.0.1/24")}), Said{});
    EXPECT_EQ(network_warnings({local("eth0", "10.78.0.1/24")}), warning);
    EXPECT_EQ(network_warnings({local("eth1", "10.77.0.1/24")}), warning);
    EXPECT_EQ(network_warnings({}), warning);
}

TEST(ConfCheck, DoesNotTakeAVipThatWasLeftBehindForItsOwnNetwork) {
    EXPECT_EQ(network_warnings({local("eth0", "10.77.0.100/24")}).size(), 1u);
}

// --- services and control -----------------------------------------------------------------------

TEST(ConfCheck, WantsWhatTheKindOfCheckNeeds) {
    EXPECT_EQ(problems_of(good + "[service.a]\n[service.b]\ncheck = tcp\n"),
              (Said{"k.conf:12: pid_file: is missing, and check = process needs it; write one, "
                    "such as /run/NAME.pid",
                    "k.conf:13: address: is missing, and check = tcp needs it; write one, such as "
                    "127.0.0.1:9999"}));
}

TEST(ConfCheck, RefusesKeysOfAnotherKindOfCheck) {
    EXPECT_EQ(
        problems_of(good + "[service.a]\npid_file = /p\naddress = 127.0.0.1:1\n"
                           "[service.b]\ncheck = tcp\npid_file = /p\naddress = 127.0.0.1:1\n"),
        (Said{"k.conf:14: address: belongs to check = tcp, and this check is process; remove it",
              "k.conf:17: pid_file: belongs to check = process, and this check is tcp; remove "
              "it"}));
}

TEST(ConfCheck, RefusesToCheckAServiceThroughAVip) {
    EXPECT_EQ(problems_of(good + "[service.a]\ncheck = tcp\naddress = 10.77.0.100:9999\n"),
              Said{"k.conf:14: address: 10.77.0.100 is the address of [vip.main]: each node must "
                   "ask its own service; write 127.0.0.1:9999"});
}

TEST(ConfCheck, RefusesASocketPathThatTheKernelCannotBind) {
    EXPECT_EQ(problems_of(good + "[control]\nsocket = /" + std::string(106, 'x') + "\n"), Said{});
    EXPECT_EQ(problems_of(good + "[control]\nsocket = /" + std::string(107, 'x') + "\n"),
              Said{"k.conf:13: socket: has 108 letters, and the path of a socket may have 107; "
                   "write a shorter one"});
}

// --- who am I -----------------------------------------------------------------------------------

struct Found {
    NodeId self;
    Said problems;
};

Found find(std::string_view text, std::optional<NodeId> option, std::vector<LocalAddress> addresses,
           Severity severity = Severity::error) {
    auto read = read_config(text);
    find_self(read.config, option, addresses, severity, read.lines, read.problems);
    return {read.config.self, lines_of(read.problems)};
}

TEST(ConfSelf, IsTheOptionBeforeTheFileBeforeTheLocalAddress) {
    const auto text = good_but("name = shrine\n", "name = shrine\nnode_id = 2\n");
    EXPECT_EQ(find(text, NodeId{3}, {local("eth0", "10.77.0.1/24")}).self, NodeId{3});
    EXPECT_EQ(find(text, {}, {local("eth0", "10.77.0.1/24")}).self, NodeId{2});
    EXPECT_EQ(find(good, {}, {local("eth0", "10.77.0.1/24")}).self, NodeId{1});
}

TEST(ConfSelf, IsDoubtedWhereTheHostHasTheAddressOfAnother) {
    const auto text = good_but("name = shrine\n", "name = shrine\nnode_id = 2\n");
    EXPECT_EQ(find(text, {}, {local("eth0", "10.77.0.1/24")}).problems,
              Said{"k.conf:3: warning: node_id: is 2, but this host has an address of node 1 and "
                   "none of node 2; write 1, or remove it: then the address tells"});
    EXPECT_EQ(find(good, NodeId{2}, {local("eth0", "10.77.0.1/24")}).problems.size(), 1u);
    for (const char* const own : {"10.77.0.2/24", "192.0.2.1/24"})
        EXPECT_EQ(find(text, {}, {local("eth0", own)}).problems, Said{});
}

TEST(ConfSelf, MustBeAmongTheNodes) {
    EXPECT_EQ(find(good, NodeId{7}, {}).problems,
              Said{"k.conf: --node-id: 7 is not among the nodes; write one of 1, 2, 3"});
    EXPECT_EQ(find(good_but("name = shrine\n", "name = shrine\nnode_id = 9\n"), {}, {}).problems,
              Said{"k.conf:3: node_id: 9 is not among the nodes; write one of 1, 2, 3"});
}

TEST(ConfSelf, IsNotGuessed) {
    EXPECT_EQ(find(good, {}, {local("eth0", "10.77.0.4/24")}).problems,
              Said{"k.conf:1: node_id: is not given, and no node has an address of this host; "
                   "write it, or start with --node-id, as one of 1, 2, 3"});
    EXPECT_EQ(find(good, {}, {local("a", "10.77.0.1/24"), local("b", "10.77.0.2/24")}).problems,
              Said{"k.conf:1: node_id: is not given, and more than one node has an address of "
                   "this host; write it, or start with --node-id, as one of 1, 2, 3"});
}

TEST(ConfSelf, MayBeUnknownToWhoOnlyLooks) {
    EXPECT_EQ(find(good, {}, {}, Severity::warning).problems.at(0).substr(0, 26),
              "k.conf:1: warning: node_id");
}

TEST(ConfSample, HasNothingWrongWithIt) {
    std::ostringstream text;
    text << std::ifstream("conf/komainu.conf").rdbuf();
    ASSERT_FALSE(text.str().empty()) << "tests run from the top of the source tree";
    EXPECT_EQ(problems_of(text.str()), Said{});
}

/// "#key = value" becomes "key = value".
std::string with_defaults_uncommented(std::istream& sample) {
    std::string text;
    for (std::string line; std::getline(sample, line);) {
        const bool is_default = line.starts_with("#") && !line.starts_with("# ") && line.size() > 1;
        text += (is_default ? line.substr(1) : line) + "\n";
    }
    return text;
}

TEST(ConfSample, ShowsEveryDefaultAsItIs) {
    std::ifstream sample("conf/komainu.conf");
    const auto text = with_defaults_uncommented(sample);
    EXPECT_EQ(problems_of(text), Said{});
    const auto config = read_config(text).config;
    EXPECT_EQ(config.key_file, Config{}.key_file);
    EXPECT_EQ(config.quorum, Config{}.quorum);
    EXPECT_EQ(config.on_quorum_loss, Config{}.on_quorum_loss);
    EXPECT_EQ(config.nodes.at(0).priority, NodeConfig{}.priority);
    EXPECT_EQ(config.heartbeat.mode, HeartbeatConfig{}.mode);
    EXPECT_EQ(config.heartbeat.interval, HeartbeatConfig{}.interval);
    EXPECT_EQ(config.heartbeat.deadtime, HeartbeatConfig{}.deadtime);
    EXPECT_EQ(config.heartbeat.port, HeartbeatConfig{}.port);
    EXPECT_EQ(config.vips.at(0).scope, VipConfig{}.scope);
    EXPECT_EQ(config.vips.at(0).noprefixroute, VipConfig{}.noprefixroute);
    EXPECT_EQ(config.services.at(0).interval, ServiceConfig{}.interval);
    EXPECT_EQ(config.services.at(0).timeout, ServiceConfig{}.timeout);
    EXPECT_EQ(config.services.at(0).rise, ServiceConfig{}.rise);
    EXPECT_EQ(config.services.at(0).fall, ServiceConfig{}.fall);
    EXPECT_EQ(config.hooks.at(0).when, HookConfig{}.when);
    EXPECT_EQ(config.hooks.at(0).wait, HookConfig{}.wait);
    EXPECT_EQ(config.hooks.at(0).timeout, HookConfig{}.timeout);
    PgpoolConfig pgpool;
    pgpool.user = "komainu";
    EXPECT_EQ(config.pgpool, pgpool);
    EXPECT_EQ(config.control.socket, ControlConfig{}.socket);
    EXPECT_EQ(config.control.state_dir, ControlConfig{}.state_dir);
}

}  // namespace
}  // namespace komainu
