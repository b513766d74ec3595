// The socket pair between main and guard: whole messages, in order, never blocking. Closing one end
// is how the other learns of a death, so each process closes the end that is not its own at once
// after the fork.
#pragma once

#include <array>
#include <functional>

#include "base/fd.h"
#include "base/result.h"
#include "guard/orders.h"

namespace komainu {

/// The ends of main and of the guard.
struct GuardSockets {
    Fd main;
    Fd guard;
};
Result<GuardSockets> make_guard_sockets();

enum class Sent : std::uint8_t {
    yes,
    no_room,  ///< the other side has not read for long: it is stopped
    closed,   ///< the other side is gone
};
Sent send_message(int fd, Bytes message);

enum class ChannelState : std::uint8_t {
    open,    ///< nothing is left for now
    closed,  ///< the other side is gone, and everything it had sent was handed over
};
/// Hands over every message that is waiting.
ChannelState receive_messages(int fd, const std::function<void(Bytes)>& message);

template <class Message>
Sent send_over(int fd, const Message& message) {
    std::array<std::byte, guard_message_bytes_max> room;
    return send_message(fd, encode(message, room));
}

}  // namespace komainu
