#include "test/lab/supervisor.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <functional>
#include <sstream>

#include "test/lab/clock.h"
#include "test/lab/fail.h"

namespace komainu::lab {

namespace {

pid_t sender_of(msghdr& header) {
    const cmsghdr* const control = CMSG_FIRSTHDR(&header);
    if (!control || control->cmsg_type != SCM_CREDENTIALS) return -1;
    ucred credentials{};
    std::memcpy(&credentials, CMSG_DATA(control), sizeof credentials);
    return credentials.pid;
}

std::optional<Notice> first(Supervisor& supervisor, Duration limit,
                            const std::function<bool(const Notice&)>& is_it) {
    const Instant end = now() + limit;
    while (true) {
        const Duration left = end - now();
        if (left < 0ns) return {};
        auto notice = supervisor.next(left);
        if (notice && is_it(*notice)) return notice;
    }
}

}  // namespace

bool Notice::has(const std::string& line) const {
    return ("\n" + lines + "\n").find("\n" + line + "\n") != std::string::npos;
}

std::optional<std::string> Notice::value(const std::string& name) const {
    std::istringstream stream(lines);
    for (std::string line; std::getline(stream, line);)
        if (line.rfind(name + "=", 0) == 0) return line.substr(name.size() + 1);
    return {};
}

Supervisor::Supervisor(std::string address)
    : address_(std::move(address)),
      socket_(must(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket")) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    if (address_.size() >= sizeof name.sun_path) fail("too long for a socket: " + address_);
    std::memcpy(name.sun_path, address_.c_str(), address_.size());
    const bool is_abstract = address_[0] == '@';
    if (is_abstract) name.sun_path[0] = '\0';
    const auto length = offsetof(sockaddr_un, sun_path) + address_.size() + (is_abstract ? 0 : 1);
    must(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&name),
                static_cast<socklen_t>(length)),
         "bind");
    const int yes = 1;
    must(::setsockopt(socket_.get(), SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes), "SO_PASSCRED");
}

Supervisor::~Supervisor() {
    if (address_[0] != '@') ::unlink(address_.c_str());
}

std::optional<Notice> Supervisor::next(Duration limit) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(limit);
    pollfd readable{socket_.get(), POLLIN, 0};
    if (::poll(&readable, 1, static_cast<int>(left.count())) != 1) return {};
    std::array<char, 4096> bytes;
    std::array<char, CMSG_SPACE(sizeof(ucred))> control;
    iovec vector{bytes.data(), bytes.size()};
    msghdr header{};
    header.msg_iov = &vector;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const auto size = ::recvmsg(socket_.get(), &header, MSG_DONTWAIT);
    if (size < 0) return {};
    return Notice{{bytes.data(), static_cast<std::size_t>(size)}, sender_of(header)};
}

std::optional<Notice> Supervisor::wait_for(const std::string& line, Duration limit) {
    return first(*this, limit, [&](const Notice& notice) { return notice.has(line); });
}

std::optional<Notice> Supervisor::wait_for_status(const std::string& text, Duration limit) {
    return first(*this, limit, [&](const Notice& notice) {
        const auto status = notice.value("STATUS");
        return status && status->find(text) != status->npos;
    });
}

void Supervisor::forget() {
    while (next()) {
    }
}

}  // namespace komainu::lab
