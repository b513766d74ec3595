// Capture files: written with packets that a test makes up, and read packet by packet.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "test/unit/hex.h"

namespace komainu::test {

enum class Transport : std::uint8_t { udp, tcp };

struct Packet {
    Transport transport = Transport::udp;
    std::string flow;            ///< from whom to whom
    std::uint32_t sequence = 0;  ///< of TCP
    ByteVector payload;          ///< of what passes the port 9694
};

/// The packets of a file; one that is of nothing of ours has no payload.
std::vector<Packet> read_packets(const std::string& path);

/// One direction of a TCP connection.
struct Flow {
    std::uint16_t from_port = 40000;
    std::uint16_t to_port = 9694;
    std::uint32_t sequence = 1;
};

class PcapFile {
public:
    void add_datagram(Bytes payload, std::uint16_t port = 9694);
    void add_segment(Flow& flow, Bytes payload);
    /// As a capture with a limit would have the packet before: without its last bytes.
    void cut_last(std::size_t bytes);

    std::size_t size() const { return records_.size(); }
    void write(const std::string& path) const;

private:
    struct Record {
        ByteVector bytes;
        std::size_t cut;
    };
    std::vector<Record> records_;
};

}  // namespace komainu::test
