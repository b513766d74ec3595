#include "pgpool/stream.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "conf/value_text.h"
#include "io/socket_address.h"

namespace komainu {

namespace {

/// The error with which a non-blocking connection ended; 0: it stands.
int connection_error(const Fd& socket) {
    int error = 0;
    socklen_t bytes = sizeof error;
    if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &bytes) != 0) return errno;
    return error;
}

}  // namespace

Stream::Stream(Loop& loop, PcpAddress address, Handler handler)
    : loop_(loop),
      address_(std::move(address)),
      handler_(std::move(handler)),
      failed_(loop, [this] {
          if (failure_) lose(*std::exchange(failure_, {}));
      }) {}

void Stream::open() {
    close();
    if (Status begun = connect(); !begun) {
        failure_ = begun.error();
        failed_.set(loop_.now());
    }
}

Status Stream::connect() {
    union {
        sockaddr generic;
        sockaddr_un local;
    } local{};
    const SocketAddress remote(address_.endpoint);
    const auto& path = address_.unix_socket;
    const bool is_local = !path.empty();
    if (path.size() >= sizeof local.local.sun_path) return error_of(ENAMETOOLONG);
    local.local.sun_family = AF_UNIX;
    std::ranges::copy(path, local.local.sun_path);
    socket_ = Fd(::socket(is_local ? AF_UNIX : remote.generic.sa_family,
                          SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket_) return error_of(errno);
    const auto* const to = is_local ? &local.generic : &remote.generic;
    const auto bytes = is_local ? static_cast<socklen_t>(sizeof local.local) : remote.size();
    if (::connect(socket_.get(), to, bytes) != 0 && errno != EINPROGRESS) return error_of(errno);
    watch_ = loop_.watch(socket_.get(), EPOLLOUT, [this](std::uint32_t e) { on_ready(e); });
    return Ok{};
}

void Stream::send(std::string_view bytes) {
    unsent_ += bytes;
    if (connected_) flush();
}

void Stream::close() {
    watch_.clear();
    socket_.close();
    failed_.clear();
    failure_.reset();
    connected_ = false;
    unsent_.clear();
}

void Stream::on_ready(std::uint32_t events) {
    if (!connected_) return on_connected();
    if ((events & EPOLLOUT) != 0) flush();
    if (socket_ && (events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) receive();
}

void Stream::on_connected() {
    if (const int error = connection_error(socket_); error != 0) return lose(error_of(error));
    connected_ = true;
    flush();
}

void Stream::receive() {
    char block[4096];
    const auto n = ::recv(socket_.get(), block, sizeof block, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n < 0) return lose(error_of(errno));
    if (n == 0) return lose({to_string(address_) + ": closed the connection", ECONNRESET});
    handler_.received({block, static_cast<std::size_t>(n)});
}

void Stream::flush() {
    while (!unsent_.empty()) {
        const auto n = ::send(socket_.get(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN) return watch_.change(EPOLLIN | EPOLLOUT);
        if (n < 0 && errno == EINTR) continue;
        // The other end may have said why before it hung up.
        if (n < 0)
            unsent_.clear();
        else
            unsent_.erase(0, static_cast<std::size_t>(n));
    }
    watch_.change(EPOLLIN);
}

void Stream::lose(const Error& error) {
    close();
    handler_.lost(error);
}

Error Stream::error_of(int code) const { return Error::from_errno(to_string(address_), code); }

}  // namespace komainu
