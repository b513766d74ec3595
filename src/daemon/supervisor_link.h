// What main tells the supervisor, systemd: that it is up, is reloading, is stopping, is alive, and
// in a line what it does. A tick of main's own loop does it, so that main has to get round to it: a
// main that hangs says nothing more, and the supervisor kills it and starts it again. The VIPs do
// not wait for that; the guard has removed them by then.
//
// What the supervisor does not take is told again at the next tick, and the newest only.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string_view>

#include "base/time.h"
#include "io/loop.h"
#include "io/notify_socket.h"

namespace komainu {

class SupervisorLink {
public:
    /// How soon a line that has changed is told.
    static constexpr Duration tick_max = 250ms;
    static constexpr std::size_t line_bytes_max = 512;

    /// The line that says what main does; longer ones are cut off.
    using Compose = std::function<std::string_view()>;

    /// Zero: there is no watchdog. Without a supervisor nothing is ever done.
    SupervisorLink(Loop& loop, NotifySocket socket, Duration watchdog, Compose compose);

    void ready();  ///< also when a reload is over, whatever came of it
    void reloading();
    void stopping();

private:
    enum class State : std::uint8_t { starting, ready, reloading, stopping };

    void change_to(State state);
    void tell();
    std::string_view compose_line();
    std::string_view said() const { return {said_.data(), said_bytes_}; }

    Loop& loop_;
    NotifySocket socket_;
    Duration sign_of_life_;  ///< its period, half the watchdog's
    Compose compose_;
    State state_ = State::starting;
    bool state_told_ = false;
    Instant alive_told_at_;
    std::array<char, line_bytes_max> said_{};  ///< the line that the supervisor has
    std::size_t said_bytes_ = 0;
    std::array<char, line_bytes_max> room_{};
    Loop::Timer tick_;
};

}  // namespace komainu
