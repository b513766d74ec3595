// The nodes of a pgpool.conf and the networks of their heartbeats, in komainu's terms.
#include "test/unit/pgpool_files.h"

namespace komainu {
namespace {

using namespace pgpool_files;

TEST(PgpoolNodes, CountsNodesFromOne) {
    const auto config = config_of(three);
    ASSERT_EQ(config.nodes.size(), 3u);
    EXPECT_EQ(number(config.nodes[0].id), 1);
    EXPECT_EQ(addresses_of(config, 2), Said{"10.0.0.3"});
    const auto text = import(three, "1\n").text;
    EXPECT_TRUE(has(text, "# By its pgpool_node_id, 1, this host is node 2."));
    EXPECT_FALSE(has(import(three, "x").text, "By its pgpool_node_id"));
}

TEST(PgpoolNodes, OfVersion34HasThisNodeFirst) {
    const auto made = import(two_of_34);
    const auto config = read_config(made.text).config;
    ASSERT_EQ(config.nodes.size(), 2u);
    EXPECT_EQ(addresses_of(config, 0), Said{"10.0.0.1"});
    EXPECT_EQ(addresses_of(config, 1), Said{"10.0.0.2"});
    EXPECT_EQ(config.heartbeat.port, 9700);
    EXPECT_EQ(config.heartbeat.interval, 2s);
    EXPECT_EQ(config.heartbeat.deadtime, 30s);
    EXPECT_EQ(config.link(0).interface, "eth1");
    EXPECT_TRUE(has(made.text, "# Node 1 is the one whose pgpool.conf this was"));
}

TEST(PgpoolNodes, MarksNamesAsToBeChanged) {
    const auto made = import(but(three, "'10.0.0.2'", "'server2'"));
    EXPECT_EQ(made.changes, 1);
    EXPECT_TRUE(has(made.text,
                    "[node.2]\n"
                    "# CHANGE: the address of server2, which is a name (hostname1)\n"
                    "address = 192.0.2.2\n"));
}

TEST(PgpoolNodes, OfAFileWithoutNodesHasThreeToBeChanged) {
    for (const char* file : {"", "hostname0 = ''\n", "wd_hostname = ''\nwd_port = 9000\n"}) {
        const auto made = import(file);
        EXPECT_EQ(read_config(made.text).config.nodes.size(), 3u) << made.text;
        EXPECT_GE(made.changes, 3);
    }
}

TEST(PgpoolNodes, MakesALinkOfEachNetworkOfTheHeartbeats) {
    const auto made = import(three +
                             "heartbeat_hostname0 = '10.0.0.1;10.1.0.1'\n"
                             "heartbeat_hostname1 = '10.0.0.2;10.1.0.2'\n"
                             "heartbeat_hostname2 = '10.0.0.3;10.1.0.3'\n"
                             "heartbeat_device0 = 'ens3;ens4'\n"
                             "heartbeat_device1 = 'ens3;ens4'\n"
                             "heartbeat_device2 = 'ens3;ens4'\n"
                             "heartbeat_port0 = 9800\nheartbeat_port1 = 9801\n");
    const auto config = read_config(made.text).config;
    EXPECT_EQ(addresses_of(config, 1), (Said{"10.0.0.2", "10.1.0.2"}));
    EXPECT_EQ(config.link(0).interface, "ens3");
    EXPECT_EQ(config.link(1).interface, "ens4");
    EXPECT_EQ(config.link(1).port, 9800);
    EXPECT_TRUE(has(made.text, "# heartbeat_port1 = 9801: all nodes use the one port"));
    EXPECT_EQ(made.changes, changes_of_none) << made.text;
}

TEST(PgpoolNodes, TakesTheAddressesOfTheHeartbeatsWhereTheNodesHaveNames) {
    const auto made = import(
        "hostname0 = 'a'\nhostname1 = 'b'\nheartbeat_hostname0 = '10.0.0.1'\n"
        "heartbeat_hostname1 = '10.0.0.2'\npid_file_name = '/p'\n");
    const auto config = read_config(made.text).config;
    EXPECT_EQ(addresses_of(config, 0), Said{"10.0.0.1"});
    EXPECT_TRUE(has(made.text, "# hostname0 = a: a name, and komainu takes addresses"));
    EXPECT_EQ(made.changes, changes_of_none) << made.text;
}

TEST(PgpoolNodes, LeavesOutLinksAndNodesTooMany) {
    const auto text =
        text_of(three +
                "heartbeat_hostname0 = '10.1.0.1;10.2.0.1;10.3.0.1;10.4.0.1;10.5.0.1'\n"
                "hostname64 = '10.0.0.64'\nhostname63 = '10.0.0.63'\n");
    EXPECT_TRUE(has(text, "# CHANGE: hostname64 = 10.0.0.64: komainu has at most 64 nodes"));
    EXPECT_TRUE(has(text, "10.5.0.1: komainu has at most 4 links"));
    EXPECT_TRUE(has(text, "[node.64]\naddress = 10.0.0.63  # hostname63"));
    EXPECT_EQ(read_config(text).config.link_count(), links_max);
}

TEST(PgpoolNodes, SharesDestinationsAmongTheOthersWhereItIsPlain) {
    const std::string head = "wd_hostname = '10.0.0.1'\npid_file_name = '/p'\n";
    const auto two_links = config_of(head +
                                     "other_pgpool_hostname0 = '10.0.0.2'\n"
                                     "heartbeat_destination0 = '10.0.0.2'\n"
                                     "heartbeat_destination1 = '10.1.0.2'\n");
    EXPECT_EQ(addresses_of(two_links, 1), (Said{"10.0.0.2", "10.1.0.2"}));
    EXPECT_EQ(addresses_of(two_links, 0), (Said{"10.0.0.1", "198.51.100.1"}));
    const auto one_link = config_of(head +
                                    "other_pgpool_hostname0 = '10.0.0.2'\n"
                                    "other_pgpool_hostname1 = '10.0.0.3'\n"
                                    "heartbeat_destination0 = '10.0.0.2'\n"
                                    "heartbeat_destination1 = '10.0.0.3'\n");
    EXPECT_EQ(one_link.link_count(), 1u);
    const auto unknown = text_of(head +
                                 "other_pgpool_hostname0 = '10.0.0.2'\n"
                                 "other_pgpool_hostname1 = '10.0.0.3'\n"
                                 "heartbeat_destination0 = '10.1.0.2'\n"
                                 "heartbeat_device0 = 'eth1'\n");
    EXPECT_TRUE(
        has(unknown, "# CHANGE: heartbeat_destination0 = 10.1.0.2: to which of the others"));
    EXPECT_TRUE(has(unknown, "# heartbeat_device0 = eth1: belongs to a heartbeat_destination"));
}

TEST(PgpoolNodes, GivesIpv6PlaceholdersAmongIpv6Addresses) {
    EXPECT_TRUE(
        has(text_of("hostname0 = 'fd00::1'\nhostname1 = 'b'\n"), "address = 2001:db8:1::2"));
}

TEST(PgpoolNodes, RefusesInterfacesThatDifferAndThoseThatAreNone) {
    const auto text = text_of(three +
                              "heartbeat_device0 = 'ens3'\nheartbeat_device1 = 'ens4'\n"
                              "heartbeat_device2 = 'no such/name'\n");
    EXPECT_TRUE(has(text, "[link.1]\ninterface = ens3  # heartbeat_device0"));
    EXPECT_TRUE(
        has(text, "# CHANGE: heartbeat_device1 = ens4: a link uses the interface of one name"));
    EXPECT_TRUE(has(text, "# CHANGE: heartbeat_device2 = no such/name: "));
}

TEST(PgpoolNodes, HasOursWherePgpoolConfHasNoTimes) {
    EXPECT_EQ(config_of(three).heartbeat.deadtime, HeartbeatConfig{}.deadtime);
    const auto only_keepalive = config_of(three + "wd_heartbeat_keepalive = 3\n").heartbeat;
    EXPECT_EQ(only_keepalive.interval, 3s);
    EXPECT_EQ(only_keepalive.deadtime, 30s);
    const auto close =
        config_of(three + "wd_heartbeat_keepalive = 1\nwd_heartbeat_deadtime = 1\n").heartbeat;
    EXPECT_EQ(close.interval, 500ms);
    EXPECT_TRUE(has(text_of(three + "wd_heartbeat_deadtime = 2h\n"),
                    "# CHANGE: wd_heartbeat_deadtime = 2h: \"2h\" is out of range"));
}

TEST(PgpoolNodes, HasThePriority) {
    EXPECT_EQ(config_of(three + "wd_priority = 5\n").nodes[2].priority, 5);
    EXPECT_TRUE(has(text_of(three + "wd_priority = 70000\n"), "# CHANGE: wd_priority = 70000: "));
}

}  // namespace
}  // namespace komainu
