#include "packet/ndp.h"

#include <algorithm>

#include "base/assert.h"

namespace komainu {

namespace {

// RFC 8200 section 3.
constexpr std::uint32_t version_6 = 6U << 28;
constexpr std::uint32_t version_mask = 0xfU << 28;
constexpr std::uint8_t next_header_icmpv6 = 58;

// RFC 4861 sections 4.3, 4.4 and 4.6.
constexpr std::uint8_t type_solicitation = 135;
constexpr std::uint8_t type_advertisement = 136;
constexpr std::uint8_t hop_limit = 255;
constexpr std::uint32_t flag_router = 1U << 31;
constexpr std::uint32_t flag_solicited = 1U << 30;
constexpr std::uint32_t flag_override = 1U << 29;
constexpr std::uint8_t option_target_mac = 2;
constexpr std::size_t option_unit_bytes = 8;
constexpr std::size_t advertisement_bytes = 24 + option_unit_bytes;
constexpr std::size_t solicitation_bytes = 24;

constexpr IpAddress all_nodes{Family::ipv6, {0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};

// RFC 4291 section 2.7.1: ff02::1:ff00:0/104 and the last three bytes of the address.
IpAddress solicited_node(const IpAddress& address) {
    IpAddress group{Family::ipv6, {0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff}};
    std::ranges::copy(std::span(address.bytes).last(3), group.bytes.begin() + 13);
    return group;
}

// RFC 2464 section 7: 33:33 and the last four bytes of the group.
MacAddress group_mac(const IpAddress& group) {
    MacAddress mac{{0x33, 0x33}};
    std::ranges::copy(std::span(group.bytes).last(4), mac.bytes.begin() + 2);
    return mac;
}

// The sum of 16-bit words, an odd last byte filled up with zero (RFC 1071).
std::uint32_t sum_words(Bytes bytes) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        sum += std::to_integer<std::uint32_t>(bytes[i]) << (i % 2 == 0 ? 8 : 0);
    return sum;
}

// RFC 4443 section 2.3: over the pseudo-header of RFC 8200 section 8.1 and the message. Over a
// message with its checksum in place it gives zero.
std::uint16_t icmpv6_checksum(const IpAddress& source, const IpAddress& destination,
                              Bytes message) {
    std::uint32_t sum = sum_words(wire_bytes(source)) + sum_words(wire_bytes(destination)) +
                        static_cast<std::uint32_t>(message.size()) + next_header_icmpv6 +
                        sum_words(message);
    while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

using AdvertisementMessage = std::array<std::byte, advertisement_bytes>;

void write_message(Writer& writer, std::uint16_t checksum, std::uint32_t flags,
                   const IpAddress& target, const MacAddress& mac) {
    writer.u8(type_advertisement);
    writer.u8(0);
    writer.u16(checksum);
    writer.u32(flags);
    writer.bytes(wire_bytes(target));
    writer.u8(option_target_mac);
    writer.u8(1);
    writer.bytes(wire_bytes(mac));
}

std::uint32_t advertised_flags(Forwarding forwarding) {
    return flag_override | (forwarding == Forwarding::router ? flag_router : 0);
}

AdvertisementMessage advertisement_message(const MacAddress& mac, const IpAddress& address,
                                           Forwarding forwarding) {
    AdvertisementMessage message;
    const auto write = [&](std::uint16_t checksum) {
        Writer writer(message);
        write_message(writer, checksum, advertised_flags(forwarding), address, mac);
        KOMAINU_ASSERT(writer.ok() && writer.written().size() == message.size());
    };
    write(0);
    write(icmpv6_checksum(address, all_nodes, message));
    return message;
}

using SolicitationMessage = std::array<std::byte, solicitation_bytes>;

SolicitationMessage solicitation_message(const IpAddress& source, const IpAddress& group,
                                         const IpAddress& target) {
    SolicitationMessage message;
    const auto write = [&](std::uint16_t checksum) {
        Writer writer(message);
        writer.u8(type_solicitation);
        writer.u8(0);
        writer.u16(checksum);
        writer.u32(0);
        writer.bytes(wire_bytes(target));
        KOMAINU_ASSERT(writer.ok() && writer.written().size() == message.size());
    };
    write(0);
    write(icmpv6_checksum(source, group, message));
    return message;
}

void write_ipv6_header(Writer& writer, std::size_t message_bytes, const IpAddress& source,
                       const IpAddress& destination) {
    writer.u32(version_6);
    writer.u16(static_cast<std::uint16_t>(message_bytes));
    writer.u8(next_header_icmpv6);
    writer.u8(hop_limit);
    writer.bytes(wire_bytes(source));
    writer.bytes(wire_bytes(destination));
}

void expect(Reader& reader, bool holds) {
    if (!holds) reader.fail();
}

// Gives the ICMPv6 message, without the padding that short frames may carry.
Bytes read_ipv6_header(Reader& reader, AdvertisementPacket& packet) {
    expect(reader, (reader.u32() & version_mask) == version_6);
    const std::size_t message_bytes = reader.u16();
    expect(reader, reader.u8() == next_header_icmpv6);
    packet.hop_limit = reader.u8();
    packet.source = read_address(reader, Family::ipv6);
    packet.destination = read_address(reader, Family::ipv6);
    return reader.bytes(message_bytes);
}

void read_flags(std::uint32_t flags, AdvertisementPacket& packet) {
    packet.router = (flags & flag_router) != 0;
    packet.solicited = (flags & flag_solicited) != 0;
    packet.override_flag = (flags & flag_override) != 0;
}

// Section 7.1.2: "all included options have a length that is greater than zero"; those that one
// does not know are skipped.
void read_options(Reader& reader, AdvertisementPacket& packet) {
    while (reader.ok() && !reader.at_end()) {
        const auto type = reader.u8();
        const std::size_t units = reader.u8();
        expect(reader, units > 0);
        if (!reader.ok()) return;
        Reader option(reader.bytes(units * option_unit_bytes - 2));
        if (type == option_target_mac) packet.target_mac = read_mac(option);
    }
}

}  // namespace

AdvertisementFrame neighbor_advertisement(const MacAddress& mac, const IpAddress& address,
                                          Forwarding forwarding) {
    KOMAINU_ASSERT(!address.is_ipv4());
    AdvertisementFrame frame;
    Writer writer(frame);
    write_ethernet_header(writer, {mac_all_nodes, mac, ethertype_ipv6});
    write_ipv6_header(writer, advertisement_bytes, address, all_nodes);
    writer.bytes(advertisement_message(mac, address, forwarding));
    KOMAINU_ASSERT(writer.ok() && writer.written().size() == frame.size());
    return frame;
}

// RFC 4861 section 4.3: no option with our hardware address where the source is unspecified.
SolicitationFrame neighbor_probe(const MacAddress& mac, const IpAddress& address) {
    KOMAINU_ASSERT(!address.is_ipv4());
    constexpr IpAddress unspecified{Family::ipv6, {}};
    const IpAddress group = solicited_node(address);
    SolicitationFrame frame;
    Writer writer(frame);
    write_ethernet_header(writer, {group_mac(group), mac, ethertype_ipv6});
    write_ipv6_header(writer, solicitation_bytes, unspecified, group);
    writer.bytes(solicitation_message(unspecified, group, address));
    KOMAINU_ASSERT(writer.ok() && writer.written().size() == frame.size());
    return frame;
}

std::optional<AdvertisementPacket> parse_advertisement(Bytes frame) {
    Reader reader(frame);
    AdvertisementPacket packet;
    packet.ethernet = read_ethernet_header(reader);
    expect(reader, packet.ethernet.type == ethertype_ipv6);
    const Bytes message = read_ipv6_header(reader, packet);
    expect(reader, packet.hop_limit == hop_limit);
    if (!reader.ok()) return {};

    Reader body(message);
    expect(body, icmpv6_checksum(packet.source, packet.destination, message) == 0);
    expect(body, body.u8() == type_advertisement);
    expect(body, body.u8() == 0);
    body.u16();  // the checksum, checked above
    read_flags(body.u32(), packet);
    packet.target = read_address(body, Family::ipv6);
    expect(body, !packet.target.is_multicast());
    expect(body, !packet.destination.is_multicast() || !packet.solicited);
    read_options(body, packet);
    if (!body.ok()) return {};
    return packet;
}

}  // namespace komainu
