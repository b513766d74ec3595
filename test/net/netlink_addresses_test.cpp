// Adding, renewing and removing addresses, against the kernel.
#include <gtest/gtest.h>
#include <linux/if_addr.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>

#include "test/lab/allocation_counter.h"
#include "test/net/netlink_fixture.h"

namespace komainu {
namespace {

using Verb = AddressRequest::Verb;
using namespace std::chrono_literals;

class NetlinkAddresses : public NetlinkTest {};

TEST_F(NetlinkAddresses, AddsIpv4AndIpv6InOneBatch) {
    AddressRequest both[] = {request(Verb::add, "10.77.0.100/24", 60),
                             request(Verb::add, "fd77::64/64", 60)};
    ASSERT_TRUE(sockets().apply(both));
    EXPECT_EQ(both[0].error, 0);
    EXPECT_EQ(both[1].error, 0);
    EXPECT_TRUE(seen("10.77.0.100/24"));
    EXPECT_TRUE(seen("fd77::64/64"));
}

TEST_F(NetlinkAddresses, AreMarkedAsOursAndLimitedInTime) {
    for (const char* prefix : {"10.77.0.100/24", "fd77::64/64"}) {
        ASSERT_EQ(apply(Verb::add, prefix, 60), 0);
        const auto address = seen(prefix);
        ASSERT_TRUE(address);
        EXPECT_EQ(address->proto, komainu_address_proto);
        EXPECT_LE(address->valid_seconds, 60U);
        EXPECT_GE(address->valid_seconds, 50U);
        EXPECT_FALSE(address->flags & IFA_F_PERMANENT);
    }
}

TEST_F(NetlinkAddresses, OfIpv6AreUsableAtOnceAndNeverPreferredAsASource) {
    ASSERT_EQ(apply(Verb::add, "fd77::64/64", 60), 0);
    const auto address = seen("fd77::64/64");
    ASSERT_TRUE(address);
    EXPECT_TRUE(address->flags & IFA_F_NODAD);
    EXPECT_TRUE(address->flags & IFA_F_DEPRECATED);
    EXPECT_FALSE(address->flags & IFA_F_TENTATIVE);
    EXPECT_EQ(address->preferred_seconds, 0U);
}

TEST_F(NetlinkAddresses, OfIpv4AreNotDeprecated) {
    ASSERT_EQ(apply(Verb::add, "10.77.0.100/24", 60), 0);
    EXPECT_FALSE(seen("10.77.0.100/24")->flags & IFA_F_DEPRECATED);
}

TEST_F(NetlinkAddresses, AreRefusedWhenTheyAreThereAlready) {
    add_address("10.77.0.100/24");
    add_address("fd77::64/64");
    EXPECT_EQ(apply(Verb::add, "10.77.0.100/24", 60), EEXIST);
    EXPECT_EQ(apply(Verb::add, "fd77::64/64", 60), EEXIST);
}

TEST_F(NetlinkAddresses, OfOthersAreLeftAsTheyAreByARefusedAdd) {
    add_address("10.77.0.100/24");
    ASSERT_EQ(apply(Verb::add, "10.77.0.100/24", 1), EEXIST);
    EXPECT_TRUE(seen("10.77.0.100/24")->flags & IFA_F_PERMANENT);
    EXPECT_NE(seen("10.77.0.100/24")->proto, komainu_address_proto);
}

TEST_F(NetlinkAddresses, AreGoneWhenTheirTimeIsUp) {
    ASSERT_EQ(apply(Verb::add, "10.77.0.100/24", 1), 0);
    ASSERT_EQ(apply(Verb::add, "fd77::64/64", 1), 0);
    EXPECT_TRUE(goes_within("10.77.0.100/24", 4000));
    EXPECT_TRUE(goes_within("fd77::64/64", 4000));
}

TEST_F(NetlinkAddresses, StayAsLongAsTheyAreRenewed) {
    constexpr int renewals = 7;
    for (const char* prefix : {"10.77.0.100/24", "fd77::64/64"})
        ASSERT_EQ(apply(Verb::add, prefix, 2), 0);
    for (int i = 0; i < renewals; ++i) {
        std::this_thread::sleep_for(500ms);
        for (const char* prefix : {"10.77.0.100/24", "fd77::64/64"})
            ASSERT_TRUE(seen(prefix)) << prefix;
        for (const char* prefix : {"10.77.0.100/24", "fd77::64/64"})
            ASSERT_EQ(apply(Verb::renew, prefix, 2), 0);
    }
    EXPECT_TRUE(goes_within("10.77.0.100/24", 5000));
    EXPECT_TRUE(goes_within("fd77::64/64", 5000));
}

TEST_F(NetlinkAddresses, KeepTheirMarkAndFlagsWhenRenewed) {
    for (const char* prefix : {"10.77.0.100/24", "fd77::64/64"}) {
        ASSERT_EQ(apply(Verb::add, prefix, 60), 0);
        const auto before = seen(prefix);
        ASSERT_EQ(apply(Verb::renew, prefix, 600), 0);
        EXPECT_EQ(seen(prefix)->proto, before->proto);
        EXPECT_EQ(seen(prefix)->flags, before->flags);
        EXPECT_GT(seen(prefix)->valid_seconds, 500U);
    }
}

TEST_F(NetlinkAddresses, ArePutBackByARenewal) {
    for (const char* prefix : {"10.77.0.100/24", "fd77::64/64"}) {
        ASSERT_EQ(apply(Verb::renew, prefix, 60), 0);
        EXPECT_EQ(seen(prefix)->proto, komainu_address_proto);
    }
}

TEST_F(NetlinkAddresses, AreRemovedAlone) {
    for (const char* prefix : {"10.77.0.1/24", "10.77.0.2/24", "fd77::1/64", "fd77::2/64"})
        add_address(prefix);
    for (const char* prefix : {"10.77.0.100/24", "fd77::64/64"}) {
        ASSERT_EQ(apply(Verb::add, prefix, 60), 0);
        ASSERT_EQ(apply(Verb::remove, prefix), 0);
        EXPECT_FALSE(seen(prefix));
    }
    for (const char* prefix : {"10.77.0.1/24", "10.77.0.2/24", "fd77::1/64", "fd77::2/64"})
        EXPECT_TRUE(seen(prefix)) << prefix;
}

TEST_F(NetlinkAddresses, AreRemovedByTheirPrefixLengthToo) {
    for (const char* prefix : {"10.77.0.100/24", "10.77.0.100/16", "fd77::64/128"})
        add_address(prefix);
    ASSERT_EQ(apply(Verb::add, "10.77.0.100/32", 60), 0);
    ASSERT_EQ(apply(Verb::remove, "10.77.0.100/32"), 0);
    EXPECT_FALSE(seen("10.77.0.100/32"));
    EXPECT_EQ(apply(Verb::remove, "10.77.0.100/32"), EADDRNOTAVAIL);
    EXPECT_EQ(apply(Verb::remove, "fd77::64/64"), EADDRNOTAVAIL);
    for (const char* prefix : {"10.77.0.100/24", "10.77.0.100/16", "fd77::64/128"})
        EXPECT_TRUE(seen(prefix)) << prefix;
}

TEST_F(NetlinkAddresses, ThatAreNotThereNeedNoRemoval) {
    AddressRequest requests[] = {request(Verb::remove, "10.77.0.100/24"),
                                 request(Verb::remove, "fd77::64/64"),
                                 request(Verb::remove, "10.77.0.100/24")};
    requests[2].interface = InterfaceIndex{4711};
    ASSERT_TRUE(sockets().apply(requests));
    for (const auto& gone : requests) {
        EXPECT_NE(gone.error, 0);
        EXPECT_TRUE(gone.fulfilled()) << gone.error;
    }
}

TEST_F(NetlinkAddresses, WithAFaultDoNotStopTheOthersOfTheirBatch) {
    add_address("10.77.0.101/24");
    AddressRequest requests[] = {
        request(Verb::add, "10.77.0.100/24", 60), request(Verb::add, "10.77.0.101/24", 60),
        request(Verb::add, "10.77.0.102/24", 60), request(Verb::add, "10.77.0.103/24", 60)};
    requests[2].interface = InterfaceIndex{4711};
    ASSERT_TRUE(sockets().apply(requests));
    EXPECT_EQ(requests[0].error, 0);
    EXPECT_EQ(requests[1].error, EEXIST);
    EXPECT_EQ(requests[2].error, ENODEV);
    EXPECT_EQ(requests[3].error, 0);
}

TEST_F(NetlinkAddresses, ComeAndGoByTheHundred) {
    constexpr int many = 300;  // More than a batch, and than acknowledgements in a receive buffer.
    std::vector<AddressRequest> requests;
    for (int i = 0; i < many; ++i)
        requests.push_back(request(
            Verb::add,
            "10.77." + std::to_string(i / 250) + "." + std::to_string(1 + i % 250) + "/16", 60));
    ASSERT_TRUE(sockets().apply(requests));
    for (const auto& added : requests) EXPECT_EQ(added.error, 0);
    EXPECT_EQ(count_ipv4_addresses(), 300U);
    // The last first: the first is the primary address of the subnet, and takes the others along.
    std::ranges::reverse(requests);
    for (auto& one : requests) one.verb = Verb::remove;
    ASSERT_TRUE(sockets().apply(requests));
    for (const auto& removed : requests) EXPECT_EQ(removed.error, 0);
    EXPECT_EQ(count_ipv4_addresses(), 0U);
}

TEST_F(NetlinkAddresses, NeedNoAllocation) {
    AddressRequest add = request(Verb::add, "10.77.0.100/24", 60);
    AddressRequest remove = request(Verb::remove, "10.77.0.100/24");
    const auto before = lab::allocations();
    const bool added = bool(sockets().apply({&add, 1}));
    const bool removed = bool(sockets().apply({&remove, 1}));
    EXPECT_EQ(lab::allocations(), before);
    EXPECT_TRUE(added && removed && add.error == 0 && remove.error == 0);
}

// The kernel's rule: who came first to an IPv4 subnet takes the others of it along.
TEST_F(NetlinkAddresses, ThatCameFirstTakeTheNodesOwnWithThemUnlessTheInterfacePromotes) {
    if (!turn_promotion_off()) GTEST_SKIP() << "/proc/sys is read-only here";
    ASSERT_EQ(apply(Verb::add, "10.77.0.100/24", 60), 0);
    add_address("10.77.0.1/24");
    ASSERT_EQ(apply(Verb::remove, "10.77.0.100/24"), 0);
    EXPECT_FALSE(seen("10.77.0.1/24"));
}

TEST_F(NetlinkAddresses, ThatCameFirstGoAloneWhereTheInterfacePromotes) {
    if (!turn_promotion_off()) GTEST_SKIP() << "/proc/sys is read-only here";
    ASSERT_TRUE(sockets().promote_secondaries(index("left")));
    EXPECT_TRUE(promotes_secondaries("left"));
    EXPECT_FALSE(promotes_secondaries("right"));
    ASSERT_EQ(apply(Verb::add, "10.77.0.100/24", 60), 0);
    add_address("10.77.0.1/24");
    ASSERT_TRUE(seen("10.77.0.1/24")->flags & IFA_F_SECONDARY);
    ASSERT_EQ(apply(Verb::remove, "10.77.0.100/24"), 0);
    ASSERT_TRUE(seen("10.77.0.1/24"));
    EXPECT_FALSE(seen("10.77.0.1/24")->flags & IFA_F_SECONDARY);
    EXPECT_TRUE(has_route("10.77.0.0/24"));
}

TEST_F(NetlinkAddresses, ThatCameFirstAndExpireGoAloneWhereTheInterfacePromotes) {
    if (!turn_promotion_off()) GTEST_SKIP() << "/proc/sys is read-only here";
    ASSERT_TRUE(sockets().promote_secondaries(index("left")));
    ASSERT_EQ(apply(Verb::add, "10.77.0.100/24", 1), 0);
    add_address("10.77.0.1/24");
    ASSERT_TRUE(goes_within("10.77.0.100/24", 4000));
    EXPECT_TRUE(seen("10.77.0.1/24"));
    EXPECT_TRUE(has_route("10.77.0.0/24"));
}

TEST_F(NetlinkAddresses, SurviveTheNodesOwnWhereTheInterfacePromotes) {
    if (!turn_promotion_off()) GTEST_SKIP() << "/proc/sys is read-only here";
    ASSERT_TRUE(sockets().promote_secondaries(index("left")));
    add_address("10.77.0.1/24");
    ASSERT_EQ(apply(Verb::add, "10.77.0.100/24", 60), 0);
    remove_address("10.77.0.1/24");
    ASSERT_TRUE(seen("10.77.0.100/24"));
    EXPECT_EQ(seen("10.77.0.100/24")->proto, komainu_address_proto);
    EXPECT_LE(seen("10.77.0.100/24")->valid_seconds, 60U);
}

TEST_F(NetlinkAddresses, OfHostPrefixAreNeverPrimaryToTheNodesOwn) {
    ASSERT_EQ(apply(Verb::add, "10.77.0.100/32", 60), 0);
    add_address("10.77.0.1/24");
    ASSERT_EQ(apply(Verb::remove, "10.77.0.100/32"), 0);
    EXPECT_TRUE(seen("10.77.0.1/24"));
}

TEST_F(NetlinkAddresses, OfIpv6LeaveTheNodesOwnNetworkRouteAsItWas) {
    add_address("fd77::1/64");
    ASSERT_EQ(apply(Verb::add, "fd77::64/64", 1), 0);
    ASSERT_EQ(apply(Verb::renew, "fd77::64/64", 1), 0);
    ASSERT_TRUE(goes_within("fd77::64/64", 4000));
    std::this_thread::sleep_for(1500ms);  // The route would have the lifetime of the address.
    EXPECT_TRUE(has_route("fd77::/64"));
    ASSERT_EQ(apply(Verb::add, "fd77::64/64", 60), 0);
    ASSERT_EQ(apply(Verb::remove, "fd77::64/64"), 0);
    EXPECT_TRUE(has_route("fd77::/64"));
}

TEST_F(NetlinkAddresses, PromotionIsRefusedForAnInterfaceThatIsNotThere) {
    const Status refused = sockets().promote_secondaries(InterfaceIndex{4711});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ENODEV);
}

}  // namespace
}  // namespace komainu
