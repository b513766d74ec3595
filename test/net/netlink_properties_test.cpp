// What an address may have besides its lifetime: label, scope, and no route to its network. What
// the kernel makes of it is read by libnl.
#include <gtest/gtest.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include <cerrno>

#include "test/net/netlink_fixture.h"

namespace komainu {
namespace {

using Verb = AddressRequest::Verb;

class NetlinkProperties : public NetlinkTest {
protected:
    AddressRequest labelled(Verb verb, const char* label, std::uint32_t valid_seconds = 60) {
        AddressRequest made = request(verb, "10.77.0.100/32", valid_seconds);
        made.label = label;
        made.scope = AddressScope::link;
        return made;
    }
    AddressRequest routeless(Verb verb, const std::string& prefix, std::uint32_t seconds = 60) {
        AddressRequest made = request(verb, prefix, seconds);
        made.prefix_route = false;
        return made;
    }
};

TEST_F(NetlinkProperties, AreTheKernelsOwnWhenNoneAreGiven) {
    ASSERT_EQ(apply(Verb::add, "10.77.0.100/24", 60), 0);
    EXPECT_EQ(seen("10.77.0.100/24")->label, "left");
    EXPECT_EQ(seen("10.77.0.100/24")->scope, RT_SCOPE_UNIVERSE);
    EXPECT_TRUE(has_route("10.77.0.0/24"));
}

TEST_F(NetlinkProperties, OfIpv4AreLabelAndScope) {
    for (const auto& [scope, number] : {std::pair(AddressScope::link, RT_SCOPE_LINK),
                                        std::pair(AddressScope::site, RT_SCOPE_SITE),
                                        std::pair(AddressScope::global, RT_SCOPE_UNIVERSE)}) {
        AddressRequest add = labelled(Verb::add, "left:0123456789");
        add.scope = scope;
        ASSERT_EQ(apply(add), 0);
        EXPECT_EQ(seen("10.77.0.100/32")->label, "left:0123456789");
        EXPECT_EQ(seen("10.77.0.100/32")->scope, number);
        ASSERT_EQ(apply(Verb::remove, "10.77.0.100/32"), 0);
    }
}

TEST_F(NetlinkProperties, OutliveARenewal) {
    ASSERT_EQ(apply(labelled(Verb::add, "left:pg")), 0);
    ASSERT_EQ(apply(routeless(Verb::add, "10.78.0.100/24")), 0);
    ASSERT_EQ(apply(routeless(Verb::add, "fd78::64/64")), 0);
    ASSERT_EQ(apply(labelled(Verb::renew, "left:pg", 600)), 0);
    ASSERT_EQ(apply(routeless(Verb::renew, "10.78.0.100/24", 600)), 0);
    ASSERT_EQ(apply(routeless(Verb::renew, "fd78::64/64", 600)), 0);
    EXPECT_EQ(seen("10.77.0.100/32")->label, "left:pg");
    EXPECT_EQ(seen("10.77.0.100/32")->scope, RT_SCOPE_LINK);
    for (const char* prefix : {"10.77.0.100/32", "10.78.0.100/24", "fd78::64/64"}) {
        EXPECT_GT(seen(prefix)->valid_seconds, 500U) << prefix;
        EXPECT_EQ(seen(prefix)->proto, komainu_address_proto) << prefix;
    }
    for (const char* prefix : {"10.78.0.100/24", "fd78::64/64"})
        EXPECT_TRUE(seen(prefix)->flags & IFA_F_NOPREFIXROUTE) << prefix;
    EXPECT_TRUE(seen("fd78::64/64")->flags & IFA_F_NODAD);
    EXPECT_FALSE(has_route("10.78.0.0/24"));
    EXPECT_FALSE(has_route("fd78::/64"));
}

TEST_F(NetlinkProperties, AreThereWhenARenewalPutsTheAddressBack) {
    ASSERT_EQ(apply(labelled(Verb::renew, "left:pg")), 0);
    EXPECT_EQ(seen("10.77.0.100/32")->label, "left:pg");
    EXPECT_EQ(seen("10.77.0.100/32")->scope, RT_SCOPE_LINK);
    ASSERT_EQ(apply(routeless(Verb::renew, "fd78::64/64")), 0);
    EXPECT_FALSE(has_route("fd78::/64"));
}

// Why an address of an earlier run is removed and not renewed (VipSet).
TEST_F(NetlinkProperties, OfIpv4AreNotChangedByARenewal) {
    ASSERT_EQ(apply(labelled(Verb::add, "left:old")), 0);
    ASSERT_EQ(apply(labelled(Verb::add, "left:new")), EEXIST);
    ASSERT_EQ(apply(labelled(Verb::renew, "left:new")), 0);
    EXPECT_EQ(seen("10.77.0.100/32")->label, "left:old");
    ASSERT_EQ(apply(labelled(Verb::remove, "left:new")), 0) << "whatever the label is";
    EXPECT_FALSE(seen("10.77.0.100/32"));
}

// Why conf/ wants a host prefix for every other scope.
TEST_F(NetlinkProperties, MayNotIncludeAScopeThatIsNotThatOfTheNetwork) {
    add_address("10.77.0.1/24");
    AddressRequest add = request(Verb::add, "10.77.0.100/24", 60);
    add.scope = AddressScope::link;
    EXPECT_EQ(apply(add), EINVAL);
    EXPECT_EQ(apply(labelled(Verb::add, "left:pg")), 0);
}

TEST_F(NetlinkProperties, WithoutARouteLeaveThatOfTheNodesOwnAlone) {
    for (const char* prefix : {"10.77.0.1/24", "fd77::1/64"}) add_address(prefix);
    for (const char* prefix : {"10.77.0.100/24", "10.77.0.101/32", "fd77::64/64", "fd77::65/128"}) {
        ASSERT_EQ(apply(routeless(Verb::add, prefix)), 0) << prefix;
        ASSERT_EQ(apply(routeless(Verb::renew, prefix)), 0) << prefix;
        ASSERT_EQ(apply(Verb::remove, prefix), 0) << prefix;
        EXPECT_TRUE(has_route("10.77.0.0/24"));
        EXPECT_TRUE(has_route("fd77::/64"));
    }
}

// Why conf/ warns of it: the kernel gives a secondary address no route, whatever the first has.
TEST_F(NetlinkProperties, OfIpv4WithoutARouteDenyOneToTheNodesOwnThatComesLater) {
    ASSERT_EQ(apply(routeless(Verb::add, "10.77.0.100/24")), 0);
    add_address("10.77.0.1/24");
    EXPECT_FALSE(has_route("10.77.0.0/24"));
    ASSERT_EQ(apply(routeless(Verb::add, "10.78.0.100/32")), 0);
    add_address("10.78.0.1/24");
    EXPECT_TRUE(has_route("10.78.0.0/24"));
    ASSERT_EQ(apply(routeless(Verb::add, "fd77::64/64")), 0);
    add_address("fd77::1/64");
    EXPECT_TRUE(has_route("fd77::/64"));
}

TEST_F(NetlinkProperties, OfAHostPrefixWithoutARouteBringNone) {
    for (const char* prefix : {"10.77.0.100/32", "fd77::64/128"}) {
        ASSERT_EQ(apply(routeless(Verb::add, prefix)), 0);
        EXPECT_TRUE(seen(prefix));
        EXPECT_FALSE(has_route(prefix)) << prefix;
    }
    EXPECT_FALSE(has_route("10.77.0.0/24"));
    EXPECT_FALSE(has_route("fd77::/64"));
}

// Why VipSet asks for no route with every host prefix: the kernel removes the route of a permanent
// address only, and lets this one expire.
TEST_F(NetlinkProperties, OfAnIpv6HostPrefixLeaveARouteBehindUnlessThereIsNone) {
    ASSERT_EQ(apply(Verb::add, "fd77::64/128", 60), 0);
    ASSERT_EQ(apply(Verb::remove, "fd77::64/128"), 0);
    EXPECT_TRUE(has_route("fd77::64/128"));
}

}  // namespace
}  // namespace komainu
