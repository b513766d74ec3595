#include "io/http_server.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "io/http_request.h"
#include "io/socket_address.h"

namespace komainu {

namespace {

constexpr int backlog = 16;

}  // namespace

HttpServer::HttpServer(Loop& loop, Fd listener, Page page)
    : loop_(loop),
      listener_(std::move(listener)),
      page_(std::move(page)),
      listening_(loop.watch(listener_.get(), EPOLLIN, [this](std::uint32_t) { accept_some(); })),
      patience_timer_(loop, [this] { close_the_slow(); }) {}

void HttpServer::accept_some() {
    for (std::size_t i = 0; i < connections_max; ++i) {
        Fd socket(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!socket) return;
        accept_one(std::move(socket));
    }
}

void HttpServer::accept_one(Fd socket) {
    const auto age = [](const Connection& c) { return c.socket ? c.began_at : Instant{}; };
    Connection& place = *std::ranges::min_element(connections_, {}, age);
    close(place);
    place.socket = std::move(socket);
    place.began_at = loop_.now();
    place.watch = loop_.watch(place.socket.get(), EPOLLIN,
                              [this, &place](std::uint32_t) { on_ready(place); });
    set_timer();
}

void HttpServer::on_ready(Connection& connection) {
    if (!connection.unsent.empty())
        flush(connection);
    else
        receive(connection);
}

// What comes after the request is thrown away until the client closes, since closing with something
// unread would take the answer away from it (a reset overtakes what was sent).
void HttpServer::receive(Connection& connection) {
    std::array<char, http_request_bytes_max> bytes;
    const std::size_t room =
        connection.answered ? bytes.size() : http_request_bytes_max - connection.unread.size();
    const auto got = recv(connection.socket.get(), bytes.data(), room, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) return close(connection);
    if (connection.answered) return;
    connection.unread.append(bytes.data(), static_cast<std::size_t>(got));
    answer(connection);
}

void HttpServer::answer(Connection& connection) {
    const auto request = read_http_request(connection.unread, page_.path);
    if (!request) return;
    connection.answered = true;
    connection.unread = {};
    const bool is_for_page = request->status == HttpStatus::ok;
    connection.unsent =
        http_answer(*request, page_.content_type, is_for_page ? page_.make() : std::string());
    flush(connection);
}

void HttpServer::flush(Connection& connection) {
    std::string& unsent = connection.unsent;
    const auto sent = send(connection.socket.get(), unsent.data(), unsent.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return close(connection);
    if (sent > 0) unsent.erase(0, static_cast<std::size_t>(sent));
    connection.watch.change(unsent.empty() ? EPOLLIN : EPOLLOUT);
    if (unsent.empty()) shutdown(connection.socket.get(), SHUT_WR);
}

void HttpServer::close(Connection& connection) {
    connection.watch.clear();
    connection = {};
}

void HttpServer::close_the_slow() {
    for (Connection& connection : connections_)
        if (connection.socket && connection.began_at + patience <= loop_.now()) close(connection);
    set_timer();
}

void HttpServer::set_timer() {
    patience_timer_.clear();
    std::optional<Instant> oldest;
    for (const Connection& connection : connections_)
        if (connection.socket && (!oldest || connection.began_at < *oldest))
            oldest = connection.began_at;
    if (oldest) patience_timer_.set(*oldest + patience);
}

Result<Fd> listen_at(const Endpoint& endpoint) {
    const int domain = endpoint.address.is_ipv4() ? AF_INET : AF_INET6;
    Fd socket(::socket(domain, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) return Error::from_errno("cannot create a TCP socket", errno);
    constexpr int yes = 1;
    const SocketAddress address(endpoint);
    if (setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        bind(socket.get(), &address.generic, address.size()) != 0 ||
        listen(socket.get(), backlog) != 0)
        return Error::from_errno("cannot listen at " + to_string(endpoint), errno);
    return socket;
}

}  // namespace komainu
