// Unsolicited neighbor advertisements: golden bytes, and one test per sentence of RFC 4861 that we
// follow. The golden checksums were computed by other code than ours.
#include "packet/ndp.h"

#include <gtest/gtest.h>

#include <vector>

namespace komainu {

namespace {

constexpr MacAddress mac{{0x02, 0x00, 0x00, 0x00, 0x00, 0xa1}};
constexpr IpAddress vip{Family::ipv6,
                        {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, 0x00}};

std::vector<int> numbers(Bytes bytes) {
    std::vector<int> result;
    for (const std::byte b : bytes) result.push_back(std::to_integer<int>(b));
    return result;
}

std::vector<int> golden(int checksum_high, int checksum_low, int flags) {
    return {0x33,
            0x33,
            0x00,
            0x00,
            0x00,
            0x01,
            0x02,
            0x00,
            0x00,
            0x00,
            0x00,
            0xa1,
            0x86,
            0xdd,  // Ethernet
            0x60,
            0x00,
            0x00,
            0x00,
            0x00,
            0x20,
            58,
            255,  // IPv6
            0x20,
            0x01,
            0x0d,
            0xb8,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0x01,
            0x00,  // source
            0xff,
            0x02,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            1,  // all nodes
            136,
            0,
            checksum_high,
            checksum_low,
            flags,
            0,
            0,
            0,  // ICMPv6
            0x20,
            0x01,
            0x0d,
            0xb8,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0x01,
            0x00,  // target
            2,
            1,
            0x02,
            0x00,
            0x00,
            0x00,
            0x00,
            0xa1};  // option
}

AdvertisementPacket advertised(Forwarding forwarding = Forwarding::host) {
    const auto packet = parse_advertisement(neighbor_advertisement(mac, vip, forwarding));
    EXPECT_TRUE(packet);
    return packet.value_or(AdvertisementPacket{});
}

// Offsets in the frame.
constexpr std::size_t hop_limit_at = 21;
constexpr std::size_t code_at = 55;
constexpr std::size_t checksum_at = 56;
constexpr std::size_t option_length_at = 79;
constexpr std::size_t mac_low_byte_at = 85;

// The frame with the low byte of a 16-bit word changed and a checksum that fits again.
AdvertisementFrame changed(std::size_t offset, int by) {
    auto frame = neighbor_advertisement(mac, vip, Forwarding::host);
    const auto add = [&](std::size_t at, int difference) {
        frame[at] = static_cast<std::byte>(std::to_integer<int>(frame[at]) + difference);
    };
    add(offset, by);
    add(checksum_at + 1, -by);
    return frame;
}

}  // namespace

TEST(NeighborAdvertisement, HasTheseBytes) {
    EXPECT_EQ(numbers(neighbor_advertisement(mac, vip, Forwarding::host)),
              golden(0xf6, 0x8c, 0x20));
}

TEST(NeighborAdvertisement, OfARouterHasTheseBytes) {
    EXPECT_EQ(numbers(neighbor_advertisement(mac, vip, Forwarding::router)),
              golden(0x76, 0x8c, 0xa0));
}

// Section 4.4, "Source Address": one that is assigned to the sending interface.
TEST(NeighborAdvertisement, SourceIsTheAnnouncedAddress) { EXPECT_EQ(advertised().source, vip); }

// Section 7.2.6: unsolicited advertisements go to the all-nodes multicast address.
TEST(NeighborAdvertisement, GoesToAllNodes) {
    EXPECT_EQ(advertised().destination, parse_address("ff02::1"));
    EXPECT_EQ(advertised().ethernet.destination, mac_all_nodes);
}

// Section 4.4, "Hop Limit": 255.
TEST(NeighborAdvertisement, HopLimitIs255) { EXPECT_EQ(advertised().hop_limit, 255); }

// Section 7.2.6: the Target Address is an address of the interface.
TEST(NeighborAdvertisement, TargetIsTheAnnouncedAddress) { EXPECT_EQ(advertised().target, vip); }

// Section 7.2.6: the target link-layer address option carries the new link-layer address.
TEST(NeighborAdvertisement, CarriesTheHardwareAddress) { EXPECT_EQ(advertised().target_mac, mac); }

// Section 7.2.6: the Solicited flag MUST be zero, lest neighbours take it for reachability.
TEST(NeighborAdvertisement, IsNotSolicited) { EXPECT_FALSE(advertised().solicited); }

// Section 7.2.6: with the Override flag, neighbours replace the hardware address that they cached.
TEST(NeighborAdvertisement, Overrides) { EXPECT_TRUE(advertised().override_flag); }

// Section 7.2.6: a router MUST set the Router flag, a host MUST NOT.
TEST(NeighborAdvertisement, RouterFlagTellsWhetherWeForward) {
    EXPECT_FALSE(advertised(Forwarding::host).router);
    EXPECT_TRUE(advertised(Forwarding::router).router);
}

TEST(NeighborAdvertisementParser, IgnoresBytesAfterThePacket) {
    const auto frame = neighbor_advertisement(mac, vip, Forwarding::host);
    std::vector<std::byte> longer(frame.begin(), frame.end());
    longer.resize(frame.size() + 4);
    ASSERT_TRUE(parse_advertisement(longer));
    EXPECT_EQ(parse_advertisement(longer)->target_mac, mac);
}

TEST(NeighborAdvertisementParser, RejectsEveryTruncation) {
    const auto frame = neighbor_advertisement(mac, vip, Forwarding::host);
    for (std::size_t length = 0; length < frame.size(); ++length)
        EXPECT_FALSE(parse_advertisement(Bytes(frame).first(length))) << length;
}

// Section 7.1.2: what a node MUST silently discard.
TEST(NeighborAdvertisementParser, DiscardsAWrongHopLimit) {
    auto frame = neighbor_advertisement(mac, vip, Forwarding::host);
    frame[hop_limit_at] = std::byte{254};
    EXPECT_FALSE(parse_advertisement(frame));
}

TEST(NeighborAdvertisementParser, DiscardsAWrongChecksum) {
    auto frame = neighbor_advertisement(mac, vip, Forwarding::host);
    frame[checksum_at] ^= std::byte{0x01};
    EXPECT_FALSE(parse_advertisement(frame));
}

TEST(NeighborAdvertisementParser, DiscardsACodeOtherThanZero) {
    EXPECT_FALSE(parse_advertisement(changed(code_at, +1)));
}

TEST(NeighborAdvertisementParser, DiscardsAnOptionOfLengthZero) {
    EXPECT_FALSE(parse_advertisement(changed(option_length_at, -1)));
}

TEST(NeighborAdvertisementParser, ReadsAChangedFrameWhoseChecksumFits) {
    const auto packet = parse_advertisement(changed(mac_low_byte_at, +1));
    ASSERT_TRUE(packet && packet->target_mac);
    EXPECT_EQ(packet->target_mac->bytes[5], mac.bytes[5] + 1);
}

TEST(NeighborAdvertisementParser, SurvivesAnyChangedByte) {
    for (std::size_t offset = 0; offset < advertisement_frame_bytes; ++offset) {
        for (int value = 0; value < 256; ++value) {
            auto frame = neighbor_advertisement(mac, vip, Forwarding::host);
            frame[offset] = static_cast<std::byte>(value);
            (void)parse_advertisement(frame);
        }
    }
}

}  // namespace komainu
