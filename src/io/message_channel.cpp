#include "io/message_channel.h"

#include <sys/socket.h>

#include <cerrno>

namespace komainu {

Result<ChannelEnds> make_channel() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
        return Error::from_errno("cannot make a socket pair", errno);
    return ChannelEnds{Fd(ends[0]), Fd(ends[1])};
}

Sent send_message(int fd, std::span<const std::byte> message) {
    while (::send(fd, message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
        if (errno == EINTR) continue;
        return errno == EAGAIN || errno == ENOBUFS ? Sent::no_room : Sent::closed;
    }
    return Sent::yes;
}

// No message is empty, so that zero bytes mean the end. ECONNRESET comes once, when the other side
// died with messages of ours unread; what it had sent before still waits behind it.
ChannelState receive_messages(int fd,
                              const std::function<void(std::span<const std::byte>)>& message) {
    std::array<std::byte, channel_message_bytes_max> room;
    for (;;) {
        const auto length = ::recv(fd, room.data(), room.size(), MSG_DONTWAIT);
        if (length > 0)
            message(std::span<const std::byte>(room).first(static_cast<std::size_t>(length)));
        else if (length < 0 && errno == EAGAIN)
            return ChannelState::open;
        else if (length == 0 || (errno != EINTR && errno != ECONNRESET))
            return ChannelState::closed;
    }
}

}  // namespace komainu
