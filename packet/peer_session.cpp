#include "packet/peer_session.h"

#include "packet/blocks.h"

namespace komainu {

namespace {

constexpr std::string_view purpose = "komainu peer stream";

End other(End end) { return end == End::dialer ? End::accepter : End::dialer; }

std::uint8_t direction_from(End end) { return static_cast<std::uint8_t>(end); }

Tag key_of(End from, const KeyRing& keys, std::uint32_t key_id, Bytes dialers_hello,
           Bytes accepters_hello) {
    std::array<std::byte, purpose.size() + 1 + 2 * hello_bytes> room;
    Writer writer(room);
    writer.bytes(std::as_bytes(std::span(purpose)));
    writer.u8(direction_from(from));
    writer.bytes(dialers_hello);
    writer.bytes(accepters_hello);
    return keys.derive(key_id, finished(writer));
}

}  // namespace

PeerSession::PeerSession(End own, const KeyRing& keys, std::uint32_t key_id, Bytes dialers_hello,
                         Bytes accepters_hello)
    : sending_(key_of(own, keys, key_id, dialers_hello, accepters_hello), direction_from(own)),
      receiving_(key_of(other(own), keys, key_id, dialers_hello, accepters_hello),
                 direction_from(other(own))) {}

Bytes PeerSession::seal(const PeerMessage& message, std::span<std::byte> room) {
    Writer writer(room);
    const auto length = writer.claim(sizeof(std::uint16_t));
    writer.u8(peer_message_type(message));
    write_peer_body(writer, message);
    KOMAINU_ASSERT(writer.ok());
    const std::size_t body_bytes = writer.written().size() - frame_header_bytes;
    KOMAINU_ASSERT(body_bytes <= peer_body_bytes_max);
    Writer(length).u16(static_cast<std::uint16_t>(body_bytes));
    writer.bytes(sending_.next(writer.written()));
    return finished(writer);
}

PeerSession::Opened PeerSession::open(Bytes received, std::size_t& used, PeerMessage& message) {
    used = 0;
    if (received.size() < frame_header_bytes) return Opened::nothing;
    Reader header(received);
    const std::size_t body_bytes = header.u16();
    const std::uint8_t type = header.u8();
    if (body_bytes > peer_body_bytes_max) return Opened::too_long;
    const std::size_t covered = frame_header_bytes + body_bytes;
    if (received.size() < covered + tag_bytes) return Opened::nothing;
    if (!receiving_.is_next(received.first(covered), received.subspan(covered, tag_bytes)))
        return Opened::bad_tag;
    used = covered + tag_bytes;
    if (!is_known_type(type)) return Opened::skipped;
    const bool is_one =
        read_peer_body(type, received.subspan(frame_header_bytes, body_bytes), message);
    return is_one ? Opened::message : Opened::malformed;
}

}  // namespace komainu
