// The datagrams of the UDP channel, byte by byte. All numbers are big-endian.
//
//   offset bytes
//        0     4  magic "KMNU"
//        4     1  version, 1
//        5     1  type: 1 heartbeat, 2 vote request, 3 vote, 4 release, 5 switchover request
//        6     1  sender, 1 to 64
//        7     1  link index
//        8     4  key id
//       12     8  cluster hash
//       20     2  length of the body
//       22     2  reserved, 0
//       24     8  incarnation of the sender
//       32     8  sequence
//       40     n  body
//     40+n    32  tag: keyed BLAKE2b-256 of all bytes before it
//
// A datagram either opens to one message, which seals to the same bytes again, or is refused; what
// is refused is counted by its reason and never answered.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/message.h"
#include "packet/seal.h"

namespace komainu {

inline constexpr std::size_t datagram_header_bytes = 40;
/// Fits IPv6's 1500-byte Ethernet packets with all 63 peers echoed.
inline constexpr std::size_t datagram_bytes_max = 1452;

enum class Refusal : std::uint8_t {
    malformed,        ///< no datagram of ours, or its fields contradict one another
    unknown_version,  ///< of another release of komainu
    foreign_cluster,
    unknown_key,
    bad_tag,  ///< forged, or damaged on the way
};
inline constexpr std::size_t refusals = 5;

class Datagrams {
public:
    /// The ring must outlive this, or its use.
    Datagrams(ClusterHash cluster, const KeyRing& keys) : cluster_(cluster), keys_(&keys) {}

    void use(const KeyRing& keys) { keys_ = &keys; }

    /// Writes the datagram into `room` and returns its bytes. The room has datagram_bytes_max.
    Bytes seal(const Envelope& envelope, const Message& message, std::span<std::byte> room) const;

    /// Why the bytes are refused; nothing when they were opened into envelope and message.
    std::optional<Refusal> open(Bytes datagram, Envelope& envelope, Message& message) const;

private:
    std::optional<Refusal> authenticate(Bytes datagram) const;

    ClusterHash cluster_;
    const KeyRing* keys_;
};

}  // namespace komainu
