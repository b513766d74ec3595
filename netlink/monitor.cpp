#include "netlink/monitor.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include "netlink/messages.h"

namespace komainu {

namespace {

// The kernel writes no notification longer than this, unless an interface has very many virtual
// functions; then it is cut off, and the inventory tells what it said.
constexpr std::size_t datagram_bytes_max = 32 * 1024;

constexpr int datagrams_per_drain_max = 1024;

constexpr unsigned groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;

Status set_receive_bytes(int fd, int bytes) {
    // Beyond net.core.rmem_max with CAP_NET_ADMIN in the first user namespace only.
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) == 0) return Ok{};
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes) == 0) return Ok{};
    return Error::from_errno("cannot set the size of a receive buffer", errno);
}

void report_all(std::span<const std::byte> datagram,
                const std::function<void(const NetlinkEvent&)>& report) {
    for (auto message = next_message(datagram); !message.empty(); message = next_message(datagram))
        if (const auto event = parse_event(message)) report(*event);
}

}  // namespace

struct Monitor::Buffer {
    alignas(netlink_alignment) std::array<std::byte, datagram_bytes_max> bytes;
};

Monitor::Monitor(KernelSocket socket, std::unique_ptr<Buffer> buffer)
    : socket_(std::move(socket)), buffer_(std::move(buffer)) {}
Monitor::Monitor(Monitor&&) noexcept = default;
Monitor& Monitor::operator=(Monitor&&) noexcept = default;
Monitor::~Monitor() = default;

Result<Monitor> Monitor::open(int receive_bytes) {
    auto socket = open_kernel_socket(SOCK_NONBLOCK, groups);
    if (!socket) return socket.error();
    if (Status set = set_receive_bytes(mnl_socket_get_fd(socket->get()), receive_bytes); !set)
        return set.error();
    return Monitor(std::move(*socket), std::make_unique<Buffer>());
}

int Monitor::fd() const { return mnl_socket_get_fd(socket_.get()); }

Status Monitor::drain(const std::function<void(const NetlinkEvent&)>& report) {
    for (int i = 0; i < datagrams_per_drain_max; ++i) {
        const auto received = receive_from_kernel(socket_, buffer_->bytes);
        switch (received.error) {
            case 0:
                report_all(received.datagram, report);
                break;
            case ENOBUFS:   // The kernel had no room for an event,
            case EMSGSIZE:  // or we had none.
                overrun_ = true;
                break;
            case EAGAIN:
                if (std::exchange(overrun_, false)) report(Overrun{});
                return Ok{};
            default:
                return Error::from_errno("cannot receive netlink events", received.error);
        }
    }
    return Ok{};
}

}  // namespace komainu
