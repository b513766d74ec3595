// One end of a peer stream as bytes in and bytes out: the hellos, whom to believe, and the frames.
// It owns no socket and knows no time; what the messages bring about is not its business.
#pragma once

#include <optional>

#include "packet/peer_session.h"

namespace komainu {

class PeerChannel {
public:
    struct Self {
        NodeId node = no_node;
        Incarnation incarnation = no_incarnation;
        ClusterHash cluster{};
        std::array<std::byte, 32> random{};  ///< of this stream alone
    };
    /// Who the other end is to be: the one whose address it has. The ring must outlive the hellos;
    /// its first key is the dialer's choice.
    struct Other {
        NodeId node = no_node;                  ///< none: its address is nobody's
        Incarnation at_least = no_incarnation;  ///< the newest that was proven
    };
    PeerChannel(End own, const Self& self, const Other& other, const KeyRing& keys);

    /// The dialer's hello, to be sent first; the accepter begins with nothing.
    Bytes opening() const { return own_ == End::dialer ? Bytes(own_hello_) : Bytes{}; }

    enum class Taken : std::uint8_t {
        nothing,  ///< more has to be received first
        hello,    ///< the answer, if there is one, has to be sent; the accepter's is its hello
        message,  ///< the first one has proven who the other end is
        skipped,
        refused,  ///< see refusal(): the answer has to be sent, and the stream to be closed
    };
    /// Takes what stands at the front of what was received. `used`: how many bytes of it are done
    /// with.
    Taken take(Bytes received, std::size_t& used, PeerMessage& message);
    /// Of the call before.
    Bytes answer() const { return Bytes(answer_).first(answer_bytes_); }

    /// Once there are both hellos. See PeerSession.
    Bytes seal(const PeerMessage& message, std::span<std::byte> room) {
        return session_->seal(message, room);
    }
    bool can_seal() const { return session_.has_value(); }

    StreamRefusal refusal() const { return refusal_; }
    /// It is the other end that refuses, as it says.
    bool refused_by_other() const { return refused_by_other_; }
    /// The other end's, once its hello was taken; proven with its first message.
    Incarnation incarnation() const { return other_hello_.incarnation; }
    bool proven() const { return proven_; }

private:
    Taken take_hello(Bytes received, std::size_t& used);
    Taken take_frame(Bytes received, std::size_t& used, PeerMessage& message);
    Taken take_refusal(Bytes received);
    std::optional<StreamRefusal> objection_to(const Hello& hello) const;
    void open_session(Bytes other_hello);
    Taken refuse(StreamRefusal why);

    const End own_;
    const Self self_;
    const Other other_;
    const KeyRing& keys_;
    HelloBytes own_hello_{};
    Hello other_hello_;
    std::optional<PeerSession> session_;
    StreamRefusal refusal_ = StreamRefusal::malformed;
    bool refused_by_other_ = false;
    bool proven_ = false;
    std::array<std::byte, hello_bytes + frame_header_bytes + tag_bytes> answer_{};
    std::size_t answer_bytes_ = 0;
};

}  // namespace komainu
