// Probes and claims: golden bytes, one test per sentence of the RFCs that we follow, and a reader
// of raw frames that nothing upsets.
#include "packet/neighbor_claim.h"

#include <gtest/gtest.h>

#include "packet/arp.h"
#include "packet/ndp.h"
#include "test/unit/hex.h"

namespace komainu {

namespace {

using test::ByteVector;
using test::from_hex;
using test::hex;

constexpr MacAddress mac{{0x02, 0x00, 0x00, 0x00, 0x00, 0xa1}};
const IpAddress vip4 = parse_address("10.77.0.100").value();
const IpAddress vip6 = parse_address("2001:db8::100").value();

const NeighborClaim claim4{vip4, mac};
const NeighborClaim claim6{vip6, mac};

// By hand: an advertisement without an option, solicited, without override, to one neighbour.
const ByteVector bare_advertisement = from_hex(
    "020000000001 0200000000a1 86dd "
    "60000000 0018 3a ff fe800000000000000000000000000001 fe800000000000000000000000000002 "
    "88 00 0bef 40000000 20010db8000000000000000000000100");

ByteVector bytes_of(Bytes frame) { return {frame.begin(), frame.end()}; }

std::vector<ByteVector> claims() {
    return {bytes_of(arp_announcement(ArpForm::request, mac, vip4)),
            bytes_of(arp_announcement(ArpForm::reply, mac, vip4)),
            bytes_of(neighbor_advertisement(mac, vip6, Forwarding::host)), bare_advertisement};
}

}  // namespace

TEST(ArpProbe, HasTheseBytes) {
    EXPECT_EQ(hex(arp_probe(mac, vip4)), hex(from_hex("ffffffffffff 0200000000a1 0806 "
                                                      "0001 0800 06 04 0001 "
                                                      "0200000000a1 00000000 "
                                                      "000000000000 0a4d0064")));
}

// RFC 5227 section 2.1.1: the sender hardware address MUST be that of the interface, the sender IP
// address MUST be all zeroes, the target hardware address SHOULD be, the target IP address MUST be
// the address that is probed.
TEST(ArpProbe, SaysWhoAsksForWhatAndClaimsNothing) {
    const auto probe = parse_arp(arp_probe(mac, vip4));
    ASSERT_TRUE(probe);
    EXPECT_EQ(probe->form, ArpForm::request);
    EXPECT_EQ(probe->sender_mac, mac);
    EXPECT_TRUE(probe->sender_address.is_unspecified());
    EXPECT_EQ(probe->target_mac, MacAddress{});
    EXPECT_EQ(probe->target_address, vip4);
    EXPECT_EQ(probe->ethernet, (EthernetHeader{mac_broadcast, mac, ethertype_arp}));
}

// RFC 4862 section 5.4.2: from the unspecified address to the solicited-node group of the target.
// RFC 4861 section 4.3: hop limit 255, no option. The checksum was computed by other code than
// ours.
TEST(NeighborProbe, HasTheseBytes) {
    EXPECT_EQ(hex(neighbor_probe(mac, vip6)),
              hex(from_hex("3333ff000100 0200000000a1 86dd "
                           "60000000 0018 3a ff "
                           "00000000000000000000000000000000 ff0200000000000000000001ff000100 "
                           "87 00 4aef 00000000 20010db8000000000000000000000100")));
}

// RFC 5227 section 2.4: "an ARP packet (Request *or* Reply) where the 'sender IP address' is (one
// of) the host's own IP address(es)".
TEST(NeighborClaim, IsAnArpPacketOfEitherFormFromTheAddress) {
    for (const auto form : {ArpForm::request, ArpForm::reply})
        EXPECT_EQ(read_claim(arp_announcement(form, mac, vip4)), claim4);
}

// The same section: what is looked for as the target plays no part.
TEST(NeighborClaim, IsAnOrdinaryArpRequestFromTheAddressToo) {
    auto frame = arp_announcement(ArpForm::request, mac, vip4);
    frame.back() = std::byte{1};
    EXPECT_EQ(read_claim(frame), claim4);
}

// The same section speaks of the sender hardware address, not of the frame's.
TEST(NeighborClaim, NamesTheSenderHardwareAddress) {
    auto frame = arp_announcement(ArpForm::reply, mac, vip4);
    frame[11] = std::byte{0x77};
    EXPECT_EQ(read_claim(frame), claim4);
}

// RFC 5227 section 2.1.1: a probe has no sender IP address, so that it is no conflicting packet.
// Whoever has the address answers it.
TEST(NeighborClaim, IsNoArpProbeWhichOnlyAsks) { EXPECT_FALSE(read_claim(arp_probe(mac, vip4))); }

// RFC 4862 section 5.4.3: a solicitation for an address that is in use is answered, whatever its
// source; it is no advertisement of another.
TEST(NeighborClaim, IsNoSolicitationWhichOnlyAsks) {
    EXPECT_FALSE(read_claim(neighbor_probe(mac, vip6)));
}

// RFC 4862 section 5.4.4: an advertisement whose target is an address of ours "would possibly
// indicate that the address is a duplicate".
TEST(NeighborClaim, IsAnAdvertisementOfTheAddress) {
    for (const auto forwarding : {Forwarding::host, Forwarding::router})
        EXPECT_EQ(read_claim(neighbor_advertisement(mac, vip6, forwarding)), claim6);
}

TEST(NeighborClaim, IsAnAdvertisementWithoutOptionOrOverrideFromItsFrame) {
    EXPECT_EQ(read_claim(bare_advertisement), claim6);
}

// RFC 4861 section 7.1.2: what a node MUST silently discard convinces no neighbour.
TEST(NeighborClaim, IsNoAdvertisementThatIsInvalid) {
    for (const std::size_t at : {std::size_t{21} /* hop limit */, std::size_t{56} /* checksum */}) {
        auto frame = bare_advertisement;
        frame[at] ^= std::byte{1};
        EXPECT_FALSE(read_claim(frame)) << at;
    }
}

TEST(NeighborClaim, IsNothingInATruncatedFrame) {
    for (const ByteVector& frame : claims())
        for (std::size_t length = 0; length < frame.size(); ++length)
            EXPECT_FALSE(read_claim(Bytes(frame).first(length))) << hex(frame) << " " << length;
}

TEST(NeighborClaim, IsReadBehindAnyPadding) {
    for (ByteVector frame : claims()) {
        const auto claim = read_claim(frame);
        frame.resize(frame.size() + 18);
        EXPECT_EQ(read_claim(frame), claim);
    }
}

TEST(NeighborClaim, SurvivesAnyChangedByte) {
    for (const ByteVector& whole : claims())
        for (std::size_t at = 0; at < whole.size(); ++at)
            for (int value = 0; value < 256; ++value) {
                ByteVector frame = whole;
                frame[at] = static_cast<std::byte>(value);
                const auto claim = read_claim(frame);
                EXPECT_FALSE(claim && claim->address == IpAddress{});
            }
}

}  // namespace komainu
