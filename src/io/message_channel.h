// The socket pair between main and a process that it forked, the guard or the runner: whole
// messages, in order, never blocking. Closing one end is how the other learns of a death, so each
// process closes the end that is not its own at once after the fork.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "base/fd.h"
#include "base/result.h"

namespace komainu {

/// Of every message that either side may send.
inline constexpr std::size_t channel_message_bytes_max = 1024;

/// The ends of main and of its child.
struct ChannelEnds {
    Fd main;
    Fd child;
};
Result<ChannelEnds> make_channel();

enum class Sent : std::uint8_t {
    yes,
    no_room,  ///< the other side has not read for long: it is stopped
    closed,   ///< the other side is gone
};
Sent send_message(int fd, std::span<const std::byte> message);

enum class ChannelState : std::uint8_t {
    open,    ///< nothing is left for now
    closed,  ///< the other side is gone, and everything it had sent was handed over
};
/// Hands over every message that is waiting.
ChannelState receive_messages(int fd,
                              const std::function<void(std::span<const std::byte>)>& message);

/// Sends what encode(message, room) makes of it.
template <class Message>
Sent send_over(int fd, const Message& message) {
    std::array<std::byte, channel_message_bytes_max> room;
    return send_message(fd, encode(message, room));
}

}  // namespace komainu
