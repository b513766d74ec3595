// The VIP set before a kernel made of a table: all or none, what is ours and what is not, and what
// an event means.
#include <cerrno>

#include "test/unit/vip_set_fixture.h"

namespace komainu {

namespace {

Config vips_with_properties() {
    Config config;
    config.vips = {{"labelled", prefix("10.0.0.100/32"), "eth0", "eth0:pg", AddressScope::link},
                   {"plain", prefix("10.0.0.101/24"), "eth0"},
                   {.name = "routeless",
                    .address = prefix("fd00::64/64"),
                    .interface = "eth0",
                    .noprefixroute = true},
                   {"alone", prefix("fd00::65/128"), "eth0"}};
    return config;
}

}  // namespace

TEST(VipLifetime, IsLongerThanTheDeadtimeAndAtLeastTwoSeconds) {
    EXPECT_EQ(vip_lifetime(40ms), 2s);
    EXPECT_EQ(vip_lifetime(1s), 2s);
    EXPECT_EQ(vip_lifetime(1001ms), 3s);
    EXPECT_EQ(vip_lifetime(10s), 11s);
}

TEST_F(VipSetTest, HoldAddsAllWithAFiniteLifetime) {
    ASSERT_TRUE(vips.hold());
    EXPECT_TRUE(vips.held());
    EXPECT_EQ(record(0).valid_seconds, 2u);
    EXPECT_EQ(record(1).valid_seconds, 2u);
}

TEST_F(VipSetTest, AHoldThatFailsInPartRemovesWhatItAdded) {
    fake.refuse["10.0.0.101/24"] = EPERM;
    const Status held = vips.hold();
    ASSERT_FALSE(held);
    EXPECT_EQ(held.error().what,
              "vip.b: cannot put 10.0.0.101/24 on eth0: Operation not permitted");
    EXPECT_EQ(count(), 0u);
    EXPECT_FALSE(vips.held());
}

TEST_F(VipSetTest, AnAddressOfOursThatIsThereAlreadyIsReplaced) {
    fake.put(eth0, "10.0.0.100/24", komainu_address_proto, 1);
    const AddressRecord old = record(0);
    EXPECT_TRUE(vips.hold());
    EXPECT_EQ(count(), 2u);
    EXPECT_EQ(record(0).valid_seconds, 2u);
    EXPECT_TRUE(fake.made_by.contains("10.0.0.100/24"));
    vips.address_removed(old);
    EXPECT_FALSE(vips.any_missing()) << "that removal was our own";
}

TEST_F(VipSetTest, AForeignAddressInTheVipsPlaceIsRefusedAndStays) {
    fake.put(eth0, "10.0.0.101/24", 0);
    fake.put(eth0, "10.0.0.1/24", 4);
    const Status held = vips.hold();
    ASSERT_FALSE(held);
    EXPECT_NE(held.error().what.find("vip.b: 10.0.0.101 is already on eth0"), std::string::npos);
    EXPECT_EQ(count(), 2u);
}

TEST_F(VipSetTest, AForeignAddressElsewhereIsRefusedWhateverItsPrefix) {
    fake.put(eth1, "10.0.0.101/32", 0);
    take_stock();
    const Status held = vips.hold();
    ASSERT_FALSE(held);
    EXPECT_NE(held.error().what.find("eth1"), std::string::npos);
    vips.address_removed(fake.inventory.addresses.front());
    fake.inventory.addresses.clear();
    EXPECT_TRUE(vips.hold());
}

TEST_F(VipSetTest, DropRemovesAllAndOneThatIsGoneCountsAsRemoved) {
    ASSERT_TRUE(vips.hold());
    fake.inventory.addresses.erase(fake.find(eth0, config.vips[0].address));
    EXPECT_TRUE(vips.drop());
    EXPECT_EQ(count(), 0u);
    EXPECT_FALSE(vips.held());
}

TEST_F(VipSetTest, WhatSomebodyElseRemovesIsMissingAndIsPutBack) {
    ASSERT_TRUE(vips.hold());
    const AddressRecord removed = record(1);
    fake.inventory.addresses.erase(fake.find(eth0, removed.address));
    vips.address_removed(removed);
    ASSERT_TRUE(vips.any_missing());
    EXPECT_EQ(vips.put_back(), (std::vector<std::size_t>{1}));
    EXPECT_FALSE(vips.any_missing());
    EXPECT_EQ(count(), 2u);
}

TEST_F(VipSetTest, TheNewsOfOurOwnRemovalIsNotMistakenAfterTheNextHold) {
    ASSERT_TRUE(vips.hold());
    const AddressRecord first = record(0);
    const AddressRecord second = record(1);
    ASSERT_TRUE(vips.drop());
    ASSERT_TRUE(vips.hold());
    vips.address_removed(first);
    vips.address_removed(second);
    EXPECT_FALSE(vips.any_missing());
    vips.address_removed(first);
    EXPECT_TRUE(vips.any_missing());
}

TEST_F(VipSetTest, AnInventoryShowsWhatIsMissing) {
    ASSERT_TRUE(vips.hold());
    fake.inventory.addresses.clear();
    take_stock();
    EXPECT_EQ(vips.put_back().size(), 2u);
}

TEST_F(VipSetTest, AnInterfaceThatIsGoneIsWaitedFor) {
    ASSERT_TRUE(vips.hold());
    fake.inventory.addresses.clear();
    interfaces.forget(eth0);
    ASSERT_TRUE(interfaces.take_replaced(0));
    vips.interface_replaced(0);
    EXPECT_FALSE(vips.any_missing());
    interfaces.follow(link(eth1, "eth0"));
    vips.interface_replaced(0);
    EXPECT_EQ(vips.put_back().size(), 2u);
    EXPECT_NE(fake.find(eth1, config.vips[0].address), fake.inventory.addresses.end());
}

TEST_F(VipSetTest, ARenamedInterfaceLosesItsVips) {
    ASSERT_TRUE(vips.hold());
    interfaces.follow(link(eth0, "uplink"));
    ASSERT_TRUE(interfaces.take_replaced(0));
    vips.interface_replaced(0);
    EXPECT_EQ(count(), 0u);
}

TEST_F(VipSetTest, SweepRemovesMarkedAddressesOnAnyInterfaceAndNothingElse) {
    fake.put(eth1, "10.9.9.9/24", komainu_address_proto);
    fake.put(eth0, "10.0.0.1/24", 0);
    fake.put(eth0, "10.0.0.100/24", 0, 100);
    const auto swept = vips.sweep();
    ASSERT_TRUE(swept);
    EXPECT_EQ(swept.value().size(), 1u);
    EXPECT_EQ(count(), 2u);
}

TEST_F(VipSetTest, NamesTheVipsThatAreInTheWayAfterTheSweep) {
    EXPECT_TRUE(vips.in_the_way().empty());
    fake.put(eth0, "10.0.0.1/24", 0);
    fake.put(eth0, "10.0.0.100/24", komainu_address_proto);
    fake.put(eth1, "10.0.0.101/32", 0);
    ASSERT_TRUE(vips.sweep());
    const auto found = vips.in_the_way();
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].vip, "b");
    EXPECT_EQ(found[0].interface, "eth1");
    EXPECT_EQ(found[0].sentence,
              "vip.b: 10.0.0.101 is already on eth1 and was not put there by komainu; remove it, "
              "or take another address for the VIP");
}

TEST_F(VipSetTest, WithoutMarksAVipWithAFiniteLifetimeIsOurs) {
    fake.put(eth0, "10.0.0.100/24", 0, 1);
    fake.put(eth0, "10.0.0.101/24", 0);
    fake.put(eth1, "10.0.0.100/24", 0, 1);
    fake.put(eth0, "10.0.0.7/24", 0, 1);
    const auto swept = vips.sweep();
    ASSERT_TRUE(swept);
    ASSERT_EQ(swept.value().size(), 1u);
    EXPECT_EQ(swept.value()[0].address, prefix("10.0.0.100/24"));
}

TEST_F(VipSetTest, WithoutMarksOurOwnAddressesAreNotTakenForForeign) {
    fake.keeps_marks = false;
    for (int round = 0; round < 2; ++round) {
        ASSERT_TRUE(vips.hold());
        const auto added = fake.inventory.addresses;
        for (const auto& address : added) vips.address_added(address);
        ASSERT_TRUE(vips.drop());
        for (const auto& address : added) vips.address_removed(address);
    }
}

struct VipProperties : VipSetTest {
    VipProperties() : VipSetTest(vips_with_properties()) {}

    // That all VIPs now have what the configuration says of them.
    void expect_made_as_configured() {
        const AddressRequest& labelled = fake.made_by.at("10.0.0.100/32");
        EXPECT_EQ(labelled.label, "eth0:pg");
        EXPECT_EQ(labelled.scope, AddressScope::link);
        EXPECT_FALSE(labelled.prefix_route) << "a host prefix has no network";
        const AddressRequest& plain = fake.made_by.at("10.0.0.101/24");
        EXPECT_EQ(plain.label, "");
        EXPECT_EQ(plain.scope, AddressScope::global);
        EXPECT_TRUE(plain.prefix_route);
        EXPECT_FALSE(fake.made_by.at("fd00::64/64").prefix_route);
        EXPECT_FALSE(fake.made_by.at("fd00::65/128").prefix_route);
    }
};

TEST_F(VipProperties, AreAskedForWhenTheVipsAreAdded) {
    ASSERT_TRUE(vips.hold());
    expect_made_as_configured();
}

TEST_F(VipProperties, AreAskedForWhenWhatIsMissingIsPutBack) {
    ASSERT_TRUE(vips.hold());
    fake.inventory.addresses.clear();
    fake.made_by.clear();
    vips.follow_all(fake.inventory);
    EXPECT_EQ(vips.put_back().size(), 4u);
    expect_made_as_configured();
}

// The kernel leaves an IPv4 address's label as it is when the address is renewed.
TEST_F(VipProperties, AreTheConfiguredOnesWhereAnEarlierRunLeftTheAddressWithOthers) {
    for (const VipConfig& vip : config.vips)
        fake.put(eth0, to_string(vip.address).c_str(), komainu_address_proto, 1);
    ASSERT_TRUE(vips.hold());
    expect_made_as_configured();
}

TEST(InterfaceTable, TellsNewsOnlyWhenThereIsSome) {
    InterfaceTable interfaces(two_vips());
    ASSERT_EQ(interfaces.size(), 1u);
    LinkRecord eth = link(eth0, "eth0");
    interfaces.follow(eth);
    EXPECT_TRUE(interfaces.take_replaced(0));
    EXPECT_TRUE(interfaces.take_news(0));
    interfaces.follow(eth);
    EXPECT_FALSE(interfaces.take_replaced(0) || interfaces.take_news(0));
    eth.running = false;
    interfaces.follow(eth);
    EXPECT_FALSE(interfaces.take_news(0)) << "nothing can be said without a carrier";
    EXPECT_EQ(interfaces[0].carrier(), Carrier::down);
    eth.running = true;
    interfaces.follow(eth);
    EXPECT_TRUE(interfaces.take_news(0));
    eth.mac.bytes[5] = 9;
    interfaces.follow(eth);
    EXPECT_TRUE(interfaces.take_news(0));
}

TEST(InterfaceTable, LearnsWhatIsKnownAndTakesItForNoNews) {
    InterfaceTable known(std::vector<std::string>{"eth0"});
    known.follow(link(eth0, "eth0"));
    InterfaceTable table(std::vector<std::string>{"eth1", "eth0", "eth7"});
    table.learn({&known}, {{link(eth1, "eth1"), link(InterfaceIndex{9}, "eth0")}, {}});
    EXPECT_EQ(table[0].link->interface, eth1);
    EXPECT_EQ(table[1].link->interface, eth0) << "the event of another is still to come";
    EXPECT_FALSE(table[2].link);
    for (std::size_t i = 0; i < table.size(); ++i)
        EXPECT_FALSE(table.take_replaced(i) || table.take_news(i)) << i;
}

TEST(InterfaceTable, ALostInterfaceIsMissingAndFoundAgainByItsName) {
    InterfaceTable interfaces(std::vector<std::string>{"eth0"});
    EXPECT_EQ(interfaces[0].carrier(), Carrier::missing);
    interfaces.follow(link(eth0, "eth0"));
    EXPECT_EQ(interfaces[0].carrier(), Carrier::up);
    interfaces.follow(link(eth0, "other0"));
    EXPECT_EQ(interfaces[0].carrier(), Carrier::missing);
    interfaces.follow(link(eth1, "eth0"));
    EXPECT_EQ(interfaces[0].carrier(), Carrier::up);
    interfaces.forget(eth1);
    EXPECT_EQ(interfaces[0].carrier(), Carrier::missing);
}

TEST(InterfaceTable, WhatCarriesAVipIsNotTrackedASecondTime) {
    Config config = two_vips();
    config.lifecheck.track_interface = {"eth1", "eth0", "bond0"};
    EXPECT_EQ(tracked_only(config), (std::vector<std::string>{"eth1", "bond0"}));
}

TEST(InterfaceTable, MissingInterfacesAreNamedTogetherWithThoseThatExist) {
    Config config = two_vips();
    config.vips[1].interface = "eth7";
    const Inventory inventory{{link(eth1, "lo"), link(eth0, "eth0")}, {}};
    const Status exist = check_interfaces_exist(config, inventory);
    ASSERT_FALSE(exist);
    EXPECT_EQ(exist.error().what,
              "vip.b.interface: no interface eth7 on this host; it has: eth0, lo");
}

}  // namespace komainu
