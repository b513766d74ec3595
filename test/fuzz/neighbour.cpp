// What others say of an address on the LAN: ARP packets and neighbor advertisements (packet/arp.h,
// packet/ndp.h). Both parsers get the bytes as they are; the second gets them once more with the
// ICMPv6 checksum put right, which the fuzzer would hardly find.
#include <algorithm>
#include <array>

#include "packet/arp.h"
#include "packet/ndp.h"
#include "test/fuzz/fuzz.h"

namespace komainu::fuzz {

namespace {

// Offsets in an Ethernet frame: RFC 826; RFC 8200 section 3, RFC 4861 section 4.4.
constexpr std::size_t arp_sender_at = 22;
constexpr std::size_t arp_target_at = 32;
constexpr std::size_t ipv6_at = ethernet_header_bytes;
constexpr std::size_t payload_length_at = ipv6_at + 4;
constexpr std::size_t ipv6_addresses_at = ipv6_at + 8;
constexpr std::size_t icmp_at = ipv6_at + 40;
constexpr std::size_t checksum_at = icmp_at + 2;
constexpr std::size_t na_target_at = icmp_at + 8;
constexpr std::size_t na_bytes_min = icmp_at + 24;
constexpr unsigned icmpv6 = 58;

bool stands_at(Bytes frame, std::size_t offset, Bytes what) {
    return frame.size() >= offset + what.size() &&
           std::ranges::equal(frame.subspan(offset, what.size()), what);
}

void reads_arp_as_it_stands(Bytes frame) {
    const auto packet = parse_arp(frame);
    if (!packet) return;
    must_hold(stands_at(frame, arp_sender_at, wire_bytes(packet->sender_mac)) &&
                  stands_at(frame, arp_sender_at + 6, wire_bytes(packet->sender_address)) &&
                  stands_at(frame, arp_target_at, wire_bytes(packet->target_mac)) &&
                  stands_at(frame, arp_target_at + 6, wire_bytes(packet->target_address)),
              "an ARP packet is read from where its fields are");
    must_hold(parse_arp(frame.first(arp_frame_bytes)) == packet, "padding changes nothing");
    must_hold(!parse_arp(frame.first(arp_frame_bytes - 1)), "a short frame is no ARP packet");
}

void reads_advertisement_as_it_stands(Bytes frame) {
    const auto packet = parse_advertisement(frame);
    if (!packet) return;
    must_hold(packet->hop_limit == 255, "an advertisement has crossed no router");
    must_hold(!packet->target.is_multicast(), "an advertisement's target is no group");
    must_hold(stands_at(frame, ipv6_addresses_at, wire_bytes(packet->source)) &&
                  stands_at(frame, ipv6_addresses_at + 16, wire_bytes(packet->destination)) &&
                  stands_at(frame, na_target_at, wire_bytes(packet->target)),
              "an advertisement is read from where its fields are");
}

std::size_t u16(const std::string& bytes, std::size_t at) {
    return static_cast<std::size_t>(static_cast<unsigned char>(bytes[at])) << 8 |
           static_cast<unsigned char>(bytes[at + 1]);
}

/// RFC 4443 section 2.3, RFC 1071.
std::string with_checksum(Bytes frame) {
    std::string bytes = text_of(frame);
    const std::size_t length = std::min(u16(bytes, payload_length_at), bytes.size() - icmp_at);
    bytes[checksum_at] = bytes[checksum_at + 1] = 0;
    std::size_t sum = length + icmpv6;
    for (std::size_t i = 0; i < 32; i += 2) sum += u16(bytes, ipv6_addresses_at + i);
    for (std::size_t i = 0; i + 1 < length; i += 2) sum += u16(bytes, icmp_at + i);
    if (length % 2 == 1) sum += static_cast<std::size_t>(bytes[icmp_at + length - 1] & 0xff) << 8;
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    bytes[checksum_at] = static_cast<char>(~sum >> 8);
    bytes[checksum_at + 1] = static_cast<char>(~sum);
    return bytes;
}

}  // namespace

void examine(Bytes input) {
    reads_arp_as_it_stands(input);
    reads_advertisement_as_it_stands(input);
    if (input.size() >= na_bytes_min)
        reads_advertisement_as_it_stands(bytes_of(with_checksum(input)));
}

std::vector<std::string> seeds() {
    const MacAddress mac{{2, 0, 0, 0, 0, 1}};
    const auto ipv4 = parse_address("10.77.0.100").value();
    const auto ipv6 = parse_address("fd77::100").value();
    return {text_of(arp_announcement(ArpForm::request, mac, ipv4)),
            text_of(arp_announcement(ArpForm::reply, mac, ipv4)) + std::string(18, '\0'),
            text_of(neighbor_advertisement(mac, ipv6, Forwarding::host)),
            text_of(neighbor_advertisement(mac, ipv6, Forwarding::router)) + std::string(4, '\0')};
}

}  // namespace komainu::fuzz
