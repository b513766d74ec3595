// Whether somebody accepts connections at a TCP address. Nothing is sent or read.
//
// The connection is closed the ordinary way and not by a reset: a server logs a reset as an error
// of its client, at every check, while an end of file before the first byte is nothing to it. The
// price, a TIME_WAIT of a minute per check, is a few dozen entries in a kernel table.
#pragma once

#include <string>

#include "check/check.h"

namespace komainu {

class TcpCheck final : public Check {
public:
    TcpCheck(Loop& loop, const ServiceConfig& service, CheckReport report);

    void start() override { connect(); }

private:
    void connect();
    void on_connected();
    void on_timer();
    void finish(int error);

    Loop& loop_;
    Endpoint address_;
    Duration interval_;
    Duration timeout_;
    CheckReport report_;

    std::string reason_;
    Fd socket_;  // while a connection is being made
    Loop::Watch connected_;
    Instant connect_next_at_;  // an interval after the last attempt began
    Loop::Timer timer_;        // the end of an attempt, or the beginning of the next
};

}  // namespace komainu
