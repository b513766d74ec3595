// The event stream and the inventory, against the kernel.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "test/net/netlink_fixture.h"

namespace komainu {
namespace {

using Verb = AddressRequest::Verb;

class NetlinkEvents : public NetlinkTest {
protected:
    void SetUp() override {
        NetlinkTest::SetUp();
        if (HasFatalFailure()) return;
        // The kernel goes on telling of a new link for a while: until its carrier is there.
        auto monitor = Monitor::open();
        ASSERT_TRUE(monitor) << monitor.error().what;
        monitor_.emplace(std::move(*monitor));
        set_mac("left", "02:00:00:00:00:01");
        ASSERT_TRUE(events_until(*monitor_, [](const NetlinkEvent& event) {
            const auto* changed = std::get_if<LinkChanged>(&event);
            return changed && to_string(changed->link.mac) == "02:00:00:00:00:01";
        }));
    }

    bool reports(const std::function<bool(const NetlinkEvent&)>& condition) {
        return events_until(*monitor_, condition).has_value();
    }
    bool reports_link(const std::function<bool(const LinkRecord&)>& condition) {
        return reports([&](const NetlinkEvent& event) {
            const auto* changed = std::get_if<LinkChanged>(&event);
            return changed && condition(changed->link);
        });
    }
    template <class Event>
    bool reports_address(const std::string& prefix, AddressOrigin origin) {
        return reports([&](const NetlinkEvent& event) {
            const auto* change = std::get_if<Event>(&event);
            return change && to_string(change->address.address) == prefix &&
                   change->address.interface == index("left") && change->address.origin() == origin;
        });
    }

    std::optional<Monitor> monitor_;
};

TEST_F(NetlinkEvents, TellOfOurAddressesAddedAndRemoved) {
    for (const char* prefix : {"10.77.0.100/24", "fd77::64/64"}) {
        ASSERT_EQ(apply(Verb::add, prefix, 60), 0);
        EXPECT_TRUE(reports_address<AddressAdded>(prefix, AddressOrigin::ours)) << prefix;
        ASSERT_EQ(apply(Verb::remove, prefix), 0);
        EXPECT_TRUE(reports_address<AddressRemoved>(prefix, AddressOrigin::ours)) << prefix;
    }
}

TEST_F(NetlinkEvents, TellOfOurAddressRemovedBySomebodyElse) {
    for (const char* prefix : {"10.77.0.100/24", "fd77::64/64"}) {
        ASSERT_EQ(apply(Verb::add, prefix, 60), 0);
        remove_address(prefix);
        EXPECT_TRUE(reports_address<AddressRemoved>(prefix, AddressOrigin::ours)) << prefix;
    }
}

TEST_F(NetlinkEvents, TellOfOurAddressExpired) {
    for (const char* prefix : {"10.77.0.100/24", "fd77::64/64"}) {
        ASSERT_EQ(apply(Verb::add, prefix, 1), 0);
        EXPECT_TRUE(reports_address<AddressRemoved>(prefix, AddressOrigin::ours)) << prefix;
    }
}

TEST_F(NetlinkEvents, TellOurAddressesFromOthers) {
    add_address("10.77.0.1/24");
    EXPECT_TRUE(reports_address<AddressAdded>("10.77.0.1/24", AddressOrigin::foreign));
}

TEST_F(NetlinkEvents, TellOfALinkSetDownAndUp) {
    set_up("left", false);
    EXPECT_TRUE(reports_link([](const LinkRecord& l) { return l.name == "left" && !l.up; }));
    set_up("left", true);
    EXPECT_TRUE(reports_link([](const LinkRecord& l) { return l.name == "left" && l.running; }));
}

TEST_F(NetlinkEvents, TellOfALostAndRegainedCarrier) {
    set_up("right", false);
    EXPECT_TRUE(
        reports_link([](const LinkRecord& l) { return l.name == "left" && l.up && !l.running; }));
    set_up("right", true);
    EXPECT_TRUE(reports_link([](const LinkRecord& l) { return l.name == "left" && l.running; }));
}

TEST_F(NetlinkEvents, TellOfANewHardwareAddress) {
    set_mac("left", "02:00:00:00:00:99");
    EXPECT_TRUE(
        reports_link([](const LinkRecord& l) { return to_string(l.mac) == "02:00:00:00:00:99"; }));
}

TEST_F(NetlinkEvents, TellOfARenamedLinkUnderItsOldIndex) {
    const auto before = index("left");
    set_up("left", false);
    rename("left", "other");
    EXPECT_TRUE(reports_link(
        [&](const LinkRecord& l) { return l.name == "other" && l.interface == before; }));
}

TEST_F(NetlinkEvents, TellOfARemovedLinkAndOfItsSuccessorUnderANewIndex) {
    const auto before = index("left");
    remove_link("left");
    EXPECT_TRUE(reports([&](const NetlinkEvent& event) {
        const auto* removed = std::get_if<LinkRemoved>(&event);
        return removed && removed->interface == before;
    }));
    add_veth("left", "right");
    EXPECT_TRUE(reports_link(
        [&](const LinkRecord& l) { return l.name == "left" && l.interface != before; }));
}

TEST_F(NetlinkEvents, DoNotTakeAPortThatLeavesItsBridgeForARemovedLink) {
    add_bridge("bridge");
    enslave("left", "bridge");
    release("left");
    set_mac("left", "02:00:00:00:00:99");  // Marks the end of what the release has caused.
    const auto events = events_until(*monitor_, [](const NetlinkEvent& event) {
        const auto* changed = std::get_if<LinkChanged>(&event);
        return changed && to_string(changed->link.mac) == "02:00:00:00:00:99";
    });
    ASSERT_TRUE(events);
    EXPECT_TRUE(std::ranges::none_of(
        *events, [](const auto& event) { return std::holds_alternative<LinkRemoved>(event); }));
}

std::vector<AddressRequest> many_requests(const AddressRequest& first, int count) {
    std::vector<AddressRequest> requests(count, first);
    for (int i = 0; i < count; ++i) {
        requests[i].address.address.bytes[2] = static_cast<std::uint8_t>(i / 250);
        requests[i].address.address.bytes[3] = static_cast<std::uint8_t>(1 + i % 250);
    }
    return requests;
}

TEST_F(NetlinkEvents, SayWhenSomeWereLostAndThatLast) {
    auto small = Monitor::open(4096);
    ASSERT_TRUE(small) << small.error().what;
    auto requests = many_requests(request(Verb::add, "10.77.0.0/16", 60), 300);
    ASSERT_TRUE(sockets().apply(requests));

    const auto events = drained(*small);
    ASSERT_FALSE(events.empty());
    EXPECT_LT(events.size(), requests.size());
    const auto overruns = std::ranges::count_if(
        events, [](const auto& event) { return std::holds_alternative<Overrun>(event); });
    EXPECT_EQ(overruns, 1);
    EXPECT_TRUE(std::holds_alternative<Overrun>(events.back()));

    const auto inventory = take_inventory();
    ASSERT_TRUE(inventory) << inventory.error().what;
    const auto ours =
        std::ranges::count(inventory->addresses, AddressOrigin::ours, &AddressRecord::origin);
    EXPECT_EQ(ours, 300);

    EXPECT_TRUE(drained(*small).empty()) << "told once";
    ASSERT_EQ(apply(Verb::remove, "10.77.0.7/16"), 0);
    const auto later = drained(*small);
    ASSERT_EQ(later.size(), 1U) << "the stream flows again";
    EXPECT_TRUE(std::holds_alternative<AddressRemoved>(later[0]));
}

TEST_F(NetlinkEvents, LoseNoneOfTwoHundredAddressesWithTheDefaultBuffer) {
    drained(*monitor_);
    // As many as fit without the privilege to exceed net.core.rmem_max.
    auto requests = many_requests(request(Verb::add, "10.77.0.0/16", 60), 200);
    ASSERT_TRUE(sockets().apply(requests));
    const auto events = drained(*monitor_);
    const auto added = std::ranges::count_if(
        events, [](const auto& event) { return std::holds_alternative<AddressAdded>(event); });
    EXPECT_EQ(added, 200);
}

class NetlinkInventory : public NetlinkTest {};

TEST_F(NetlinkInventory, FindsLinksByTheirWholeName) {
    const auto inventory = take_inventory();
    ASSERT_TRUE(inventory) << inventory.error().what;
    ASSERT_TRUE(inventory->link("left"));
    EXPECT_EQ(inventory->link("left")->interface, index("left"));
    EXPECT_TRUE(inventory->link("left")->up);
    EXPECT_EQ(inventory->link("lef"), nullptr);
    EXPECT_EQ(inventory->link("left2"), nullptr);
    EXPECT_FALSE(inventory->link("lo")->up);
}

TEST_F(NetlinkInventory, TellsOurAddressesFromOthers) {
    add_address("10.77.0.1/24");
    add_address("fd77::1/64");
    ASSERT_EQ(apply(Verb::add, "10.77.0.100/24", 60), 0);
    ASSERT_EQ(apply(Verb::add, "fd77::64/64", 60), 0);
    const auto inventory = take_inventory();
    ASSERT_TRUE(inventory) << inventory.error().what;
    const auto origin = [&](const char* prefix) -> std::optional<AddressOrigin> {
        const auto found =
            std::ranges::find(inventory->addresses, *parse_prefix(prefix), &AddressRecord::address);
        if (found == inventory->addresses.end()) return {};
        return found->origin();
    };
    EXPECT_EQ(origin("10.77.0.1/24"), AddressOrigin::foreign);
    EXPECT_EQ(origin("fd77::1/64"), AddressOrigin::foreign);
    EXPECT_EQ(origin("10.77.0.100/24"), AddressOrigin::ours);
    EXPECT_EQ(origin("fd77::64/64"), AddressOrigin::ours);
}

TEST_F(NetlinkInventory, TellsWhichInterfacesPromote) {
    if (!turn_promotion_off()) GTEST_SKIP() << "/proc/sys is read-only here";
    ASSERT_TRUE(sockets().promote_secondaries(index("left")));
    const auto inventory = take_inventory();
    ASSERT_TRUE(inventory) << inventory.error().what;
    EXPECT_TRUE(inventory->link("left")->promotes_secondaries);
    EXPECT_FALSE(inventory->link("right")->promotes_secondaries);
}

TEST_F(NetlinkInventory, IsCompleteWhileAddressesComeAndGo) {
    constexpr int rounds = 50;
    auto lasting = many_requests(request(Verb::add, "10.77.0.0/16"), 300);
    ASSERT_TRUE(sockets().apply(lasting));
    auto others = AddressSocket::open();
    ASSERT_TRUE(others);
    AddressRequest fleeting = request(Verb::add, "10.88.0.1/24");
    std::atomic<bool> stop = false;
    std::thread disturber([&] {
        while (!stop) {
            fleeting.verb = fleeting.verb == Verb::add ? Verb::remove : Verb::add;
            (void)others->apply({&fleeting, 1});
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
    });
    for (int i = 0; i < rounds; ++i) {
        const auto inventory = take_inventory();
        EXPECT_TRUE(inventory) << inventory.error().what;
        if (!inventory) break;
        const auto found = std::ranges::count_if(
            inventory->addresses, [](const auto& record) { return record.address.length == 16; });
        EXPECT_EQ(found, 300);
    }
    stop = true;
    disturber.join();
}

}  // namespace
}  // namespace komainu
