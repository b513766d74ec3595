#include "io/unix_request.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "base/fd.h"
#include "io/unix_address.h"

namespace komainu {

namespace {

using WaitClock = std::chrono::steady_clock;

Error failed(int code) { return Error::from_errno("the control socket", code); }

/// Until the descriptor is ready or the time is up.
Status wait_for(const Fd& fd, short events, WaitClock::time_point until) {
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - WaitClock::now());
        pollfd waiting{fd.get(), events, 0};
        const int ready =
            poll(&waiting, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
        if (ready > 0) return Ok{};
        if (ready == 0) return failed(ETIMEDOUT);
        if (errno != EINTR) return failed(errno);
    }
}

// A Unix socket's connect() is done at once, or refused; with a full backlog it says EAGAIN, and
// then there is nothing that poll() could wait for.
Result<Fd> connect_to(const std::string& path) {
    UnixAddress address;
    if (path.size() >= sizeof address.local.sun_path) return failed(ENAMETOOLONG);
    std::ranges::copy(path, address.local.sun_path);
    Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return failed(errno);
    if (::connect(fd.get(), &address.generic, sizeof address.local) != 0) return failed(errno);
    return fd;
}

// A server that refuses its client answers without reading and closes: then the sending fails, and
// the answer that tells why is still to be read.
Status send_all(const Fd& fd, std::string_view bytes, WaitClock::time_point until) {
    while (!bytes.empty()) {
        const auto n = ::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(n));
        } else if (errno == EPIPE || errno == ECONNRESET) {
            return Ok{};
        } else if (errno == EAGAIN) {
            if (auto ready = wait_for(fd, POLLOUT, until); !ready) return ready;
        } else if (errno != EINTR) {
            return failed(errno);
        }
    }
    return Ok{};
}

/// Where an answer ends.
enum class AnswerEnd { newline, close };

Result<std::string> receive(const Fd& fd, AnswerEnd end, RequestLimits limits,
                            WaitClock::time_point until) {
    std::string answer;
    char block[4096];
    while (answer.size() <= limits.answer_bytes_max) {
        if (auto ready = wait_for(fd, POLLIN, until); !ready) return ready.error();
        const auto n = ::recv(fd.get(), block, sizeof block, 0);
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (n < 0) return failed(errno);
        if (n == 0 && end == AnswerEnd::newline) return failed(ECONNRESET);
        const std::string_view part(block, static_cast<std::size_t>(n));
        const auto newline = end == AnswerEnd::newline ? part.find('\n') : part.npos;
        answer += part.substr(0, newline);
        if (n == 0 || newline != part.npos) return answer;
    }
    return failed(EMSGSIZE);
}

Result<std::string> request(const std::string& socket_path, std::string_view bytes, AnswerEnd end,
                            RequestLimits limits) {
    const auto until = WaitClock::now() + limits.patience;
    const auto fd = connect_to(socket_path);
    if (!fd) return fd.error();
    if (const auto sent = send_all(fd.value(), bytes, until); !sent) return sent.error();
    return receive(fd.value(), end, limits, until);
}

}  // namespace

Result<std::string> request_line(const std::string& socket_path, std::string_view line,
                                 RequestLimits limits) {
    return request(socket_path, std::string(line) + "\n", AnswerEnd::newline, limits);
}

Result<std::string> request_until_end(const std::string& socket_path, std::string_view bytes,
                                      RequestLimits limits) {
    return request(socket_path, bytes, AnswerEnd::close, limits);
}

}  // namespace komainu
