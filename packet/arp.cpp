#include "packet/arp.h"

#include "base/assert.h"

namespace komainu {

namespace {

// RFC 826, "Packet format" and "Definitions".
constexpr std::uint16_t hardware_ethernet = 1;
constexpr std::uint16_t protocol_ipv4 = 0x0800;
constexpr std::uint8_t mac_bytes = 6;
constexpr std::uint8_t ipv4_bytes = 4;
constexpr std::uint16_t operation_request = 1;
constexpr std::uint16_t operation_reply = 2;

// A request asks for the hardware address, so it leaves it zero (RFC 5227 section 2.1.1). A reply
// that nobody asked for says it in both places (RFC 5944 section 4.6).
MacAddress target_mac(ArpForm form, const MacAddress& mac) {
    return form == ArpForm::request ? MacAddress{} : mac;
}

std::optional<ArpForm> arp_form(std::uint16_t operation) {
    if (operation == operation_request) return ArpForm::request;
    if (operation == operation_reply) return ArpForm::reply;
    return {};
}

/// The packet as a frame from its sender to all; its own header is not looked at.
ArpFrame broadcast(const ArpPacket& packet) {
    ArpFrame frame;
    Writer writer(frame);
    write_ethernet_header(writer, {mac_broadcast, packet.sender_mac, ethertype_arp});
    writer.u16(hardware_ethernet);
    writer.u16(protocol_ipv4);
    writer.u8(mac_bytes);
    writer.u8(ipv4_bytes);
    writer.u16(packet.form == ArpForm::request ? operation_request : operation_reply);
    writer.bytes(wire_bytes(packet.sender_mac));
    writer.bytes(wire_bytes(packet.sender_address));
    writer.bytes(wire_bytes(packet.target_mac));
    writer.bytes(wire_bytes(packet.target_address));
    KOMAINU_ASSERT(writer.ok() && writer.written().size() == frame.size());
    return frame;
}

void expect(Reader& reader, bool holds) {
    if (!holds) reader.fail();
}

}  // namespace

ArpFrame arp_announcement(ArpForm form, const MacAddress& mac, const IpAddress& address) {
    KOMAINU_ASSERT(address.is_ipv4());
    return broadcast({{}, form, mac, address, target_mac(form, mac), address});
}

// Section 2.1.1: the sender IP address MUST be zero, "to avoid polluting ARP caches in other
// hosts".
ArpFrame arp_probe(const MacAddress& mac, const IpAddress& address) {
    KOMAINU_ASSERT(address.is_ipv4());
    return broadcast({{}, ArpForm::request, mac, IpAddress{}, MacAddress{}, address});
}

std::optional<ArpPacket> parse_arp(Bytes frame) {
    Reader reader(frame);
    ArpPacket packet;
    packet.ethernet = read_ethernet_header(reader);
    expect(reader, packet.ethernet.type == ethertype_arp);
    expect(reader, reader.u16() == hardware_ethernet);
    expect(reader, reader.u16() == protocol_ipv4);
    expect(reader, reader.u8() == mac_bytes);
    expect(reader, reader.u8() == ipv4_bytes);
    const auto form = arp_form(reader.u16());
    packet.sender_mac = read_mac(reader);
    packet.sender_address = read_address(reader, Family::ipv4);
    packet.target_mac = read_mac(reader);
    packet.target_address = read_address(reader, Family::ipv4);
    if (!reader.ok() || !form) return {};
    packet.form = *form;
    return packet;
}

bool is_announcement(const ArpPacket& packet) {
    return packet.sender_address == packet.target_address &&
           !packet.sender_address.is_unspecified();
}

}  // namespace komainu
