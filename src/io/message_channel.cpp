#include "io/message_channel.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "base/assert.h"

namespace komainu {

Result<ChannelEnds> make_channel() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
        return Error::from_errno("cannot make a socket pair", errno);
    return ChannelEnds{Fd(ends[0]), Fd(ends[1])};
}

namespace {

/// One message's header, and the room that the kernel needs to tell of its descriptors.
class Header {
public:
    Header(std::byte* bytes, std::size_t size) : vector_{bytes, size} {
        header_.msg_iov = &vector_;
        header_.msg_iovlen = 1;
        header_.msg_control = control_.data();
        header_.msg_controllen = control_.size();
    }

    void attach(std::span<const int> descriptors) {
        KOMAINU_ASSERT(descriptors.size() <= channel_descriptors_max);
        header_.msg_controllen = descriptors.empty() ? 0 : CMSG_SPACE(descriptors.size_bytes());
        if (descriptors.empty()) return;
        cmsghdr* const rights = CMSG_FIRSTHDR(&header_);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(descriptors.size_bytes());
        std::memcpy(CMSG_DATA(rights), descriptors.data(), descriptors.size_bytes());
    }

    Descriptors detach() {
        Descriptors descriptors;
        const cmsghdr* const rights = CMSG_FIRSTHDR(&header_);
        if (!rights || rights->cmsg_type != SCM_RIGHTS) return descriptors;
        const std::size_t count = (rights->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(rights) + i * sizeof fd, sizeof fd);
            descriptors[i] = Fd(fd);
        }
        return descriptors;
    }

    msghdr* get() { return &header_; }

private:
    iovec vector_;
    msghdr header_{};
    alignas(cmsghdr)
        std::array<std::byte, CMSG_SPACE(channel_descriptors_max * sizeof(int))> control_{};
};

}  // namespace

Sent send_message(int fd, std::span<const std::byte> message, std::span<const int> descriptors) {
    Header header(const_cast<std::byte*>(message.data()), message.size());
    header.attach(descriptors);
    while (::sendmsg(fd, header.get(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
        if (errno == EINTR) continue;
        return errno == EAGAIN || errno == ENOBUFS ? Sent::no_room : Sent::closed;
    }
    return Sent::yes;
}

// No message is empty, so that zero bytes mean the end. ECONNRESET comes once, when the other side
// died with messages of ours unread; what it had sent before still waits behind it.
ChannelState receive_messages(int fd, const TakeMessage& take) {
    std::array<std::byte, channel_message_bytes_max> room;
    for (;;) {
        Header header(room.data(), room.size());
        const auto length = ::recvmsg(fd, header.get(), MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (length > 0) {
            Descriptors descriptors = header.detach();
            take(std::span<const std::byte>(room).first(static_cast<std::size_t>(length)),
                 descriptors);
        } else if (length < 0 && errno == EAGAIN) {
            return ChannelState::open;
        } else if (length == 0 || (errno != EINTR && errno != ECONNRESET)) {
            return ChannelState::closed;
        }
    }
}

}  // namespace komainu
