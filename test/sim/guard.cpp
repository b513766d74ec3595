#include "test/sim/guard.h"

#include <utility>

namespace komainu::sim {

namespace {

constexpr Duration remove_again_after = 20ms;
constexpr Duration put_back_again_after = 10ms;

}  // namespace

// --- The process

void Guard::begin() {
    kernel_.clear();
    page_.close();
    ++begun_;
    ++life_;
    alive_ = true;
    paused_ = busy_ = hindered_ = lease_watched_ = main_gone_ = false;
    state_ = State::idle;
    orders_.clear();
    after_pause_ = nullptr;
}

void Guard::die() {
    if (!alive_) return;
    ++life_;
    alive_ = false;
    hindered_ = true;
}

void Guard::pause() {
    if (!alive_) return;
    paused_ = hindered_ = true;
}

void Guard::resume() {
    if (!std::exchange(paused_, false) || !alive_) return;
    if (auto then = std::exchange(after_pause_, nullptr)) then();
    work();
    if (works()) judge_lease();
    hindered_ = hindered_ && kernel_.has_vip() && !page_.stands(local());
    look_for_vip();
}

// --- Orders

void Guard::take(const Order& order) {
    if (!alive_) return;
    orders_.push_back(order);
    work();
}

void Guard::work() {
    while (works() && !orders_.empty()) {
        const Order order = orders_.front();
        orders_.pop_front();
        std::visit([this](const auto& o) { obey(o); }, order);
    }
}

void Guard::obey(const HoldVips& order) {
    if (state_ != State::idle) {
        page_.close();
        return out_.report(HoldFailed{order.term});
    }
    term_ = order.term;
    hindered_ = false;
    if (page_.close_if_expired(local())) return let_go(Why::expired);
    ask_kernel([this, term = term_] { return kernel_.add(term); },
               [this](bool done) {
                   if (!done) {
                       page_.close();
                       out_.tell("guard: the kernel refuses the VIP");
                       return out_.report(HoldFailed{term_});
                   }
                   state_ = State::holding;
                   out_.report(VipsHeld{term_});
                   renew_later();
                   judge_lease();
               });
}

void Guard::obey(const DropVips& order) {
    if (state_ == State::idle || order.term != term_) return out_.report(VipsDropped{order.term});
    if (state_ == State::letting_go)
        why_ = Why::ordered;
    else
        let_go(Why::ordered);
}

void Guard::obey(const MainGone&) {
    main_gone_ = true;
    if (state_ == State::holding) return let_go(Why::main_gone);
    if (state_ == State::letting_go)
        why_ = Why::main_gone;
    else
        alive_ = false;
}

// --- The kernel

/// What was asked is done even if nobody lives to hear the answer; but a guard that was killed in
/// the midst of it is not gone before, so that the next one sweeps what it did.
void Guard::ask_kernel(std::function<bool()> operation, std::function<void(bool)> then) {
    busy_ = true;
    agenda_.later(kernel_.takes, [this, begun = begun_, life = life_, operation, then] {
        if (begun != begun_) return;
        const bool done = operation();
        if (life != life_) return;
        const auto go_on = [this, then, done] {
            busy_ = false;
            then(done);
            work();
        };
        if (paused_)
            after_pause_ = go_on;
        else
            go_on();
    });
}

// --- Holding and letting go

/// Sleeps until the expiry, wakes up late, reads the page again.
void Guard::watch_lease() {
    const auto expiry = page_.expiry();
    if (lease_watched_ || !expiry) return;
    lease_watched_ = true;
    agenda_.at(clock_.true_time_of(*expiry) + out_.draw_oversleep(), [this, life = life_] {
        if (life != life_) return;
        lease_watched_ = false;
        judge_lease();
    });
}

/// Who cannot judge now does so when it can.
void Guard::judge_lease() {
    if (!works() || state_ != State::holding) return;
    if (!page_.close_if_expired(local())) return watch_lease();
    out_.tell("guard: the lease has expired");
    let_go(Why::expired);
}

void Guard::lose_vips() {
    if (!works() || state_ != State::holding) return;
    out_.tell("guard: lost the VIP");
    let_go(Why::expired);
}

void Guard::let_go(Why why) {
    why_ = why;
    state_ = State::letting_go;
    page_.close();
    remove();
}

void Guard::remove() {
    ask_kernel([this] { return kernel_.remove(); },
               [this](bool done) {
                   if (done) return vips_are_down();
                   hindered_ = true;
                   agenda_.later(remove_again_after, [this, life = life_] {
                       if (life != life_) return;
                       if (paused_)
                           after_pause_ = [this] { remove(); };
                       else
                           remove();
                   });
               });
}

void Guard::vips_are_down() {
    state_ = State::idle;
    hindered_ = false;
    if (why_ != Why::ordered) out_.send_will(term_);
    if (why_ != Why::main_gone) out_.report(VipsDropped{term_});
    if (main_gone_) alive_ = false;
}

void Guard::renew_later() {
    agenda_.later(kernel_.lifetime() / 2, [this, life = life_, term = term_] {
        if (life != life_ || term != term_ || state_ != State::holding) return;
        renew_later();
        if (works() && page_.stands(local()) && kernel_.has_vip()) kernel_.renew();
        look_for_vip();
    });
}

void Guard::look_for_vip() {
    judge_lease();
    if (!works() || state_ != State::holding || kernel_.has_vip()) return;
    out_.tell("guard: puts the VIP back");
    ask_kernel([this, term = term_] { return kernel_.add(term); },
               [this, life = life_](bool done) {
                   judge_lease();
                   if (done) return;
                   agenda_.later(put_back_again_after, [this, life] {
                       if (life == life_) look_for_vip();
                   });
               });
}

}  // namespace komainu::sim
