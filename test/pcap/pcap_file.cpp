#include "test/pcap/pcap_file.h"

#include <pcap/pcap.h>

#include <memory>
#include <stdexcept>

namespace komainu::test {

namespace {

using Pcap = std::unique_ptr<pcap_t, decltype(&pcap_close)>;
using Dump = std::unique_ptr<pcap_dumper_t, decltype(&pcap_dump_close)>;

constexpr std::uint16_t our_port = 9694;
constexpr std::uint16_t ethertype_ipv4 = 0x0800;
constexpr std::uint16_t ethertype_ipv6 = 0x86dd;
constexpr std::uint8_t ip_tcp = 6;
constexpr std::uint8_t ip_udp = 17;
constexpr std::size_t ipv4_bytes = 20;
constexpr std::size_t udp_bytes = 8;
constexpr std::size_t tcp_bytes = 20;
constexpr int snaplen = 65535;

/// Without checksums, which nobody looks at here.
ByteVector ipv4_packet(std::uint8_t protocol, Bytes transport_header, Bytes payload) {
    ByteVector bytes(14 + ipv4_bytes + transport_header.size() + payload.size());
    Writer writer(bytes);
    writer.u64(0x0200000000020200);
    writer.u32(1);
    writer.u16(ethertype_ipv4);
    writer.u16(0x4500);
    writer.u16(static_cast<std::uint16_t>(bytes.size() - 14));
    writer.u32(0);
    writer.u16(static_cast<std::uint16_t>(64 << 8 | protocol));
    writer.u16(0);
    writer.u32(0x0a4d0002);
    writer.u32(0x0a4d0001);
    writer.bytes(transport_header);
    writer.bytes(payload);
    return bytes;
}

void read_transport(Reader& reader, std::uint8_t protocol, Packet& packet) {
    const std::uint16_t from = reader.u16();
    const std::uint16_t to = reader.u16();
    if (protocol == ip_udp) {
        const std::uint16_t length = reader.u16();
        reader.u16();
        const Bytes payload = reader.bytes(length < udp_bytes ? 0 : length - udp_bytes);
        if (to == our_port) packet.payload.assign(payload.begin(), payload.end());
        return;
    }
    packet.transport = Transport::tcp;
    packet.sequence = reader.u32();
    reader.u32();
    const std::size_t header = (reader.u8() >> 4) * 4u;
    reader.bytes(7 + header - tcp_bytes);
    const Bytes payload = reader.bytes(reader.left());
    packet.flow += std::to_string(from) + ">" + std::to_string(to);
    if (from == our_port || to == our_port) packet.payload.assign(payload.begin(), payload.end());
}

Packet read_packet(Bytes frame) {
    Packet packet;
    Reader reader(frame);
    reader.bytes(12);
    const std::uint16_t ethertype = reader.u16();
    if (ethertype == ethertype_ipv4) {
        reader.bytes(2);
        const std::uint16_t length = reader.u16();
        reader.bytes(5);
        const std::uint8_t protocol = reader.u8();
        reader.bytes(2);
        packet.flow = hex(reader.bytes(8));
        if (protocol != ip_udp && protocol != ip_tcp) return packet;
        // What stands behind it fills the frame up.
        Reader inner(reader.bytes(length < ipv4_bytes ? 0 : length - ipv4_bytes));
        read_transport(inner, protocol, packet);
    } else if (ethertype == ethertype_ipv6) {
        reader.bytes(4);
        const std::uint16_t length = reader.u16();
        const std::uint8_t protocol = reader.u8();
        reader.bytes(1);
        packet.flow = hex(reader.bytes(32));
        if (protocol != ip_udp && protocol != ip_tcp) return packet;
        Reader inner(reader.bytes(length));
        read_transport(inner, protocol, packet);
    }
    return packet;
}

}  // namespace

std::vector<Packet> read_packets(const std::string& path) {
    char why[PCAP_ERRBUF_SIZE] = {};
    const Pcap file(pcap_open_offline(path.c_str(), why), pcap_close);
    if (!file) throw std::runtime_error(why);
    std::vector<Packet> packets;
    pcap_pkthdr* header = nullptr;
    const u_char* bytes = nullptr;
    while (pcap_next_ex(file.get(), &header, &bytes) == 1)
        packets.push_back(read_packet(std::as_bytes(std::span(bytes, header->caplen))));
    return packets;
}

void PcapFile::add_datagram(Bytes payload, std::uint16_t port) {
    ByteVector header(udp_bytes);
    Writer writer(header);
    writer.u16(port);
    writer.u16(port);
    writer.u16(static_cast<std::uint16_t>(udp_bytes + payload.size()));
    records_.push_back({ipv4_packet(ip_udp, header, payload), 0});
}

void PcapFile::add_segment(Flow& flow, Bytes payload) {
    ByteVector header(tcp_bytes);
    Writer writer(header);
    writer.u16(flow.from_port);
    writer.u16(flow.to_port);
    writer.u32(flow.sequence);
    writer.u32(1);
    writer.u16(0x5018);  // five words of header; PSH, ACK
    writer.u16(0xffff);
    flow.sequence += static_cast<std::uint32_t>(payload.size());
    records_.push_back({ipv4_packet(ip_tcp, header, payload), 0});
}

void PcapFile::cut_last(std::size_t bytes) { records_.back().cut = bytes; }

void PcapFile::write(const std::string& path) const {
    const Pcap format(pcap_open_dead(DLT_EN10MB, snaplen), pcap_close);
    const Dump file(pcap_dump_open(format.get(), path.c_str()), pcap_dump_close);
    if (!file) throw std::runtime_error(pcap_geterr(format.get()));
    for (std::size_t i = 0; i < records_.size(); ++i) {
        const auto size = static_cast<bpf_u_int32>(records_[i].bytes.size());
        const auto kept = size - static_cast<bpf_u_int32>(records_[i].cut);
        const pcap_pkthdr header{
            {static_cast<time_t>(i / 1000), static_cast<suseconds_t>(i % 1000)}, kept, size};
        pcap_dump(reinterpret_cast<u_char*>(file.get()), &header,
                  reinterpret_cast<const u_char*>(records_[i].bytes.data()));
    }
}

}  // namespace komainu::test
