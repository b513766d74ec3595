// The requests' bytes, whole. Netlink is in the byte order of the machine: the golden bytes are
// those of a little-endian one.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>

#include "netlink/messages.h"

namespace komainu {
namespace {

using Golden = std::vector<int>;

class NetlinkRequest : public ::testing::Test {
protected:
    void SetUp() override {
        if constexpr (std::endian::native != std::endian::little)
            GTEST_SKIP() << "the golden bytes are little-endian";
        room_.fill(std::byte{0xee});  // Whatever a builder does not write shows.
    }

    Golden bytes(std::size_t length) const {
        Golden numbers;
        for (const std::byte b : std::span(room_).first(length))
            numbers.push_back(std::to_integer<int>(b));
        return numbers;
    }
    Golden built(AddressRequest::Verb verb, const char* prefix) {
        return built({verb, InterfaceIndex{3}, *parse_prefix(prefix), 5});
    }

    Golden built(const AddressRequest& request) {
        return bytes(build_address_request(room_, 0x01020304, request));
    }

    alignas(netlink_alignment) std::array<std::byte, netlink_request_bytes_max> room_{};
};

using Verb = AddressRequest::Verb;

AddressRequest with_all(const char* prefix, const char* label) {
    return {.verb = Verb::add,
            .interface = InterfaceIndex{3},
            .address = *parse_prefix(prefix),
            .valid_seconds = 5,
            .label = label,
            .scope = AddressScope::link,
            .prefix_route = false};
}

// clang-format off
TEST_F(NetlinkRequest, AddsAnIpv4AddressWithItsLifetimeAndOurMark) {
    EXPECT_EQ(built(Verb::add, "10.77.0.100/24"), (Golden{
        68, 0, 0, 0,   20, 0,   0x05, 0x06,       // length, RTM_NEWADDR, REQUEST ACK EXCL CREATE
        4, 3, 2, 1,    0, 0, 0, 0,                // sequence, port
        2, 24, 0, 0,   3, 0, 0, 0,                // AF_INET, /24, flags, scope; interface
        8, 0, 2, 0,    10, 77, 0, 100,            // IFA_LOCAL
        8, 0, 1, 0,    10, 77, 0, 100,            // IFA_ADDRESS
        20, 0, 6, 0,   5, 0, 0, 0,  5, 0, 0, 0,   // IFA_CACHEINFO: preferred, valid,
                       0, 0, 0, 0,  0, 0, 0, 0,   //   and stamps that only the kernel writes
        5, 0, 11, 0,   0x6b, 0, 0, 0}));          // IFA_PROTO and padding
}

TEST_F(NetlinkRequest, AddsAnIpv6AddressWithoutDuplicateDetectionAndNeverPreferred) {
    EXPECT_EQ(built(Verb::add, "fd77::64/64"), (Golden{
        100, 0, 0, 0,  20, 0,   0x05, 0x06,
        4, 3, 2, 1,    0, 0, 0, 0,
        10, 64, 0, 0,  3, 0, 0, 0,
        20, 0, 2, 0,   0xfd, 0x77, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x64,
        20, 0, 1, 0,   0xfd, 0x77, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x64,
        8, 0, 8, 0,    2, 0, 0, 0,                // IFA_FLAGS: IFA_F_NODAD
        20, 0, 6, 0,   0, 0, 0, 0,  5, 0, 0, 0,   // preferred for no time, valid for 5 s
                       0, 0, 0, 0,  0, 0, 0, 0,
        5, 0, 11, 0,   0x6b, 0, 0, 0}));
}

TEST_F(NetlinkRequest, AddsAnIpv4AddressWithLabelAndScopeAndWithoutARoute) {
    EXPECT_EQ(built(with_all("10.77.0.100/32", "eth0:pg")), (Golden{
        88, 0, 0, 0,   20, 0,   0x05, 0x06,
        4, 3, 2, 1,    0, 0, 0, 0,
        2, 32, 0, 253, 3, 0, 0, 0,                // AF_INET, /32, flags, scope link; interface
        8, 0, 2, 0,    10, 77, 0, 100,
        8, 0, 1, 0,    10, 77, 0, 100,
        8, 0, 8, 0,    0, 2, 0, 0,                // IFA_FLAGS: IFA_F_NOPREFIXROUTE
        12, 0, 3, 0,   'e', 't', 'h', '0', ':', 'p', 'g', 0,  // IFA_LABEL
        20, 0, 6, 0,   5, 0, 0, 0,  5, 0, 0, 0,
                       0, 0, 0, 0,  0, 0, 0, 0,
        5, 0, 11, 0,   0x6b, 0, 0, 0}));
}

TEST_F(NetlinkRequest, AddsAnIpv6AddressWithoutARouteByAFlagBesideTheOther) {
    AddressRequest request{Verb::add, InterfaceIndex{3}, *parse_prefix("fd77::64/64"), 5};
    request.prefix_route = false;
    auto expected = built(Verb::add, "fd77::64/64");
    constexpr std::size_t flags = 68;             // the payload of IFA_FLAGS
    ASSERT_EQ(expected.at(flags), 0x02);
    expected.at(flags + 1) = 0x02;                // IFA_F_NODAD | IFA_F_NOPREFIXROUTE
    EXPECT_EQ(built(request), expected);
}

TEST_F(NetlinkRequest, RemovesByAddressAndPrefixLength) {
    EXPECT_EQ(built(Verb::remove, "10.77.0.100/24"), (Golden{
        40, 0, 0, 0,   21, 0,   0x05, 0x00,       // RTM_DELADDR, REQUEST ACK
        4, 3, 2, 1,    0, 0, 0, 0,
        2, 24, 0, 0,   3, 0, 0, 0,
        8, 0, 2, 0,    10, 77, 0, 100,
        8, 0, 1, 0,    10, 77, 0, 100}));
}

TEST_F(NetlinkRequest, SetsPromoteSecondariesOfOneInterface) {
    EXPECT_EQ(bytes(build_promote_secondaries(room_, 1, InterfaceIndex{3})), (Golden{
        52, 0, 0, 0,   19, 0,   0x05, 0x00,       // RTM_SETLINK, REQUEST ACK
        1, 0, 0, 0,    0, 0, 0, 0,
        0, 0, 0, 0,    3, 0, 0, 0,                // AF_UNSPEC, type; interface
        0, 0, 0, 0,    0, 0, 0, 0,                // flags, change
        20, 0, 26, 0x80,                          // IFLA_AF_SPEC, nested
        16, 0, 2, 0x80,                           //   AF_INET, nested
        12, 0, 1, 0x80,                           //     IFLA_INET_CONF, nested
        8, 0, 20, 0,   1, 0, 0, 0}));             //       PROMOTE_SECONDARIES = 1
}

TEST_F(NetlinkRequest, MakesHooksForFilters) {
    const FilterRequest request{FilterRequest::Verb::prepare, InterfaceIndex{3}};
    EXPECT_EQ(bytes(build_filter_request(room_, 1, request)), (Golden{
        48, 0, 0, 0,   36, 0,   0x05, 0x06,       // RTM_NEWQDISC, REQUEST ACK EXCL CREATE
        1, 0, 0, 0,    0, 0, 0, 0,
        0, 0, 0, 0,    3, 0, 0, 0,                // AF_UNSPEC; interface
        0, 0, 255, 255,  0xf1, 255, 255, 255,     // handle ffff:, parent clsact
        0, 0, 0, 0,                               // info
        11, 0, 1, 0,   'c', 'l', 's', 'a', 'c', 't', 0, 0}));
}

TEST_F(NetlinkRequest, PutsAProgramIntoOurPlaceAtAHook) {
    const FilterRequest request{FilterRequest::Verb::put, InterfaceIndex{3}, Hook::egress, 9};
    EXPECT_EQ(bytes(build_filter_request(room_, 1, request)), (Golden{
        92, 0, 0, 0,   44, 0,   0x05, 0x04,       // RTM_NEWTFILTER, REQUEST ACK CREATE
        1, 0, 0, 0,    0, 0, 0, 0,
        0, 0, 0, 0,    3, 0, 0, 0,
        'a', 'm', 'o', 'k',  0xf3, 255, 255, 255, // handle, parent egress
        0, 3, 7, 0,                               // every protocol, priority 7
        8, 0, 1, 0,    'b', 'p', 'f', 0,
        48, 0, 2, 0x80,                           // TCA_OPTIONS, nested
        8, 0, 6, 0,    9, 0, 0, 0,                //   TCA_BPF_FD
        18, 0, 7, 0,   'k', 'o', 'm', 'a', 'i', 'n', 'u', '-', 'f', 'e', 'n', 'c', 'e', 0, 0, 0,
        8, 0, 8, 0,    1, 0, 0, 0,                //   TCA_BPF_FLAGS: direct action
        8, 0, 9, 0,    1, 0, 0, 0}));             //   TCA_BPF_FLAGS_GEN: not in hardware
}

TEST_F(NetlinkRequest, RemovesOnlyWhatHasOurHandle) {
    const FilterRequest request{FilterRequest::Verb::remove, InterfaceIndex{3}, Hook::ingress};
    EXPECT_EQ(bytes(build_filter_request(room_, 1, request)), (Golden{
        44, 0, 0, 0,   45, 0,   0x05, 0x00,       // RTM_DELTFILTER, REQUEST ACK
        1, 0, 0, 0,    0, 0, 0, 0,
        0, 0, 0, 0,    3, 0, 0, 0,
        'a', 'm', 'o', 'k',  0xf2, 255, 255, 255,
        0, 3, 7, 0,
        8, 0, 1, 0,    'b', 'p', 'f', 0}));
}
// clang-format on

TEST_F(NetlinkRequest, RenewsAsItAddsButReplacing) {
    const auto added = built(Verb::add, "10.77.0.100/24");
    auto renewed = built(Verb::renew, "10.77.0.100/24");
    EXPECT_EQ(renewed[7], 0x05);  // REPLACE CREATE
    renewed[7] = added[7];
    EXPECT_EQ(renewed, added);
}

TEST_F(NetlinkRequest, HasALengthThatAnotherMessageMayFollow) {
    for (const auto verb : {Verb::add, Verb::renew, Verb::remove})
        for (const char* prefix : {"10.77.0.100/24", "fd77::64/64"})
            EXPECT_EQ(built(verb, prefix).size() % netlink_alignment, 0U);
}

TEST_F(NetlinkRequest, KnowsEachScopeByTheKernelsNumber) {
    AddressRequest request = with_all("10.77.0.100/32", "");
    constexpr std::size_t scope = 19;
    EXPECT_EQ(built(request).at(scope), 253);
    request.scope = AddressScope::site;
    EXPECT_EQ(built(request).at(scope), 200);
    request.scope = AddressScope::global;
    EXPECT_EQ(built(request).at(scope), 0);
}

TEST_F(NetlinkRequest, HasRoomForTheLongestLabel) {
    EXPECT_EQ(built(with_all("10.77.0.100/32", "eth0:fifteenltr")).size(), 96U);
}

// What else an address has is not asked for: one of ours may have been given another label.
TEST_F(NetlinkRequest, RemovesWhateverTheLabelIs) {
    AddressRequest request = with_all("10.77.0.100/24", "eth0:pg");
    request.verb = Verb::remove;
    request.scope = AddressScope::global;
    EXPECT_EQ(built(request), built(Verb::remove, "10.77.0.100/24"));
}

bool fulfilled(Verb verb, int error) {
    AddressRequest request;
    request.verb = verb;
    request.error = error;
    return request.fulfilled();
}

TEST(AddressRequest, IsFulfilledWhenWhatShallGoIsNotThere) {
    for (const int error : {0, EADDRNOTAVAIL, ENODEV, ENXIO})
        EXPECT_TRUE(fulfilled(Verb::remove, error));
    for (const int error : {EPERM, ETIMEDOUT, EINVAL}) EXPECT_FALSE(fulfilled(Verb::remove, error));
}

TEST(AddressRequest, IsNotFulfilledWhenAnAddressToAddIsThereAlready) {
    EXPECT_TRUE(fulfilled(Verb::add, 0));
    EXPECT_FALSE(fulfilled(Verb::add, EEXIST));
    EXPECT_FALSE(fulfilled(Verb::renew, ENODEV));
}

}  // namespace
}  // namespace komainu
