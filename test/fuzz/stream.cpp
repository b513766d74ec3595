// What the TCP port receives, and what the other end of a stream answers (packet/peer_channel.h):
// the bytes as they are, to both ends, and behind a genuine opening; and as the body of a frame
// that a member has sealed, whose type is their first byte (packet/peer_body.h).
#include "packet/peer_channel.h"

#include <algorithm>
#include <array>

#include "test/fuzz/fuzz.h"

namespace komainu::fuzz {

namespace {

const KeyRing& keys() {
    static const KeyRing ring(std::array{Key{{}, 0xcb2f5160}});
    return ring;
}

/// The seeds are recordings of another stream than those that they are fed to.
enum class Stream : std::uint8_t { examined = 1, recorded = 2 };

PeerChannel::Self self_of(int node, Stream stream) {
    PeerChannel::Self self{
        NodeId{static_cast<std::uint8_t>(node)}, Incarnation{77}, cluster_hash("shrine"), {}};
    self.random.fill(static_cast<std::byte>(stream));
    return self;
}

struct Pair {
    explicit Pair(Stream stream)
        : dialer(End::dialer, self_of(2, stream), {NodeId{1}, Incarnation{77}}, keys()),
          accepter(End::accepter, self_of(1, stream), {NodeId{2}, Incarnation{77}}, keys()) {}

    PeerChannel dialer;
    PeerChannel accepter;
    PeerMessage message = {};
};

/// All that can be taken of it. What is not believed is not taken.
void feed(PeerChannel& channel, Bytes input, PeerMessage& message) {
    while (true) {
        std::size_t used = 0;
        const auto taken = channel.take(input, used, message);
        must_hold(used <= input.size(), "no more is used than there is");
        if (taken == PeerChannel::Taken::nothing || taken == PeerChannel::Taken::refused) return;
        must_hold(taken == PeerChannel::Taken::hello, "nobody without the key says anything");
        input = input.subspan(used);
    }
}

void is_taken_by_nobody(Bytes input) {
    Pair fresh(Stream::examined);
    feed(fresh.accepter, input, fresh.message);
    feed(fresh.dialer, input, fresh.message);
    Pair opened(Stream::examined);
    std::size_t used = 0;
    opened.accepter.take(opened.dialer.opening(), used, opened.message);
    feed(opened.accepter, input, opened.message);
}

void is_one_hello_or_none(Bytes input) {
    const auto hello = decode_hello(input);
    if (hello) must_hold(decode_hello(encode(*hello)) == hello, "a hello is read as it was");
}

/// Without what a later version adds it is read as the same message.
void begins_with_one_body_or_none(std::uint8_t type, Bytes body) {
    PeerMessage message;
    if (!read_peer_body(type, body, message)) return;
    must_hold(is_known_type(type) && peer_message_type(message) == type,
              "the message is of the body's type");
    std::array<std::byte, peer_body_bytes_max> room;
    Writer writer(room);
    write_peer_body(writer, message);
    must_hold(writer.ok(), "any message fits its room");
    PeerMessage again;
    must_hold(read_peer_body(type, writer.written(), again) && again == message,
              "a message is read as it was");
}

std::string with_type(const PeerMessage& message) {
    std::array<std::byte, peer_body_bytes_max> room;
    Writer writer(room);
    write_peer_body(writer, message);
    return static_cast<char>(peer_message_type(message)) + text_of(writer.written());
}

}  // namespace

void examine(Bytes input) {
    is_taken_by_nobody(input);
    is_one_hello_or_none(input);
    if (input.empty() || input.size() > peer_body_bytes_max) return;
    begins_with_one_body_or_none(std::to_integer<std::uint8_t>(input[0]), input.subspan(1));
}

std::vector<std::string> seeds() {
    Pair pair(Stream::recorded);
    std::size_t used = 0;
    pair.accepter.take(pair.dialer.opening(), used, pair.message);
    std::array<std::byte, hello_refusal_bytes> room;
    ServerInfo info;
    info.host_name = "db1";
    info.software_version = "0.1.0";
    info.service_port = 9999;
    info.vip_settings = {{"vip.main.address", "10.0.0.9/24"}, {"vip.other.address", ""}};
    std::vector<std::string> seeds{
        text_of(pair.dialer.opening()), text_of(pair.accepter.answer()),
        text_of(encode_hello_refusal(StreamRefusal::unknown_key, room)), with_type(info),
        with_type(JoinRefused{JoinRefusal::other_settings, "vip.main.address"})};
    for (const PeerMessage& message : {PeerMessage(KeepAlive{}), PeerMessage(JoinAccepted{}),
                                       PeerMessage(LedgerMessage(Prepare{{9, NodeId{1}}}))})
        seeds.push_back(with_type(message));
    return seeds;
}

}  // namespace komainu::fuzz
