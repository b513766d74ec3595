// Both ends of a stream in the cluster "shrine", whose bytes a test carries to and fro: node 2
// dials node 1.
#pragma once

#include <optional>

#include "packet/peer_channel.h"
#include "test/unit/shrine_datagrams.h"

namespace komainu::test {

inline std::array<std::byte, 32> random_from(std::uint8_t first) {
    std::array<std::byte, 32> random;
    for (std::size_t i = 0; i < random.size(); ++i) random[i] = static_cast<std::byte>(first + i);
    return random;
}

inline PeerChannel::Self self_of(int node, Incarnation incarnation) {
    return {NodeId{static_cast<std::uint8_t>(node)}, incarnation, cluster_hash("shrine"),
            random_from(static_cast<std::uint8_t>(node << 4))};
}

inline ByteVector copy_of(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

/// One end, and what a test did with it.
struct StreamEnd {
    PeerChannel channel;
    PeerMessage message = {};
    ByteVector unread = {};

    /// What comes of the bytes, the first step of it.
    PeerChannel::Taken take(const ByteVector& bytes) {
        unread.insert(unread.end(), bytes.begin(), bytes.end());
        return take_more();
    }
    PeerChannel::Taken take_more() {
        std::size_t used = 0;
        const auto taken = channel.take(unread, used, message);
        unread.erase(unread.begin(), unread.begin() + static_cast<std::ptrdiff_t>(used));
        return taken;
    }
    ByteVector seal(const PeerMessage& sealed) {
        std::array<std::byte, frame_bytes_max> room;
        return copy_of(channel.seal(sealed, room));
    }
};

class ShrineStreams : public testing::Test {
protected:
    static constexpr PeerChannel::Other node_1{NodeId{1}, no_incarnation};
    static constexpr PeerChannel::Other node_2{NodeId{2}, no_incarnation};

    StreamEnd dialer() const { return dialer(keys); }
    StreamEnd dialer(const KeyRing& ring) const {
        return {PeerChannel(End::dialer, self_of(2, incarnation_of_2), node_1, ring)};
    }
    StreamEnd accepter() const { return accepter(keys, node_2); }
    StreamEnd accepter(const KeyRing& ring, const PeerChannel::Other& other = node_2) const {
        return {PeerChannel(End::accepter, self_of(1, incarnation_of_1), other, ring)};
    }

    /// Both have proven themselves: the accepter by its first frame, the dialer by that message.
    static void open(StreamEnd& dialing, StreamEnd& accepting,
                     const PeerMessage& first = KeepAlive{}) {
        EXPECT_EQ(accepting.take(copy_of(dialing.channel.opening())), PeerChannel::Taken::hello);
        EXPECT_EQ(dialing.take(copy_of(accepting.channel.answer())), PeerChannel::Taken::hello);
        EXPECT_EQ(dialing.take_more(), PeerChannel::Taken::message);
        EXPECT_EQ(accepting.take(dialing.seal(first)), PeerChannel::Taken::message);
    }

    /// What a hello of node 2's is refused for by node 1.
    std::optional<StreamRefusal> refusal_of(const ByteVector& hello,
                                            const PeerChannel::Other& other = node_2) const {
        StreamEnd accepting = accepter(keys, other);
        if (accepting.take(hello) != PeerChannel::Taken::refused) return {};
        return accepting.channel.refusal();
    }

    KeyRing keys{std::array{shrine_key}};
};

}  // namespace komainu::test
