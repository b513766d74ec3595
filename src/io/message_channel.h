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
inline constexpr std::size_t channel_message_bytes_max = 4096;

/// The ends of main and of its child.
struct ChannelEnds {
    Fd main;
    Fd child;
};
Result<ChannelEnds> make_channel();

/// Open files that travel with a message (unix(7), SCM_RIGHTS). The receiver's are its own.
inline constexpr std::size_t channel_descriptors_max = 2;
using Descriptors = std::array<Fd, channel_descriptors_max>;

enum class Sent : std::uint8_t {
    yes,
    no_room,  ///< the other side has not read for long: it is stopped
    closed,   ///< the other side is gone
};
Sent send_message(int fd, std::span<const std::byte> message,
                  std::span<const int> descriptors = {});

enum class ChannelState : std::uint8_t {
    open,    ///< nothing is left for now
    closed,  ///< the other side is gone, and everything it had sent was handed over
};
using TakeMessage = std::function<void(std::span<const std::byte>, Descriptors&)>;

/// Hands over every message that is waiting. Descriptors that are not taken are closed.
ChannelState receive_messages(int fd, const TakeMessage& take);

/// Sends what encode(message, room) makes of it.
template <class Message>
Sent send_over(int fd, const Message& message, std::span<const int> descriptors = {}) {
    std::array<std::byte, channel_message_bytes_max> room;
    return send_message(fd, encode(message, room), descriptors);
}

}  // namespace komainu
