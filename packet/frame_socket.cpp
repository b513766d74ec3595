#include "packet/frame_socket.h"

#include <linux/if_packet.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "packet/ethernet.h"

namespace komainu {

namespace {

constexpr std::size_t frames_per_call_max = 64;

// The kernel takes addresses and types from the frame itself; it asks for the interface, and for
// the protocol as what filters and captures will see.
sockaddr_ll link_address(const OutgoingFrame& frame) {
    Reader reader(frame.bytes);
    const EthernetHeader header = read_ethernet_header(reader);
    sockaddr_ll to{};
    to.sll_family = AF_PACKET;
    to.sll_ifindex = frame.interface_index;
    to.sll_halen = static_cast<unsigned char>(header.destination.bytes.size());
    std::ranges::copy(header.destination.bytes, to.sll_addr);
    Writer protocol(std::as_writable_bytes(std::span(&to.sll_protocol, 1)));
    protocol.u16(header.type);
    return to;
}

// One call's worth of frames in the shape that sendmmsg wants. It points into itself and is
// therefore filled in where it lives.
struct Batch {
    std::array<sockaddr_ll, frames_per_call_max> to;
    std::array<iovec, frames_per_call_max> parts;
    std::array<mmsghdr, frames_per_call_max> messages;

    void fill(std::span<const OutgoingFrame> frames) {
        for (std::size_t i = 0; i < frames.size(); ++i) {
            to[i] = link_address(frames[i]);
            parts[i] = {const_cast<std::byte*>(frames[i].bytes.data()), frames[i].bytes.size()};
            messages[i] = {};
            messages[i].msg_hdr.msg_name = &to[i];
            messages[i].msg_hdr.msg_namelen = sizeof to[i];
            messages[i].msg_hdr.msg_iov = &parts[i];
            messages[i].msg_hdr.msg_iovlen = 1;
        }
    }
};

// sendmmsg stops at the first message that is refused; it is passed over and the rest is sent.
void send_all(int fd, std::span<mmsghdr> messages, FramesSent& result) {
    while (!messages.empty()) {
        const int sent =
            ::sendmmsg(fd, messages.data(), static_cast<unsigned>(messages.size()), MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) {
            result.last_error = errno;
            ++result.refused;
            messages = messages.subspan(1);
        } else {
            result.sent += static_cast<std::size_t>(sent);
            messages = messages.subspan(static_cast<std::size_t>(sent));
        }
    }
}

}  // namespace

// PACKET_QDISC_BYPASS would be a little faster and is not used: these frames must pass the egress
// filters of the interface like all others, the fence among them.
Result<FrameSocket> FrameSocket::open() {
    Fd fd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return Error::from_errno("cannot open a packet socket", errno);
    return FrameSocket(std::move(fd));
}

FramesSent FrameSocket::send(std::span<const OutgoingFrame> frames) {
    FramesSent result;
    while (!frames.empty()) {
        const auto some = frames.first(std::min(frames.size(), frames_per_call_max));
        Batch batch;
        batch.fill(some);
        send_all(fd_.get(), std::span(batch.messages).first(some.size()), result);
        frames = frames.subspan(some.size());
    }
    return result;
}

}  // namespace komainu
