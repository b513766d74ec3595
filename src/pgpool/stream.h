// A connection to a Unix or TCP socket of this host or another, which never waits: what came is
// handed on, what is to be sent goes when it can.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "conf/pgpool_config.h"
#include "io/loop.h"

namespace komainu {

class Stream {
public:
    struct Handler {
        std::function<void(std::string_view)> received;
        /// Why it is of no use any more. It is closed already; a Stream may not die in this call.
        std::function<void(const Error&)> lost;
    };

    Stream(Loop& loop, PcpAddress address, Handler handler);

    /// Is told by lost(), later, when that comes to nothing.
    void open();
    void send(std::string_view bytes);
    void close();
    bool is_open() const { return static_cast<bool>(socket_); }

private:
    Status connect();
    void on_ready(std::uint32_t events);
    void on_connected();
    void receive();
    void flush();
    void lose(const Error& error);
    Error error_of(int code) const;

    Loop& loop_;
    PcpAddress address_;
    Handler handler_;
    Fd socket_;
    Loop::Watch watch_;
    Loop::Timer failed_;  ///< to tell of what failed at once
    std::optional<Error> failure_;
    bool connected_ = false;
    std::string unsent_;
};

}  // namespace komainu
