#include "test/lab/server.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

#include "io/socket_address.h"
#include "test/lab/fail.h"

namespace komainu::lab {

namespace {

constexpr int backlog = 16;

Fd listen_on(int family, const sockaddr* address, socklen_t bytes) {
    Fd socket(must(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
    const int yes = 1;
    must(::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes), "SO_REUSEADDR");
    must(::bind(socket.get(), address, bytes), "bind");
    must(::listen(socket.get(), backlog), "listen");
    return socket;
}

}  // namespace

std::string Conversation::read(std::size_t bytes) {
    if (bytes == 0) return "";  // for which recv() would wait all the same
    std::string text(bytes, '\0');
    const auto n = ::recv(fd_, text.data(), bytes, MSG_WAITALL);
    text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return text;
}

std::string Conversation::read_until(std::string_view end) {
    std::string text;
    while (!text.ends_with(end)) {
        const std::string byte = read(1);
        if (byte.empty()) break;
        text += byte;
    }
    return text;
}

void Conversation::write(std::string_view bytes) {
    ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

void Conversation::await_end() {
    while (!read(1).empty()) {
    }
}

Server::Server(const NetworkNamespace& space, const Endpoint& endpoint, Serve serve) {
    const SocketAddress address(endpoint);
    Fd listener;
    space.run(
        [&] { listener = listen_on(address.generic.sa_family, &address.generic, address.size()); });
    begin(std::move(listener), std::move(serve));
}

Server::Server(const std::string& path, Serve serve) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    begin(listen_on(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address),
          std::move(serve));
}

void Server::begin(Fd listener, Serve serve) {
    serve_ = std::move(serve);
    listener_ = std::move(listener);
    acceptor_ = std::thread([this] { accept_all(); });
}

Server::~Server() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
        for (const Fd& socket : sockets_) ::shutdown(socket.get(), SHUT_RDWR);
    }
    acceptor_.join();
    for (std::thread& thread : threads_) thread.join();
}

void Server::accept_all() {
    while (true) {
        Fd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        const std::lock_guard lock(mutex_);
        if (!socket || ending_) return;
        ++connections_;
        threads_.emplace_back([this, fd = socket.get()] { serve_one(fd); });
        sockets_.push_back(std::move(socket));
    }
}

void Server::serve_one(int connection) {
    Conversation conversation(connection);
    serve_(conversation);
    ::shutdown(connection, SHUT_RDWR);
}

}  // namespace komainu::lab
