// The Ethernet header, and the addresses that frames carry: what ARP and NDP frames share.
#pragma once

#include <cstdint>
#include <span>

#include "base/address.h"
#include "packet/bytes.h"

namespace komainu {

inline constexpr std::size_t ethernet_header_bytes = 14;
inline constexpr std::uint16_t ethertype_arp = 0x0806;
inline constexpr std::uint16_t ethertype_ipv6 = 0x86dd;

inline constexpr MacAddress mac_broadcast{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
/// The group ff02::1, all nodes on the link, as an Ethernet address (RFC 2464 section 7).
inline constexpr MacAddress mac_all_nodes{{0x33, 0x33, 0x00, 0x00, 0x00, 0x01}};

struct EthernetHeader {
    MacAddress destination;
    MacAddress source;
    std::uint16_t type = 0;
    auto operator<=>(const EthernetHeader&) const = default;
};

/// The bytes of an address, in wire order.
inline Bytes wire_bytes(const MacAddress& mac) { return std::as_bytes(std::span(mac.bytes)); }
inline Bytes wire_bytes(const IpAddress& address) {
    return std::as_bytes(std::span(address.bytes)).first(address.size());
}

MacAddress read_mac(Reader& reader);
IpAddress read_address(Reader& reader, Family family);

void write_ethernet_header(Writer& writer, const EthernetHeader& header);
EthernetHeader read_ethernet_header(Reader& reader);

}  // namespace komainu
