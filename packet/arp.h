// ARP as whole Ethernet frames (RFC 826, RFC 5227): announcements (gratuitous ARP), by which an
// IPv4 address says on which hardware address it lives now, and probes, which ask whether anybody
// has one. Bytes only; when to send them is decided elsewhere.
#pragma once

#include <array>
#include <optional>

#include "packet/ethernet.h"

namespace komainu {

inline constexpr std::size_t arp_frame_bytes = ethernet_header_bytes + 28;

/// Neighbours differ in which form they believe: RFC 5227 section 3 argues for the request, some
/// gear updates its cache from replies only. So both are sent.
enum class ArpForm : std::uint8_t { request, reply };

using ArpFrame = std::array<std::byte, arp_frame_bytes>;

/// The broadcast frame that announces an IPv4 address at a hardware address. It is not padded to
/// Ethernet's minimum of 60 bytes: the driver does that.
ArpFrame arp_announcement(ArpForm form, const MacAddress& mac, const IpAddress& address);

/// The broadcast frame that asks whether anybody has an IPv4 address and tells nobody that we might
/// (RFC 5227 section 2.1.1).
ArpFrame arp_probe(const MacAddress& mac, const IpAddress& address);

/// An ARP packet for IPv4 over Ethernet, together with the frame's header.
struct ArpPacket {
    EthernetHeader ethernet;
    ArpForm form = ArpForm::request;
    MacAddress sender_mac;
    IpAddress sender_address;
    MacAddress target_mac;
    IpAddress target_address;
    auto operator<=>(const ArpPacket&) const = default;
};

/// Nothing when the frame is anything else. Bytes after the packet are padding and are ignored.
std::optional<ArpPacket> parse_arp(Bytes frame);

/// Whether the packet announces its sender's address (RFC 5227 section 1.1: sender and target
/// address are the same, and are an address).
bool is_announcement(const ArpPacket& packet);

}  // namespace komainu
