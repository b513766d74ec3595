#include "io/notify_socket.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "io/unix_address.h"

namespace komainu {

namespace {

constexpr std::uint64_t watchdog_us_max = 86'400'000'000;  // a day

std::string take_variable(const char* name) {
    const char* const value = std::getenv(name);
    std::string taken = value ? value : "";
    ::unsetenv(name);
    return taken;
}

std::uint64_t number_in(std::string_view text) {
    std::uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    return error == std::errc() && rest == end ? number : 0;
}

}  // namespace

// WATCHDOG_PID says whom the watchdog is for: the variables may have been inherited from a parent
// that is watched itself.
Supervision take_supervision() {
    Supervision supervision{take_variable("NOTIFY_SOCKET"), {}};
    const std::uint64_t us = number_in(take_variable("WATCHDOG_USEC"));
    const std::string pid = take_variable("WATCHDOG_PID");
    if (pid.empty() || number_in(pid) == static_cast<std::uint64_t>(::getpid()))
        supervision.watchdog = std::chrono::microseconds(std::min(us, watchdog_us_max));
    return supervision;
}

Result<NotifySocket> NotifySocket::open(const std::string& address) {
    UnixAddress to;
    if (address.size() < 2 || (address[0] != '/' && address[0] != '@') ||
        address.size() >= sizeof to.local.sun_path)
        return Error{"NOTIFY_SOCKET=" + address + " is neither a path nor an abstract socket"};
    std::ranges::copy(address, to.local.sun_path);
    if (address[0] == '@') to.local.sun_path[0] = '\0';
    Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) return Error::from_errno("cannot open a socket", errno);
    // An abstract name is as long as it is told to be; a path ends with its zero.
    const std::size_t length =
        offsetof(sockaddr_un, sun_path) + address.size() + (address[0] == '@' ? 0 : 1);
    if (::connect(socket.get(), &to.generic, static_cast<socklen_t>(length)) != 0)
        return Error::from_errno("NOTIFY_SOCKET=" + address, errno);
    return NotifySocket(std::move(socket));
}

bool NotifySocket::send(std::string_view lines) const {
    return ::send(socket_.get(), lines.data(), lines.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

}  // namespace komainu
