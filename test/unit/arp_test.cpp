// Gratuitous ARP: golden bytes, and one test per sentence of RFC 5227 that we follow.
#include "packet/arp.h"

#include <gtest/gtest.h>

#include <vector>

namespace komainu {

namespace {

constexpr MacAddress mac{{0x02, 0x00, 0x00, 0x00, 0x00, 0xa1}};
constexpr IpAddress vip{Family::ipv4, {10, 77, 0, 100}};

std::vector<int> numbers(Bytes bytes) {
    std::vector<int> result;
    for (const std::byte b : bytes) result.push_back(std::to_integer<int>(b));
    return result;
}

ArpPacket announced(ArpForm form) {
    const auto packet = parse_arp(arp_announcement(form, mac, vip));
    EXPECT_TRUE(packet);
    return packet.value_or(ArpPacket{});
}

}  // namespace

TEST(ArpAnnouncement, RequestFormHasTheseBytes) {
    const std::vector<int> golden{
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0x00, 0x00, 0x00,
        0x00, 0xa1, 0x08, 0x06,                                      // Ethernet
        0x00, 0x01, 0x08, 0x00, 6,    4,    0x00, 0x01,              // request
        0x02, 0x00, 0x00, 0x00, 0x00, 0xa1, 10,   77,   0,    100,   // sender
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 10,   77,   0,    100};  // target
    EXPECT_EQ(numbers(arp_announcement(ArpForm::request, mac, vip)), golden);
}

TEST(ArpAnnouncement, ReplyFormHasTheseBytes) {
    const std::vector<int> golden{
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0x00, 0x00, 0x00,
        0x00, 0xa1, 0x08, 0x06,                                      // Ethernet
        0x00, 0x01, 0x08, 0x00, 6,    4,    0x00, 0x02,              // reply
        0x02, 0x00, 0x00, 0x00, 0x00, 0xa1, 10,   77,   0,    100,   // sender
        0x02, 0x00, 0x00, 0x00, 0x00, 0xa1, 10,   77,   0,    100};  // target
    EXPECT_EQ(numbers(arp_announcement(ArpForm::reply, mac, vip)), golden);
}

// Section 2.3: an announcement has the address in both sender and target IP address.
TEST(ArpAnnouncement, SenderAndTargetAddressAreTheAnnouncedOne) {
    for (const auto form : {ArpForm::request, ArpForm::reply}) {
        EXPECT_EQ(announced(form).sender_address, vip);
        EXPECT_EQ(announced(form).target_address, vip);
        EXPECT_TRUE(is_announcement(announced(form)));
    }
}

// Section 1.1 (definitions) and 2.3: an announcement is a broadcast.
TEST(ArpAnnouncement, IsBroadcastOnTheLocalLink) {
    for (const auto form : {ArpForm::request, ArpForm::reply})
        EXPECT_EQ(announced(form).ethernet.destination, mac_broadcast);
}

// Section 2.1.1, which 2.3 refers to: the sender hardware address MUST be that of the interface
// which sends the packet.
TEST(ArpAnnouncement, SenderHardwareAddressIsTheInterfacesOwn) {
    for (const auto form : {ArpForm::request, ArpForm::reply}) {
        EXPECT_EQ(announced(form).sender_mac, mac);
        EXPECT_EQ(announced(form).ethernet.source, mac);
    }
}

// Section 2.1.1, which 2.3 refers to: the target hardware address of a request SHOULD be zeros.
TEST(ArpAnnouncement, TargetHardwareAddressOfARequestIsZero) {
    EXPECT_EQ(announced(ArpForm::request).target_mac, MacAddress{});
}

// Section 3: announcements are requests; replies are sent as well for those that heed only them.
TEST(ArpAnnouncement, ComesAsRequestAndAsReply) {
    EXPECT_EQ(announced(ArpForm::request).form, ArpForm::request);
    EXPECT_EQ(announced(ArpForm::reply).form, ArpForm::reply);
}

// RFC 5944 section 4.6: an unsolicited reply has the hardware address in its target as well.
TEST(ArpAnnouncement, TargetHardwareAddressOfAReplyIsTheInterfacesOwn) {
    EXPECT_EQ(announced(ArpForm::reply).target_mac, mac);
}

TEST(ArpParser, IgnoresThePaddingOfShortFrames) {
    const auto frame = arp_announcement(ArpForm::request, mac, vip);
    std::vector<std::byte> padded(frame.begin(), frame.end());
    padded.resize(60);
    EXPECT_EQ(parse_arp(padded), parse_arp(frame));
}

TEST(ArpParser, RejectsEveryTruncation) {
    const auto frame = arp_announcement(ArpForm::reply, mac, vip);
    for (std::size_t length = 0; length < frame.size(); ++length)
        EXPECT_FALSE(parse_arp(Bytes(frame).first(length))) << length;
}

TEST(ArpParser, RejectsWhatIsNotArpForIpv4OverEthernet) {
    for (const std::size_t offset : {12, 13, 14, 15, 16, 17, 18, 19, 20}) {
        auto frame = arp_announcement(ArpForm::request, mac, vip);
        frame[offset] ^= std::byte{0x80};
        EXPECT_FALSE(parse_arp(frame)) << offset;
    }
}

TEST(ArpParser, AProbeIsNoAnnouncement) {
    ArpPacket probe = announced(ArpForm::request);
    probe.sender_address = IpAddress{};
    EXPECT_FALSE(is_announcement(probe));
}

}  // namespace komainu
