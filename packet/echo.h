// ICMP echo: what a ping is made of, for IPv4 (RFC 792) and IPv6 (RFC 4443 section 4). Bytes only;
// whom to ask, and what silence means, is the life check's business (check/trusted_servers.h).
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/address.h"
#include "packet/bytes.h"

namespace komainu {

/// Type, code, checksum, identifier, sequence number, and the token as data.
inline constexpr std::size_t echo_bytes = 8 + 8;
using EchoRequest = std::array<std::byte, echo_bytes>;

/// The token comes back in the reply. Who has not seen the request cannot know it.
EchoRequest echo_request(Family family, std::uint64_t token);

/// What the kernel puts before the ICMP message: a raw IPv4 socket gives the IP header as well.
enum class EchoFraming : std::uint8_t { message, ipv4_packet };

/// The token of an echo reply. Nothing when the bytes are anything else, or are damaged. (The
/// checksum of ICMPv6, which covers addresses that are not here, has been verified by the kernel.)
std::optional<std::uint64_t> parse_echo_reply(Family family, EchoFraming framing, Bytes bytes);

}  // namespace komainu
