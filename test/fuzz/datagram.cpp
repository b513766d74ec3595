// What the UDP port receives (packet/datagram.h). The bytes are tried as they are, and once more as
// the header and body of a datagram that somebody with the key has sealed, so that the fuzzer gets
// behind the authentication.
#include "packet/datagram.h"

#include <algorithm>
#include <array>

#include "test/fuzz/fuzz.h"

namespace komainu::fuzz {

namespace {

constexpr std::size_t length_at = 20;
constexpr std::size_t names_bytes =
    20;  // what names protocol, cluster and key, and type, and sender

const KeyRing& keys() {
    static const KeyRing ring(std::array{Key{{}, 0xcb2f5160}});
    return ring;
}
const Datagrams& datagrams() {
    static const Datagrams shrine(cluster_hash("shrine"), keys());
    return shrine;
}

std::string sealed(const Message& message) {
    std::array<std::byte, datagram_bytes_max> room;
    const Envelope envelope{NodeId{2}, Incarnation{77}, 258, 0};
    return text_of(datagrams().seal(envelope, message, room));
}

void opens_to_one_message_or_is_refused(Bytes datagram) {
    Envelope envelope;
    Message message;
    if (datagrams().open(datagram, envelope, message)) return;
    std::array<std::byte, datagram_bytes_max> room;
    must_hold(std::ranges::equal(datagrams().seal(envelope, message, room), datagram),
              "what was opened seals to the same bytes");
}

/// The input with its length put right, and a tag that belongs to it; its type and sender stay.
std::string sealed_by_a_member(Bytes input) {
    static const std::string ours = sealed(VoteRequest{1});
    std::string datagram = text_of(input);
    for (std::size_t i = 0; i < names_bytes; ++i)
        if (i != 5 && i != 6 && i != 7) datagram[i] = ours[i];
    const std::size_t body_bytes = datagram.size() - datagram_header_bytes;
    datagram[length_at] = static_cast<char>(body_bytes >> 8);
    datagram[length_at + 1] = static_cast<char>(body_bytes);
    return datagram + text_of(keys().sign(bytes_of(datagram)));
}

}  // namespace

void examine(Bytes input) {
    opens_to_one_message_or_is_refused(input);
    if (input.size() < datagram_header_bytes || input.size() > datagram_bytes_max) return;
    opens_to_one_message_or_is_refused(bytes_of(sealed_by_a_member(input)));
}

std::vector<std::string> seeds() {
    const Tenancy tenancy{{7, NodeId{1}}, Incarnation{78}};
    Heartbeat heartbeat;
    heartbeat.highest_term = tenancy.term;
    heartbeat.following = tenancy;
    heartbeat.conditions.healthy = true;
    heartbeat.deadtime = heartbeat.remembered = 500ms;
    for (const int peer : {1, 3})
        heartbeat.echoes.push_back(
            {NodeId{static_cast<std::uint8_t>(peer)}, Incarnation{78}, 9, 5});
    std::vector<std::string> seeds;
    for (const Message& message : std::initializer_list<Message>{
             heartbeat, VoteRequest{8, 500ms},
             Vote{tenancy, VoteAnswer::granted, tenancy.term, 500ms}, Release{7, NodeId{3}},
             SwitchoverRequest{tenancy, no_node}}) {
        seeds.push_back(sealed(message));
        seeds.push_back(seeds.back().substr(0, seeds.back().size() - tag_bytes));
    }
    return seeds;
}

}  // namespace komainu::fuzz
