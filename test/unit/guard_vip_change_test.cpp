// A VIP set that becomes another: what is touched and what is not, and that an error leaves all as
// it was.
#include <cerrno>

#include "test/unit/vip_set_fixture.h"

namespace komainu {
namespace {

// Other VIPs, as the keeper brings them.
struct VipChange : VipSetTest {
    // What the kernel was asked to do, in its order.
    std::vector<std::string> asked;

    VipChange() { ask_aloud(); }
    void ask_aloud() {
        fake.on_request = [this](const AddressRequest& r) {
            const bool removes = r.verb == AddressRequest::Verb::remove;
            asked.push_back((removes ? "-" : "+") + to_string(r.address));
        };
    }
    Config with(std::vector<VipConfig> others) {
        Config wanted;
        wanted.vips = std::move(others);
        return wanted;
    }
    Result<VipSet::Change> change_to(const Config& wanted) {
        InterfaceTable table(wanted);
        table.learn({&interfaces}, fake.inventory);
        auto changed = vips.change_to(wanted, table);
        if (!changed) return changed;
        config = wanted;
        interfaces = table;
        return changed;
    }
    std::string refusal_of(const Config& wanted) {
        const auto changed = change_to(wanted);
        return changed ? "" : changed.error().what;
    }

    const VipConfig a{"a", prefix("10.0.0.100/24"), "eth0"};
    const VipConfig b{"b", prefix("10.0.0.101/24"), "eth0"};
    const VipConfig c{"c", prefix("10.0.0.102/24"), "eth1"};
};

TEST_F(VipChange, AddsWhatIsNewThenRemovesWhatIsGoneAndDoesNotTouchWhatStays) {
    ASSERT_TRUE(vips.hold());
    asked.clear();
    const auto changed = change_to(with({c, b}));
    ASSERT_TRUE(changed);
    EXPECT_EQ(changed->former, (FormerPlaces{std::nullopt, 1}));
    EXPECT_EQ(asked, (std::vector<std::string>{"+10.0.0.102/24", "-10.0.0.100/24"}));
    EXPECT_NE(fake.find(eth1, c.address), fake.inventory.addresses.end());
    EXPECT_EQ(vips.config(0), c);
    EXPECT_FALSE(vips.any_missing());
    EXPECT_TRUE(vips.drop());
    EXPECT_EQ(count(), 0u);
}

TEST_F(VipChange, TheLastAreRemovedFirst) {
    ASSERT_TRUE(vips.hold());
    asked.clear();
    ASSERT_TRUE(vips.drop());
    EXPECT_EQ(asked, (std::vector<std::string>{"-10.0.0.101/24", "-10.0.0.100/24"}));
}

TEST_F(VipChange, OfTheNameAloneTouchesNothing) {
    ASSERT_TRUE(vips.hold());
    asked.clear();
    VipConfig renamed = a;
    renamed.name = "first";
    ASSERT_TRUE(change_to(with({b, renamed})));
    EXPECT_EQ(asked, std::vector<std::string>{});
    EXPECT_EQ(vips.config(1).name, "first");
}

TEST_F(VipChange, WhatIsDifferentMakesRoomForTheNewOneInItsPlace) {
    ASSERT_TRUE(vips.hold());
    asked.clear();
    const AddressRecord old = record(0);
    VipConfig labelled = a;
    labelled.label = "eth0:pg";
    const auto changed = change_to(with({labelled, b}));
    ASSERT_TRUE(changed);
    EXPECT_EQ(changed->former, (FormerPlaces{std::nullopt, 1}));
    EXPECT_EQ(asked, (std::vector<std::string>{"-10.0.0.100/24", "+10.0.0.100/24"}));
    EXPECT_EQ(fake.made_by.at("10.0.0.100/24").label, "eth0:pg");
    vips.address_removed(old);
    EXPECT_FALSE(vips.any_missing()) << "that removal was our own";
    vips.address_removed(old);
    EXPECT_TRUE(vips.any_missing());
}

TEST_F(VipChange, MovesAVipToAnotherInterface) {
    ASSERT_TRUE(vips.hold());
    VipConfig moved = a;
    moved.interface = "eth1";
    ASSERT_TRUE(change_to(with({moved, b})));
    EXPECT_NE(fake.find(eth1, a.address), fake.inventory.addresses.end());
    EXPECT_EQ(fake.find(eth0, a.address), fake.inventory.addresses.end());
    EXPECT_EQ(vips.interface(0), 0u) << "of the new table";
}

TEST_F(VipChange, ThatFailsInPartLeavesEverythingAsItWas) {
    ASSERT_TRUE(vips.hold());
    asked.clear();
    fake.refuse["10.0.0.102/24"] = EPERM;
    VipConfig labelled = a;
    labelled.label = "eth0:pg";
    const VipConfig d{"d", prefix("10.0.0.103/24"), "eth0"};
    EXPECT_EQ(refusal_of(with({labelled, d, c})),
              "vip.c: cannot put 10.0.0.102/24 on eth1: Operation not permitted");
    EXPECT_EQ(std::ranges::count(asked, "-10.0.0.100/24"), 0) << "nor was that tried";
    EXPECT_EQ(count(), 2u);
    EXPECT_EQ(vips.size(), 2u);
    EXPECT_FALSE(vips.any_missing());
}

TEST_F(VipChange, PutsBackWhatHadMadeRoomWhenTheNewOneIsRefused) {
    ASSERT_TRUE(vips.hold());
    fake.refuse["10.0.0.100/32"] = EPERM;
    VipConfig alone = a;
    alone.address = prefix("10.0.0.100/32");
    EXPECT_NE(refusal_of(with({alone, b, c})), "");
    EXPECT_NE(fake.find(eth0, a.address), fake.inventory.addresses.end());
    EXPECT_EQ(count(), 2u) << "and c is not left behind";
    EXPECT_FALSE(vips.any_missing());
}

TEST_F(VipChange, IsRefusedForAnAddressOfOthersAndForAMissingInterfaceAlsoWhileNothingIsHeld) {
    fake.put(eth1, "10.0.0.102/32", 0);
    take_stock();
    for (int round = 0; round < 2; ++round) {
        EXPECT_NE(refusal_of(with({a, b, c})).find("10.0.0.102 is already on eth1"),
                  std::string::npos);
        EXPECT_EQ(refusal_of(with({a, b, {"d", prefix("10.0.0.9/24"), "eth7"}})),
                  "vip.d: there is no interface eth7 now");
        EXPECT_EQ(count(), round == 0 ? 1u : 3u);
        if (round == 0) {
            ASSERT_TRUE(vips.hold());
        }
    }
}

TEST_F(VipChange, WhileNothingIsHeldOnlyChangesTheList) {
    ASSERT_TRUE(change_to(with({c})));
    EXPECT_EQ(asked, std::vector<std::string>{});
    ASSERT_TRUE(vips.hold());
    EXPECT_EQ(asked, std::vector<std::string>{"+10.0.0.102/24"});
}

TEST_F(VipChange, WhatIsMissingWhileItStaysIsPutBackAsBefore) {
    ASSERT_TRUE(vips.hold());
    const AddressRecord removed = record(1);
    fake.inventory.addresses.erase(fake.find(eth0, removed.address));
    vips.address_removed(removed);
    ASSERT_TRUE(change_to(with({b, c})));
    EXPECT_EQ(vips.put_back(), (std::vector<std::size_t>{0}));
}

TEST_F(VipChange, WatchesForAddressesOfOthersThatEqualTheNewVips) {
    ASSERT_TRUE(change_to(with({c})));
    fake.put(eth0, "10.0.0.102/24", 0);
    vips.address_added(fake.inventory.addresses.back());
    EXPECT_NE(vips.hold().error().what.find("vip.c: 10.0.0.102 is already on eth0"),
              std::string::npos);
}

}  // namespace
}  // namespace komainu
