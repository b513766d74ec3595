#include "packet/ethernet.h"

#include <algorithm>

namespace komainu {

MacAddress read_mac(Reader& reader) {
    MacAddress mac;
    std::ranges::copy(reader.bytes(mac.bytes.size()),
                      std::as_writable_bytes(std::span(mac.bytes)).begin());
    return mac;
}

IpAddress read_address(Reader& reader, Family family) {
    IpAddress address;
    address.family = family;
    std::ranges::copy(reader.bytes(address.size()),
                      std::as_writable_bytes(std::span(address.bytes)).begin());
    return address;
}

void write_ethernet_header(Writer& writer, const EthernetHeader& header) {
    writer.bytes(wire_bytes(header.destination));
    writer.bytes(wire_bytes(header.source));
    writer.u16(header.type);
}

EthernetHeader read_ethernet_header(Reader& reader) {
    EthernetHeader header;
    header.destination = read_mac(reader);
    header.source = read_mac(reader);
    header.type = reader.u16();
    return header;
}

}  // namespace komainu
