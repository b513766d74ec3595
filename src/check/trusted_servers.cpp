#include "check/trusted_servers.h"

#include <sodium.h>

#include <algorithm>

#include "base/assert.h"
#include "packet/echo.h"

namespace komainu {

namespace {

std::uint64_t secret_seed() {
    std::uint64_t seed = 0;
    randombytes_buf(&seed, sizeof seed);
    return seed;
}

}  // namespace

Result<std::vector<EchoSocket>> TrustedServers::open_sockets(std::span<const IpAddress> servers) {
    std::vector<EchoSocket> sockets;
    for (const IpAddress& server : servers) {
        if (std::ranges::find(sockets, server.family, &EchoSocket::family) != sockets.end())
            continue;
        auto socket = EchoSocket::open(server.family);
        if (!socket) return socket.error();
        sockets.push_back(std::move(*socket));
    }
    return sockets;
}

TrustedServers::TrustedServers(Loop& loop, std::vector<EchoSocket> sockets,
                               std::span<const IpAddress> servers, Changed changed)
    : loop_(loop),
      changed_(std::move(changed)),
      sockets_(std::move(sockets)),
      tokens_(secret_seed()),
      round_(loop, [this] { next_round(); }) {
    for (const IpAddress& address : servers) {
        const auto socket = std::ranges::find(sockets_, address.family, &EchoSocket::family);
        KOMAINU_ASSERT(socket != sockets_.end());
        servers_.push_back({.address = address, .socket = &*socket});
    }
    for (EchoSocket& socket : sockets_)
        watches_.push_back(
            loop.watch(socket.fd(), EPOLLIN, [this, &socket](std::uint32_t) { receive(socket); }));
}

void TrustedServers::next_round() {
    round_.set(loop_.now() + interval);
    for (Server& server : servers_) {
        if (server.asked_at && server.answered_at < server.asked_at)
            server.damper.add(Verdict::failed);
        server.asked_at = loop_.now();
        ping(server);
    }
    judge();
}

void TrustedServers::ask_now() {
    for (Server& server : servers_) ping(server);
}

void TrustedServers::ping(Server& server) {
    server.token = tokens_();
    server.socket->send(server.address, echo_request(server.address.family, server.token));
}

void TrustedServers::receive(EchoSocket& socket) {
    const auto framing = socket.gives_ip_header() ? EchoFraming::ipv4_packet : EchoFraming::message;
    socket.receive([&](Bytes bytes, const IpAddress& source) {
        const auto token = parse_echo_reply(socket.family(), framing, bytes);
        const auto server = std::ranges::find(servers_, source, &Server::address);
        if (!token || server == servers_.end() || *token != server->token) return;
        server->answered_at = loop_.now();
        server->damper.add(Verdict::passed);
    });
    judge();
}

void TrustedServers::judge() {
    const bool reachable = std::ranges::any_of(
        servers_, [](const Server& s) { return s.damper.health() == Health::healthy; });
    if (reachable == reachable_) return;
    reachable_ = reachable;
    changed_(reachable);
}

bool TrustedServers::answered_since(Instant then) const {
    return std::ranges::any_of(servers_, [then](const Server& s) { return s.answered_at >= then; });
}

std::string TrustedServers::reason() const {
    std::string text = "no trusted server answers:";
    for (const Server& server : servers_) text += " " + to_string(server.address);
    return text;
}

std::vector<TrustedServers::View> TrustedServers::view() const {
    std::vector<View> views;
    for (const Server& server : servers_)
        views.push_back({server.address, server.damper.health() == Health::healthy});
    return views;
}

}  // namespace komainu
