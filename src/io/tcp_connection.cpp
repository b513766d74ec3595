#include "io/tcp_connection.h"

#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "base/assert.h"
#include "io/link_socket.h"
#include "io/socket_address.h"
#include "io/source_filter.h"

namespace komainu {

namespace {

constexpr int backlog = 64;

template <class Value>
bool set_option(const Fd& socket, int level, int option, const Value& value) {
    return setsockopt(socket.get(), level, option, &value, sizeof value) == 0;
}

/// Neither is worth losing a connection for.
void be_prompt(const Fd& socket) {
    set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(socket, IPPROTO_TCP, TCP_USER_TIMEOUT,
               static_cast<unsigned>(tcp_patience / std::chrono::milliseconds(1)));
}

/// A group is for datagrams; the stream goes by the own address.
DatagramLinkOptions without_group(DatagramLinkOptions link) {
    link.group.reset();
    return link;
}

struct BoundSocket {
    Fd socket;
    std::uint32_t interface = 0;
};

/// Bound to the own address, so that a VIP is never the source, and tied to the interface where the
/// link is.
Result<BoundSocket> make_bound(const DatagramLinkOptions& link, std::uint16_t port) {
    const auto interface = interface_of(link);
    if (!interface) return interface.error();
    const int domain = link.own.is_ipv4() ? AF_INET : AF_INET6;
    Fd socket(::socket(domain, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) return Error::from_errno("cannot create a TCP socket", errno);
    set_option(socket, SOL_SOCKET, SO_REUSEADDR, 1);
    if (!link.own.is_ipv4()) set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    if (interface.value() != 0 &&
        !set_option(socket, SOL_SOCKET, SO_BINDTOIFINDEX, static_cast<int>(interface.value())))
        return Error::from_errno("cannot bind a TCP socket to its interface", errno);
    const Endpoint own{link.own, port};
    const SocketAddress address(own, interface.value());
    if (bind(socket.get(), &address.generic, address.size()) != 0)
        return errno == EADDRINUSE
                   ? port_in_use(to_string(own) + " (TCP)")
                   : Error::from_errno("cannot bind to " + to_string(own) + " (TCP)", errno);
    return BoundSocket{std::move(socket), interface.value()};
}

Error end_of_stream() { return {"the other end has closed it"}; }

}  // namespace

TcpConnection::TcpConnection(Fd socket)
    : socket_(std::move(socket)), received_(received_bytes_max), unsent_(unsent_bytes_max) {
    be_prompt(socket_);
}

Result<TcpConnection> TcpConnection::dial(const DatagramLinkOptions& link, const IpAddress& to) {
    auto bound = make_bound(without_group(link), 0);
    if (!bound) return bound.error();
    TcpConnection connection(std::move(bound->socket));
    const SocketAddress address({to, link.port}, bound->interface);
    connection.connecting_ = true;
    if (connect(connection.fd(), &address.generic, address.size()) != 0 && errno != EINPROGRESS)
        return Error::from_errno("cannot connect to " + to_string(Endpoint{to, link.port}), errno);
    return connection;
}

std::uint32_t TcpConnection::wanted_events() const {
    if (connecting_) return EPOLLOUT;
    return has_unsent() ? EPOLLIN | EPOLLOUT : EPOLLIN;
}

/// What was received before the end counts, so it is read first.
Status TcpConnection::on_ready(std::uint32_t events) {
    if (connecting_) return finish_connecting();
    if (events & EPOLLOUT)
        if (Status flushed = flush(); !flushed) return flushed;
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) return receive();
    return Ok{};
}

Status TcpConnection::finish_connecting() {
    int error = 0;
    socklen_t bytes = sizeof error;
    getsockopt(fd(), SOL_SOCKET, SO_ERROR, &error, &bytes);
    if (error != 0) return Error::from_errno("cannot connect", error);
    connecting_ = false;
    return flush();
}

Status TcpConnection::receive() {
    if (received_begin_ > 0) {
        std::copy(received_.begin() + static_cast<std::ptrdiff_t>(received_begin_),
                  received_.begin() + static_cast<std::ptrdiff_t>(received_end_),
                  received_.begin());
        received_end_ -= std::exchange(received_begin_, 0);
    }
    const std::size_t room = received_.size() - received_end_;
    if (room == 0) return Ok{};
    const auto got = recv(fd(), received_.data() + received_end_, room, MSG_DONTWAIT);
    if (got == 0) return end_of_stream();
    if (got > 0) received_end_ += static_cast<std::size_t>(got);
    if (got < 0 && errno != EAGAIN && errno != EINTR)
        return Error::from_errno("cannot receive", errno);
    return Ok{};
}

std::span<const std::byte> TcpConnection::received() const {
    return std::span(received_).subspan(received_begin_, received_end_ - received_begin_);
}

void TcpConnection::drop_received(std::size_t bytes) {
    KOMAINU_ASSERT(bytes <= received_end_ - received_begin_);
    received_begin_ += bytes;
}

bool TcpConnection::send(std::span<const std::byte> bytes) {
    if (unsent_begin_ == unsent_end_) unsent_begin_ = unsent_end_ = 0;
    if (bytes.size() > unsent_.size() - unsent_end_) {
        std::copy(unsent_.begin() + static_cast<std::ptrdiff_t>(unsent_begin_),
                  unsent_.begin() + static_cast<std::ptrdiff_t>(unsent_end_), unsent_.begin());
        unsent_end_ -= std::exchange(unsent_begin_, 0);
    }
    if (bytes.size() > unsent_.size() - unsent_end_) return false;
    std::ranges::copy(bytes, unsent_.begin() + static_cast<std::ptrdiff_t>(unsent_end_));
    unsent_end_ += bytes.size();
    return connecting_ || static_cast<bool>(flush());
}

Status TcpConnection::flush() {
    while (has_unsent()) {
        const auto sent = ::send(fd(), unsent_.data() + unsent_begin_, unsent_end_ - unsent_begin_,
                                 MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) return Ok{};
        if (sent < 0 && errno != EINTR) return Error::from_errno("cannot send", errno);
        if (sent > 0) unsent_begin_ += static_cast<std::size_t>(sent);
    }
    return Ok{};
}

// --- The listener -------------------------------------------------------------------------------

TcpListener::TcpListener(DatagramLinkOptions link) : link_(without_group(std::move(link))) {}

Result<TcpListener> TcpListener::open(const DatagramLinkOptions& link) {
    TcpListener listener(link);
    if (Status opened = listener.reopen(); !opened) return opened.error();
    return listener;
}

/// The filter comes before listen(), so that nobody slips in; the sockets that are accepted inherit
/// it (socket(7), SO_ATTACH_FILTER). A segment has no length that would be too long. Some kernels
/// permit it to nobody without CAP_NET_ADMIN on a TCP socket.
Status TcpListener::reopen() {
    socket_.close();
    auto bound = make_bound(link_, link_.port);
    if (!bound) return bound.error();
    if (!attach_filter(bound->socket, source_filter(link_.peers, INT32_MAX)) && errno != EPERM)
        return Error::from_errno("cannot filter a TCP socket", errno);
    if (listen(bound->socket.get(), backlog) != 0)
        return Error::from_errno("cannot listen on " + to_string(Endpoint{link_.own, link_.port}),
                                 errno);
    socket_ = std::move(bound->socket);
    interface_ = TiedInterface(bound->interface);
    return Ok{};
}

Result<std::optional<TcpListener::Accepted>> TcpListener::accept() {
    for (int aborted = 0; aborted <= backlog; ++aborted) {
        SocketAddress from;
        socklen_t bytes = sizeof from;
        Fd socket(::accept4(fd(), &from.generic, &bytes, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (socket) return std::optional(Accepted{std::move(socket), from.endpoint()});
        if (errno == ECONNABORTED || errno == EINTR) continue;
        if (errno == EAGAIN) break;
        return Error::from_errno("cannot accept a connection", errno);
    }
    return std::optional<Accepted>{};
}

}  // namespace komainu
