// How a peer stream opens: one hello each way, in clear. All numbers are big-endian.
//
//   offset bytes
//        0     4  magic "KMNP"
//        4     1  lowest version of the protocol that the sender speaks
//        5     1  highest; this layout is that of all versions
//        6     1  sender, 1 to 64
//        7     1  0; not looked at, a later version may use it
//        8     8  cluster hash
//       16     8  incarnation of the sender
//       24     4  key id; the answer has the same
//       28     4  0; not looked at
//       32    32  random
//
// The dialer begins. The accepter answers with its own hello when it speaks one of those versions,
// knows the cluster and has the key; the stream's version is the highest that both speak. It says
// why not, if it is one of these:
//
//        0     4  magic "KMNX"
//        4     1  why: 1 unknown version, 2 foreign cluster, 3 unknown key
//        5     1  lowest version that the refuser speaks
//        6     1  highest
//        7     1  0; not looked at
//
// That is proven by nothing, so it is worth a line in the log, and no decision. From then on there
// are frames alone (packet/peer_session.h).
#pragma once

#include <array>
#include <optional>

#include "base/ids.h"
#include "packet/seal.h"

namespace komainu {

inline constexpr std::size_t hello_bytes = 64;
inline constexpr std::size_t hello_refusal_bytes = 8;
using HelloBytes = std::array<std::byte, hello_bytes>;

struct Versions {
    std::uint8_t lowest = 1;
    std::uint8_t highest = 1;
    bool operator==(const Versions&) const = default;
};
inline constexpr Versions spoken_versions{1, 1};

struct Hello {
    Versions versions = spoken_versions;
    NodeId sender = no_node;
    ClusterHash cluster{};
    Incarnation incarnation = no_incarnation;
    std::uint32_t key_id = 0;
    std::array<std::byte, 32> random{};
    bool operator==(const Hello&) const = default;
};

/// Why one end ends a stream for what came from the other.
enum class StreamRefusal : std::uint8_t {
    malformed,        ///< nothing of ours, or its fields contradict one another
    unknown_version,  ///< none that both speak
    foreign_cluster,
    unknown_key,
    bad_tag,          ///< forged, damaged, replayed, reflected, left out, or in another order
    own_id,           ///< it says that it is this very node
    unknown_node,     ///< not in the configuration
    other_node,       ///< it says that it is another than its address belongs to
    old_incarnation,  ///< its node has been restarted since
    too_long,
    silent,  ///< it said nothing for too long
};
inline constexpr std::size_t stream_refusals = 11;

HelloBytes encode(const Hello& hello);
/// Nothing when they are no hello of any version.
std::optional<Hello> decode_hello(Bytes bytes);

/// Nothing when both ends do not speak one.
std::optional<std::uint8_t> common_version(const Versions& a, const Versions& b);

/// Only those that are told in clear have any bytes; empty: the stream is closed without a word.
Bytes encode_hello_refusal(StreamRefusal why, std::span<std::byte, hello_refusal_bytes> room);
std::optional<StreamRefusal> decode_hello_refusal(Bytes bytes);

}  // namespace komainu
