// Gives one page to whoever asks for it over HTTP. A client can do nothing but be served: requests
// are bounded, a connection has its time, and when all places are taken a new one pushes out the
// oldest, so that those who hold a place and say nothing keep nobody out.
//
// For a program of its own, never for the daemon's loop: making the page may block.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <string_view>

#include "base/address.h"
#include "base/fd.h"
#include "base/result.h"
#include "io/loop.h"

namespace komainu {

class HttpServer {
public:
    static constexpr std::size_t connections_max = 8;
    static constexpr Duration patience = 5s;  ///< with a connection, from its beginning to its end

    struct Page {
        std::string path;  ///< "/metrics"
        std::string_view content_type;
        std::function<std::string()> make;  ///< called for each request
    };

    HttpServer(Loop& loop, Fd listener, Page page);

private:
    struct Connection {
        Fd socket;
        Loop::Watch watch = {};
        std::string unread = {};
        std::string unsent = {};
        bool answered = false;
        Instant began_at = {};
    };

    void accept_some();
    void accept_one(Fd socket);
    void on_ready(Connection& connection);
    void receive(Connection& connection);
    void answer(Connection& connection);
    void flush(Connection& connection);
    static void close(Connection& connection);
    void close_the_slow();
    void set_timer();

    Loop& loop_;
    Fd listener_;
    Page page_;
    std::array<Connection, connections_max> connections_;
    Loop::Watch listening_;
    Loop::Timer patience_timer_;
};

/// A socket that listens for TCP there.
Result<Fd> listen_at(const Endpoint& endpoint);

}  // namespace komainu
