// A TCP server of the lab that behaves as a test likes: for each connection a thread runs a
// function of the test. HTTP and the SQL protocol are a few lines of such a function.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/address.h"
#include "base/fd.h"
#include "test/lab/netns.h"

namespace komainu::lab {

/// One connection, from the server's side. After its end nothing more is read, and what is written
/// is lost.
class Conversation {
public:
    explicit Conversation(int fd) : fd_(fd) {}

    /// So many bytes; fewer when the client has ended before.
    std::string read(std::size_t bytes);
    /// Up to and including that.
    std::string read_until(std::string_view end);
    void write(std::string_view bytes);
    /// Until the client has hung up: who says nothing calls nothing but this.
    void await_end();

private:
    int fd_;
};

class Server {
public:
    using Serve = std::function<void(Conversation&)>;

    Server(const NetworkNamespace& space, const Endpoint& endpoint, Serve serve);
    /// Listens on a Unix socket.
    Server(const std::string& path, Serve serve);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    int connections() const { return connections_; }

private:
    void begin(Fd listener, Serve serve);
    void accept_all();
    void serve_one(int connection);

    Serve serve_;
    Fd listener_;
    std::mutex mutex_;
    bool ending_ = false;
    std::vector<Fd> sockets_;  ///< of all connections, until the end
    std::vector<std::thread> threads_;
    std::atomic<int> connections_ = 0;
    std::thread acceptor_;
};

}  // namespace komainu::lab
