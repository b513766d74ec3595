// The frames of a peer stream, once both hellos (packet/hello.h) are there. All numbers are
// big-endian.
//
//   offset bytes
//        0     2  length of the body, at most 16 384
//        2     1  type (packet/peer_body.cpp)
//        3     n  body
//      3+n    32  tag: keyed BLAKE2b-256 over direction 1, count 8, and all bytes of the frame
//      before
//                 the tag
//
// The direction is 1 from the dialer, 2 from the accepter; the count is that of the frames before
// in that direction. The key of a direction is the keyed BLAKE2b-256, by the cluster key that the
// hellos name, of "komainu peer stream", the direction 1, the dialer's hello and the accepter's. So
// a recording is worth nothing in another stream, not even in the same one once more.
//
// The accepter's first frame, a keep-alive, proves that it has the key, before the dialer says
// anything; then the dialer's, its server info; and then the accepter has its say.
#pragma once

#include "packet/hello.h"
#include "packet/peer_body.h"

namespace komainu {

enum class End : std::uint8_t { dialer = 1, accepter = 2 };

inline constexpr std::size_t frame_header_bytes = 3;
inline constexpr std::size_t frame_bytes_max = frame_header_bytes + peer_body_bytes_max + tag_bytes;

class PeerSession {
public:
    /// The ring has the key, and is not needed any more afterwards.
    PeerSession(End own, const KeyRing& keys, std::uint32_t key_id, Bytes dialers_hello,
                Bytes accepters_hello);

    /// Writes the next frame into `room`, which has frame_bytes_max, and returns its bytes.
    Bytes seal(const PeerMessage& message, std::span<std::byte> room);

    enum class Opened : std::uint8_t {
        nothing,  ///< it is not whole yet
        message,
        skipped,  ///< genuine, of a type that this version does not know
        too_long,
        bad_tag,
        malformed,
    };
    /// Opens the frame at the front of what was received. `used`: how many bytes of it are done
    /// with. After one of the last three no more can be opened.
    Opened open(Bytes received, std::size_t& used, PeerMessage& message);

private:
    TagChain sending_;
    TagChain receiving_;
};

}  // namespace komainu
