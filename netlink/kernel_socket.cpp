#include "netlink/kernel_socket.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>

namespace komainu {

namespace {

// The kernel answers before the sending returns, so the time-out only keeps a bug from holding us.
constexpr timeval answer_timeout{1, 0};

}  // namespace

Result<KernelSocket> open_kernel_socket(int flags, unsigned groups) {
    KernelSocket socket(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | flags));
    if (!socket) return Error::from_errno("cannot open a netlink socket", errno);
    if (mnl_socket_bind(socket.get(), groups, MNL_SOCKET_AUTOPID) < 0)
        return Error::from_errno("cannot bind a netlink socket", errno);
    return socket;
}

Result<KernelSocket> open_request_socket() {
    auto socket = open_kernel_socket(0, 0);
    if (!socket) return socket.error();
    const int fd = mnl_socket_get_fd(socket->get());
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &answer_timeout, sizeof answer_timeout) < 0)
        return Error::from_errno("cannot limit the wait for the kernel's answers", errno);
    int on = 1;
    if (mnl_socket_setsockopt(socket->get(), NETLINK_CAP_ACK, &on, sizeof on) < 0)
        return Error::from_errno("cannot ask the kernel for short acknowledgements", errno);
    return socket;
}

// Not mnl_socket_recvfrom(): it does not tell who the sender is. Another process with CAP_NET_ADMIN
// may send to any netlink socket; only the kernel's port is 0.
Received receive_from_kernel(const KernelSocket& socket, std::span<std::byte> room) {
    sockaddr_nl sender{};
    iovec part{room.data(), room.size()};
    msghdr message{};
    message.msg_name = &sender;
    message.msg_namelen = sizeof sender;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    ssize_t length;
    do length = recvmsg(mnl_socket_get_fd(socket.get()), &message, 0);
    while (length < 0 && errno == EINTR);
    if (length < 0) return {{}, errno};
    if (message.msg_namelen != sizeof sender || sender.nl_pid != 0) return {};
    if ((message.msg_flags & MSG_TRUNC) != 0) return {{}, EMSGSIZE};
    return {room.first(static_cast<std::size_t>(length)), 0};
}

}  // namespace komainu
