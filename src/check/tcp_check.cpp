#include "check/tcp_check.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/assert.h"
#include "io/socket_address.h"

namespace komainu {

namespace {

int error_of(const Fd& socket) {
    int error = 0;
    socklen_t bytes = sizeof error;
    getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &bytes);
    return error;
}

// Without a listener, a connection to a port of this host may be given that very port as its own,
// and then TCP connects it to itself (RFC 9293, section 3.5: a simultaneous open).
bool is_connected_to_itself(const Fd& socket, const Endpoint& peer) {
    SocketAddress own;
    socklen_t bytes = sizeof own;
    return getsockname(socket.get(), &own.generic, &bytes) == 0 && own.endpoint() == peer;
}

}  // namespace

TcpCheck::TcpCheck(Loop& loop, const ServiceConfig& service, CheckReport report)
    : loop_(loop),
      address_(service.address.value_or(Endpoint{})),
      interval_(service.interval),
      timeout_(service.timeout),
      report_(std::move(report)),
      timer_(loop, [this] { on_timer(); }) {
    KOMAINU_ASSERT(service.address);
}

void TcpCheck::connect() {
    connect_next_at_ = loop_.now() + interval_;
    const SocketAddress address(address_);
    socket_ =
        Fd(::socket(address.generic.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket_) return finish(errno);
    if (::connect(socket_.get(), &address.generic, address.size()) == 0) return on_connected();
    if (errno != EINPROGRESS) return finish(errno);
    connected_ = loop_.watch(socket_.get(), EPOLLOUT, [this](std::uint32_t) { on_connected(); });
    timer_.set(loop_.now() + timeout_);
}

void TcpCheck::on_connected() {
    const int error = error_of(socket_);
    const bool refused = error == 0 && is_connected_to_itself(socket_, address_);
    finish(refused ? ECONNREFUSED : error);
}

void TcpCheck::on_timer() {
    if (socket_) return finish(ETIMEDOUT);
    connect();
}

void TcpCheck::finish(int error) {
    connected_.clear();
    socket_.close();
    timer_.set(std::max(connect_next_at_, loop_.now()));
    reason_ = to_string(address_) + ": ";
    reason_ += error == 0 ? "connected" : std::strerror(error);
    report_({error == 0 ? Verdict::passed : Verdict::failed, reason_, error == ETIMEDOUT});
}

}  // namespace komainu
