#include "packet/peer_channel.h"

#include "base/assert.h"

namespace komainu {

namespace {

HelloBytes hello_of(const PeerChannel::Self& self, std::uint32_t key_id) {
    return encode(
        {spoken_versions, self.node, self.cluster, self.incarnation, key_id, self.random});
}

}  // namespace

PeerChannel::PeerChannel(End own, const Self& self, const Other& other, const KeyRing& keys)
    : own_(own), self_(self), other_(other), keys_(keys) {
    if (own == End::dialer) own_hello_ = hello_of(self, keys.signing_id());
}

PeerChannel::Taken PeerChannel::take(Bytes received, std::size_t& used, PeerMessage& message) {
    used = 0;
    answer_bytes_ = 0;
    return session_ ? take_frame(received, used, message) : take_hello(received, used);
}

// --- The hellos ---------------------------------------------------------------------------------

/// A stranger is not waited for until it has sent as much as a hello is long.
PeerChannel::Taken PeerChannel::take_hello(Bytes received, std::size_t& used) {
    constexpr std::array magic{std::byte{'K'}, std::byte{'M'}, std::byte{'N'}};
    const std::size_t seen = std::min(received.size(), magic.size());
    if (!std::ranges::equal(received.first(seen), Bytes(magic).first(seen)))
        return refuse(StreamRefusal::malformed);
    if (own_ == End::dialer && received.size() >= hello_refusal_bytes)
        if (const Taken taken = take_refusal(received); taken != Taken::nothing) return taken;
    if (received.size() < hello_bytes) return Taken::nothing;
    const Bytes bytes = received.first(hello_bytes);
    const auto hello = decode_hello(bytes);
    if (!hello) return refuse(StreamRefusal::malformed);
    if (const auto why = objection_to(*hello)) return refuse(*why);
    other_hello_ = *hello;
    used = hello_bytes;
    open_session(bytes);
    return Taken::hello;
}

PeerChannel::Taken PeerChannel::take_refusal(Bytes received) {
    const auto why = decode_hello_refusal(received.first(hello_refusal_bytes));
    if (!why) return Taken::nothing;
    refused_by_other_ = true;
    refusal_ = *why;
    return Taken::refused;
}

/// In the order in which what it says can be believed to be meant for us at all.
std::optional<StreamRefusal> PeerChannel::objection_to(const Hello& hello) const {
    if (!common_version(hello.versions, spoken_versions)) return StreamRefusal::unknown_version;
    if (hello.cluster != self_.cluster) return StreamRefusal::foreign_cluster;
    if (hello.sender == self_.node) return StreamRefusal::own_id;
    if (other_.node == no_node) return StreamRefusal::unknown_node;
    if (hello.sender != other_.node) return StreamRefusal::other_node;
    if (hello.incarnation < other_.at_least) return StreamRefusal::old_incarnation;
    const bool is_our_key =
        own_ == End::accepter ? keys_.has(hello.key_id) : hello.key_id == keys_.signing_id();
    if (!is_our_key) return StreamRefusal::unknown_key;
    return {};
}

/// The accepter's answer is its hello, and a frame that proves that it has the key.
void PeerChannel::open_session(Bytes other_hello) {
    const std::uint32_t key_id = other_hello_.key_id;
    if (own_ == End::dialer) {
        session_.emplace(own_, keys_, key_id, own_hello_, other_hello);
        return;
    }
    own_hello_ = hello_of(self_, key_id);
    session_.emplace(own_, keys_, key_id, other_hello, own_hello_);
    std::array<std::byte, frame_bytes_max> room;
    Writer writer(answer_);
    writer.bytes(own_hello_);
    writer.bytes(session_->seal(KeepAlive{}, room));
    KOMAINU_ASSERT(writer.ok());
    answer_bytes_ = writer.written().size();
}

PeerChannel::Taken PeerChannel::refuse(StreamRefusal why) {
    refusal_ = why;
    if (own_ == End::accepter && !session_)
        answer_bytes_ =
            encode_hello_refusal(why, std::span(answer_).first<hello_refusal_bytes>()).size();
    return Taken::refused;
}

// --- The frames ---------------------------------------------------------------------------------

PeerChannel::Taken PeerChannel::take_frame(Bytes received, std::size_t& used,
                                           PeerMessage& message) {
    const auto opened = session_->open(received, used, message);
    switch (opened) {
        case PeerSession::Opened::nothing:
            return Taken::nothing;
        case PeerSession::Opened::message:
        case PeerSession::Opened::skipped:
            proven_ = true;
            return opened == PeerSession::Opened::message ? Taken::message : Taken::skipped;
        case PeerSession::Opened::too_long:
            return refuse(StreamRefusal::too_long);
        case PeerSession::Opened::bad_tag:
            return refuse(StreamRefusal::bad_tag);
        case PeerSession::Opened::malformed:
            return refuse(StreamRefusal::malformed);
    }
    return Taken::nothing;
}

}  // namespace komainu
