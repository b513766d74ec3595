#include "packet/echo.h"

#include "base/assert.h"

namespace komainu {

namespace {

// RFC 792, RFC 4443 sections 4.1 and 4.2.
constexpr std::uint8_t type_request = 8;
constexpr std::uint8_t type_reply = 0;
constexpr std::uint8_t type_request_v6 = 128;
constexpr std::uint8_t type_reply_v6 = 129;

// RFC 791 section 3.1.
constexpr std::uint8_t version_4 = 4;
constexpr std::size_t ipv4_header_bytes_min = 20;
constexpr std::size_t header_length_unit_bytes = 4;

// RFC 1071. Over a message with its checksum in place it gives zero.
std::uint16_t checksum(Bytes message) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < message.size(); ++i)
        sum += std::to_integer<std::uint32_t>(message[i]) << (i % 2 == 0 ? 8 : 0);
    while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

// Identifier and sequence number stay zero: the kernel sets the identifier of an unprivileged
// socket itself, and the token does what both are for.
void write(EchoRequest& message, std::uint8_t type, std::uint16_t sum, std::uint64_t token) {
    Writer writer(message);
    writer.u8(type);
    writer.u8(0);
    writer.u16(sum);
    writer.u16(0);
    writer.u16(0);
    writer.u64(token);
    KOMAINU_ASSERT(writer.ok() && writer.written().size() == message.size());
}

// The message within an IPv4 packet; empty when there is none.
Bytes without_ipv4_header(Bytes packet) {
    Reader reader(packet);
    const std::uint8_t version_and_length = reader.u8();
    const std::size_t length = (version_and_length & 0xf) * header_length_unit_bytes;
    const bool is_header = version_and_length >> 4 == version_4 &&
                           length >= ipv4_header_bytes_min && length <= packet.size();
    return is_header ? packet.subspan(length) : Bytes{};
}

}  // namespace

EchoRequest echo_request(Family family, std::uint64_t token) {
    EchoRequest message{};
    if (family == Family::ipv6) {
        write(message, type_request_v6, 0, token);  // the kernel fills in the checksum
        return message;
    }
    write(message, type_request, 0, token);
    write(message, type_request, checksum(message), token);
    return message;
}

std::optional<std::uint64_t> parse_echo_reply(Family family, EchoFraming framing, Bytes bytes) {
    const Bytes message = framing == EchoFraming::ipv4_packet ? without_ipv4_header(bytes) : bytes;
    // A reply repeats the data of its request, neither more nor less.
    if (message.size() != echo_bytes) return {};
    Reader reader(message);
    const std::uint8_t type = reader.u8();
    const std::uint8_t code = reader.u8();
    reader.bytes(2 + 2 + 2);  // checksum, identifier, sequence number
    const std::uint64_t token = reader.u64();
    if (type != (family == Family::ipv6 ? type_reply_v6 : type_reply) || code != 0) return {};
    if (family == Family::ipv4 && checksum(message) != 0) return {};
    return token;
}

}  // namespace komainu
