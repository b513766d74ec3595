// Neighbor discovery as whole Ethernet frames (RFC 4861, RFC 4862): unsolicited advertisements, by
// which an IPv6 address says on which hardware address it lives now, and the solicitations that ask
// whether anybody has one. Bytes only; when to send them is decided elsewhere.
#pragma once

#include <array>
#include <optional>

#include "packet/ethernet.h"

namespace komainu {

/// Ethernet, IPv6 header, advertisement, target link-layer address option.
inline constexpr std::size_t advertisement_frame_bytes = ethernet_header_bytes + 40 + 24 + 8;

/// Whether this node forwards IPv6 on the interface: an advertisement with the wrong answer makes
/// hosts drop their default route through us, or never learn it (RFC 4861 section 7.2.5).
enum class Forwarding : std::uint8_t { host, router };

using AdvertisementFrame = std::array<std::byte, advertisement_frame_bytes>;

/// The frame to all nodes on the link that announces an IPv6 address at a hardware address.
AdvertisementFrame neighbor_advertisement(const MacAddress& mac, const IpAddress& address,
                                          Forwarding forwarding);

/// Ethernet, IPv6 header, solicitation without an option.
inline constexpr std::size_t solicitation_frame_bytes = ethernet_header_bytes + 40 + 24;

using SolicitationFrame = std::array<std::byte, solicitation_frame_bytes>;

/// The frame that asks whether anybody has an IPv6 address and tells nobody that we might: the
/// solicitation of duplicate address detection (RFC 4862 section 5.4.2).
SolicitationFrame neighbor_probe(const MacAddress& mac, const IpAddress& address);

struct AdvertisementPacket {
    EthernetHeader ethernet;
    IpAddress source;
    IpAddress destination;
    std::uint8_t hop_limit = 0;
    bool router = false;
    bool solicited = false;
    bool override_flag = false;
    IpAddress target;
    std::optional<MacAddress> target_mac;  ///< the target link-layer address option
};

/// Nothing when the frame is no neighbor advertisement, or one that RFC 4861 section 7.1.2 tells a
/// node to discard: hop limit, checksum, code, lengths.
std::optional<AdvertisementPacket> parse_advertisement(Bytes frame);

}  // namespace komainu
