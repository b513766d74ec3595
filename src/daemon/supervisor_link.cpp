#include "daemon/supervisor_link.h"

#include <fmt/format.h>

#include <algorithm>

#include "io/clock.h"

namespace komainu {

namespace {

constexpr std::size_t message_bytes_max = SupervisorLink::line_bytes_max + 128;

}  // namespace

SupervisorLink::SupervisorLink(Loop& loop, NotifySocket socket, Duration watchdog, Compose compose)
    : loop_(loop),
      socket_(std::move(socket)),
      sign_of_life_(watchdog / 2),
      compose_(std::move(compose)),
      tick_(loop, [this] { tell(); }) {}

void SupervisorLink::ready() { change_to(State::ready); }
void SupervisorLink::reloading() { change_to(State::reloading); }
void SupervisorLink::stopping() { change_to(State::stopping); }

/// At once: what the supervisor hears must precede what others learn of it, as the answer to who
/// asked for a reload. Nothing follows a stop.
void SupervisorLink::change_to(State state) {
    if (!socket_ || state_ == State::stopping) return;
    state_ = state;
    state_told_ = false;
    tell();
}

std::string_view SupervisorLink::compose_line() {
    const auto made = fmt::format_to_n(room_.data(), room_.size(), "{}{}",
                                       state_ == State::stopping ? "stopping: " : "", compose_());
    return {room_.data(), std::min(made.size, room_.size())};
}

void SupervisorLink::tell() {
    const bool has_watchdog = sign_of_life_ > Duration{};
    tick_.set(loop_.now() + (has_watchdog ? std::min(tick_max, sign_of_life_) : tick_max));
    const std::string_view line = compose_line();
    const bool line_changed = line != said();
    const bool sign_due = has_watchdog && loop_.now() - alive_told_at_ >= sign_of_life_;
    if (state_told_ && !line_changed && !sign_due) return;

    std::array<char, message_bytes_max> room;
    char* end = room.data();
    if (!state_told_ && state_ == State::ready) end = fmt::format_to(end, "READY=1\n");
    if (!state_told_ && state_ == State::stopping) end = fmt::format_to(end, "STOPPING=1\n");
    if (!state_told_ && state_ == State::reloading)
        end = fmt::format_to(end, "RELOADING=1\nMONOTONIC_USEC={}\n", monotonic_us());
    if (sign_due) end = fmt::format_to(end, "WATCHDOG=1\n");
    if (line_changed) end = fmt::format_to(end, "STATUS={}\n", line);
    if (!socket_.send({room.data(), static_cast<std::size_t>(end - room.data())})) return;

    state_told_ = true;
    if (sign_due) alive_told_at_ = loop_.now();
    said_bytes_ = line.copy(said_.data(), said_.size());
}

}  // namespace komainu
