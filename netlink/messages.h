// Single rtnetlink messages: requests built in place, notifications parsed in place. Pure functions
// over bytes. The parsers are total: whatever the bytes are, they stay within them and either give
// a value or nothing. They do not allocate, except for an interface name too long for std::string's
// own room (which Linux's names, 15 characters, are not).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "netlink/records.h"

namespace komainu {

/// Room that is enough for any request built here.
inline constexpr std::size_t netlink_request_bytes_max = 128;

/// Messages begin at multiples of this, and so must the room for a request.
inline constexpr std::size_t netlink_alignment = 4;

/// Writes the request, which asks for an acknowledgement, and returns its length, a multiple of
/// netlink_alignment. The room must be aligned and at least netlink_request_bytes_max long.
std::size_t build_address_request(std::span<std::byte> room, std::uint32_t sequence,
                                  const AddressRequest& request);

/// The same for setting promote_secondaries on an interface.
std::size_t build_promote_secondaries(std::span<std::byte> room, std::uint32_t sequence,
                                      InterfaceIndex interface);

/// The same for filters.
std::size_t build_filter_request(std::span<std::byte> room, std::uint32_t sequence,
                                 const FilterRequest& request);

/// Cuts the first message, header included, off the datagram. Empty at its end, or when the rest is
/// no whole message.
std::span<const std::byte> next_message(std::span<const std::byte>& datagram);

/// What one message reports, whether it is a notification or part of a dump; nothing for the kinds
/// that do not concern us.
std::optional<NetlinkEvent> parse_event(std::span<const std::byte> message);

/// The kernel's answer to a question about filters; nothing for other messages.
std::optional<FilterAnswer> parse_filter_answer(std::span<const std::byte> message);

/// The kernel's word on one request.
struct Acknowledgement {
    std::uint32_t sequence = 0;
    int error = 0;  ///< 0 or an errno
};
std::optional<Acknowledgement> parse_acknowledgement(std::span<const std::byte> message);

}  // namespace komainu
