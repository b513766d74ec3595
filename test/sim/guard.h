// The guard of one host, as src/guard/keeper.h has it: holds the VIP for as long as the lease in
// the page stands, puts it back when somebody removes it, and lets it go in the order that others
// rely on: first the VIP is down, then the last will goes out, then main is told.
//
// It is a process: it may be stopped, killed, late, or waiting for its kernel.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <variant>

#include "core/action.h"
#include "guard/lease_page.h"
#include "test/sim/clock.h"
#include "test/sim/kernel.h"

namespace komainu::sim {

struct GuardOutlets {
    std::function<void(const Event&)> report;    ///< to main
    std::function<void(Term)> send_will;         ///< to the peers
    std::function<void(std::string_view)> tell;  ///< for the story
    std::function<Duration()> draw_oversleep;
};

class Guard {
public:
    Guard(Agenda& agenda, const Clock& clock, Kernel& kernel, LeasePage& page, GuardOutlets outlets)
        : agenda_(agenda), clock_(clock), kernel_(kernel), page_(page), out_(std::move(outlets)) {}

    void begin();  ///< sweeps, and is there
    void die();
    void pause();
    void resume();

    void order(const HoldVips& order) { take(order); }
    void order(const DropVips& order) { take(order); }
    void main_is_gone() { take(MainGone{}); }
    /// As when an interface goes: the VIPs are let go although the lease stands.
    void lose_vips();
    /// Puts the VIP back if it is gone while the lease stands.
    void look_for_vip();

    bool alive() const { return alive_; }
    bool paused() const { return paused_; }
    /// Whether it could not do its duty to the VIP that is there: it was stopped or dead, or its
    /// kernel refused. What it does not remove then is left to the fence and the VIP's lifetime.
    bool was_hindered() const { return hindered_ && kernel_.has_vip(); }

private:
    enum class State : std::uint8_t { idle, holding, letting_go };
    enum class Why : std::uint8_t { ordered, expired, main_gone };
    struct MainGone {};
    using Order = std::variant<HoldVips, DropVips, MainGone>;

    bool works() const { return alive_ && !paused_ && !busy_; }
    Instant local() const { return clock_.local(agenda_.now()); }
    void take(const Order& order);
    void work();
    void obey(const HoldVips& order);
    void obey(const DropVips& order);
    void obey(const MainGone&);
    void ask_kernel(std::function<bool()> operation, std::function<void(bool done)> then);
    void watch_lease();
    void judge_lease();
    void let_go(Why why);
    void remove();
    void vips_are_down();
    void renew_later();

    Agenda& agenda_;
    const Clock& clock_;
    Kernel& kernel_;
    LeasePage& page_;
    GuardOutlets out_;

    bool alive_ = false;
    bool paused_ = false;
    bool busy_ = false;  ///< waits for the kernel
    bool hindered_ = false;
    std::uint64_t begun_ = 0;
    std::uint64_t life_ = 0;  ///< so that late happenings know whom they were meant for
    State state_ = State::idle;
    Why why_ = Why::ordered;
    Term term_;
    std::deque<Order> orders_;
    std::function<void()> after_pause_;  ///< the kernel has answered meanwhile
    bool lease_watched_ = false;
    bool main_gone_ = false;
};

}  // namespace komainu::sim
