#include "io/stream_server.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace komainu {

namespace {

constexpr std::string_view not_permitted =
    R"({"ok":false,"error":"only root and the user or group of komainud may use this socket",)"
    R"("code":"forbidden"})"
    "\n";
constexpr std::string_view too_many = R"({"ok":false,"error":"too many clients, try again"})"
                                      "\n";
constexpr std::string_view request_too_long = R"({"ok":false,"error":"the request is too long"})";
constexpr std::string_view answer_too_long = R"({"ok":false,"error":"the answer is too long"})";

constexpr int slot_bits = 8;
static_assert(StreamServer::clients_max <= 1 << slot_bits);

constexpr Duration listening_pause = 1s;
constexpr std::size_t groups_max = 65536;  // NGROUPS_MAX

// A new socket has room for a line, so the answer need not be waited for.
void send_at_once(const Fd& socket, std::string_view line) {
    static_cast<void>(send(socket.get(), line.data(), line.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
}

// The supplementary groups that the peer had when it connected (SO_PEERCRED knows only the first).
std::vector<gid_t> groups_of_peer(const Fd& socket) {
    std::vector<gid_t> groups(groups_max);
    auto bytes = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    if (getsockopt(socket.get(), SOL_SOCKET, SO_PEERGROUPS, groups.data(), &bytes) != 0) bytes = 0;
    groups.resize(bytes / sizeof(gid_t));
    return groups;
}

}  // namespace

StreamServer::StreamServer(Loop& loop, UnixListener listener, RequestHandler on_request,
                           std::optional<gid_t> lookers)
    : loop_(loop),
      listener_(std::move(listener)),
      on_request_(std::move(on_request)),
      own_user_(geteuid()),
      own_group_(getegid()),
      lookers_(lookers),
      listening_(loop.watch(listener_.fd(), EPOLLIN, [this](std::uint32_t) { accept_clients(); })),
      patience_timer_(loop, [this] { close_the_slow(); }) {}

// --- Accepting ----------------------------------------------------------------------------------

void StreamServer::accept_clients() {
    for (std::size_t i = 0; i < clients_max; ++i) {
        Fd socket(accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (socket) {
            accept_client(std::move(socket));
            continue;
        }
        if (errno == ECONNABORTED || errno == EINTR) continue;
        if (errno != EAGAIN) come_back_later();
        return;
    }
}

// Without descriptors or memory the client stays in the backlog, and the loop would wake up for it
// again at once, and again.
void StreamServer::come_back_later() {
    listening_.change(0);
    listen_again_at_ = loop_.now() + listening_pause;
    set_timer();
}

void StreamServer::accept_client(Fd socket) {
    const Access access = access_of(socket);
    if (access == Access::none) return send_at_once(socket, not_permitted);
    const auto free = std::ranges::find_if(clients_, [](const Client& c) { return !c.socket; });
    if (free == clients_.end() || !has_place_for(access)) return send_at_once(socket, too_many);
    Client& client = *free;
    client.socket = std::move(socket);
    client.access = access;
    client.close_at_ = loop_.now() + patience;
    client.watch = loop_.watch(client.socket.get(), EPOLLIN,
                               [this, &client](std::uint32_t events) { on_ready(client, events); });
    set_timer();
}

bool StreamServer::has_place_for(Access access) const {
    if (access == Access::all) return true;
    const auto looks = [](const Client& c) { return c.socket && c.access == Access::look; };
    return std::ranges::count_if(clients_, looks) < std::ptrdiff_t{lookers_max};
}

StreamServer::Access StreamServer::access_of(const Fd& socket) const {
    ucred peer{};
    socklen_t bytes = sizeof peer;
    if (getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &bytes) != 0) return Access::none;
    if (peer.uid == 0 || peer.uid == own_user_) return Access::all;
    auto groups = groups_of_peer(socket);
    groups.push_back(peer.gid);
    if (std::ranges::count(groups, own_group_) > 0) return Access::all;
    return lookers_ && std::ranges::count(groups, *lookers_) > 0 ? Access::look : Access::none;
}

// --- A client's turn: its line, our answer ------------------------------------------------------

void StreamServer::on_ready(Client& client, std::uint32_t events) {
    if (events & (EPOLLHUP | EPOLLERR)) return close(client);
    if (!client.unsent.empty() && events & EPOLLOUT) flush(client);
    if (events & EPOLLIN) receive(client);
    serve(client);
    finish_turn(client);
}

void StreamServer::receive(Client& client) {
    std::array<char, request_bytes_max> bytes;
    const std::size_t room = request_bytes_max - client.unread.size();
    const auto got = recv(client.socket.get(), bytes.data(), room, MSG_DONTWAIT);
    if (got > 0) client.unread.append(bytes.data(), static_cast<std::size_t>(got));
    if (got == 0) client.sends_no_more = true;
    if (got < 0 && errno != EAGAIN && errno != EINTR) close(client);
}

// One line a turn: hundreds may have come at once, and heartbeats are not to wait for all of them.
// The handler may reply from within, and the client may go meanwhile.
void StreamServer::serve(Client& client) {
    if (!client.socket || client.awaits_reply || !client.unsent.empty()) return;
    const auto end = client.unread.find('\n');
    if (end == std::string::npos) return refuse_long_request(client);
    const std::string line = client.unread.substr(0, end);
    client.unread.erase(0, end + 1);
    client.awaits_reply = true;
    client.in_handler = true;
    on_request_(id_of(client), line);
    client.in_handler = false;
}

void StreamServer::refuse_long_request(Client& client) {
    if (client.unread.size() < request_bytes_max) return;
    client.unread.clear();
    client.sends_no_more = true;  // where the next request begins, nobody knows
    queue(client, std::string(request_too_long));
}

bool StreamServer::may_only_look(ClientId id) {
    const Client* const client = find(id);
    return !client || client->access != Access::all;
}

void StreamServer::reply(ClientId id, std::string line) {
    Client* client = find(id);
    if (!client || !client->awaits_reply) return;
    client->awaits_reply = false;
    queue(*client, line.size() < answer_bytes_max ? std::move(line) : std::string(answer_too_long));
    // In a handler the turn goes on where that was called. A next line waits for a turn of its own:
    // whoever replies may be in the midst of something.
    if (!client->in_handler) finish_turn(*client);
}

void StreamServer::queue(Client& client, std::string line) {
    client.unsent = std::move(line);
    client.unsent.push_back('\n');
    client.close_at_ = loop_.now() + patience;
    flush(client);
}

void StreamServer::flush(Client& client) {
    const auto sent = send(client.socket.get(), client.unsent.data(), client.unsent.size(),
                           MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return close(client);
    if (sent > 0) client.unsent.erase(0, static_cast<std::size_t>(sent));
    if (client.unsent.empty()) client.close_at_ = loop_.now() + patience;
}

// What the client is waited for next. One that awaits a reply is not listened to, except for its
// end, which epoll reports unasked.
void StreamServer::finish_turn(Client& client) {
    if (!client.socket) return;
    const bool answered = !client.awaits_reply && client.unsent.empty();
    const bool has_another =
        client.unread.find('\n') != std::string::npos || client.unread.size() == request_bytes_max;
    if (answered && client.sends_no_more && !has_another) return close(client);
    std::uint32_t events = 0;
    if (answered) events = EPOLLIN;
    // Its next line, or what is too long for one, is here already: the next turn comes when it
    // could take an answer, which is now.
    if (!client.unsent.empty() || (answered && has_another)) events = EPOLLOUT;
    client.watch.change(events);
    set_timer();
}

void StreamServer::close(Client& client) {
    client.watch.clear();
    client.socket.close();
    ++client.generation;
    client.unread.clear();
    client.unsent = {};
    client.awaits_reply = false;
    client.sends_no_more = false;
}

// --- Patience -----------------------------------------------------------------------------------

void StreamServer::close_the_slow() {
    for (Client& client : clients_)
        if (client.socket && !client.awaits_reply && client.close_at_ <= loop_.now()) close(client);
    if (listen_again_at_ && *listen_again_at_ <= loop_.now()) {
        listen_again_at_.reset();
        listening_.change(EPOLLIN);
    }
    set_timer();
}

void StreamServer::set_timer() {
    std::optional<Instant> earliest = listen_again_at_;
    for (const Client& client : clients_)
        if (client.socket && !client.awaits_reply && (!earliest || client.close_at_ < *earliest))
            earliest = client.close_at_;
    patience_timer_.clear();
    if (earliest) patience_timer_.set(*earliest);
}

// --- Names of clients ---------------------------------------------------------------------------

ClientId StreamServer::id_of(const Client& client) const {
    const auto slot = static_cast<std::uint64_t>(&client - clients_.data());
    return ClientId{client.generation << slot_bits | slot};
}

StreamServer::Client* StreamServer::find(ClientId id) {
    const auto slot = static_cast<std::uint64_t>(id) & ((1u << slot_bits) - 1);
    if (slot >= clients_.size()) return nullptr;
    Client& client = clients_[slot];
    return client.socket && id_of(client) == id ? &client : nullptr;
}

}  // namespace komainu
