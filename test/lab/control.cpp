#include "test/lab/control.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

#include "base/fd.h"
#include "test/lab/clock.h"
#include "test/lab/fail.h"

namespace komainu::lab {

namespace {

Fd connected_to(const std::string& path) {
    Fd socket(must(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) fail("too long for a socket: " + path);
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    const auto* name = reinterpret_cast<const sockaddr*>(&address);
    if (::connect(socket.get(), name, sizeof address) != 0) return {};
    return socket;
}

/// What comes until the first line end, the limit, or the other side's closing.
std::string read_line(const Fd& socket, Instant limit) {
    std::string line;
    while (line.find('\n') == line.npos) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(limit - now());
        pollfd readable{socket.get(), POLLIN, 0};
        if (left <= 0ms || ::poll(&readable, 1, static_cast<int>(left.count())) != 1) break;
        char bytes[4096];
        const auto received = ::recv(socket.get(), bytes, sizeof bytes, 0);
        if (received <= 0) break;
        line.append(bytes, static_cast<std::size_t>(received));
    }
    return line;
}

}  // namespace

std::optional<nlohmann::json> ask(const std::string& socket_path, const nlohmann::json& request,
                                  Duration limit) {
    return ask_line(socket_path, request.dump(), limit);
}

std::optional<nlohmann::json> ask_line(const std::string& socket_path, const std::string& line,
                                       Duration limit) {
    const auto give_up = now() + limit;
    const Fd socket = connected_to(socket_path);
    if (!socket) return {};
    const auto sent = line + "\n";
    // A server that refuses a request may close before it was sent whole; its answer is there.
    static_cast<void>(::send(socket.get(), sent.data(), sent.size(), MSG_NOSIGNAL));
    auto answer = nlohmann::json::parse(read_line(socket, give_up), nullptr, false);
    if (answer.is_discarded()) return {};
    return answer;
}

}  // namespace komainu::lab
