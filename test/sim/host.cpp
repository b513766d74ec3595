#include "test/sim/host.h"

#include <algorithm>
#include <utility>

#include "guard/vip_set.h"

namespace komainu::sim {

Host::Host(World& world, const Member& member, Clock clock, std::uint64_t seed)
    : world_(world),
      member_(member),
      clock_(clock),
      random_(seed),
      kernel_(world.agenda, vip_lifetime(world.options.deadtime)),
      guard_(world.agenda, clock_, kernel_, page_, outlets()) {
    kernel_.takes = world.options.kernel_takes;
}

/// What the guard says comes later, as over its socket, and only to the run that it belongs to.
GuardOutlets Host::outlets() {
    return {
        .report =
            [this](const Event& event) {
                if (std::holds_alternative<HoldFailed>(event)) could_not_hold_ = true;
                world_.agenda.later(0ns, [this, event, run = starts_] {
                    if (run != starts_) return;
                    hold_unanswered_ = false;
                    step(event);
                });
            },
        .send_will =
            [this](Term term) {
                tell("guard: sends the last will of round {}", term.round);
                broadcast(1, Release{term.round, no_node});
            },
        .tell = [this](std::string_view what) { tell("{}", what); },
        .draw_oversleep = [this] { return random_.below(world_.options.guard_oversleep + 1ns); }};
}

Settings Host::settings() {
    return {.self = id(),
            .incarnation = incarnation_,
            .members = world_.options.members,
            .quorum = world_.options.quorum,
            .on_quorum_loss = world_.options.on_quorum_loss,
            .interval = times_.interval,
            .deadtime = times_.deadtime,
            .remembered = remembered_,
            .preempt_after = world_.options.preempt_after,
            .removal = removal_of(1),
            .seed = random_.next()};
}

// --- Processes -----------------------------------------------------------------------------------

void Host::start() {
    end_main();
    guard_.die();
    ++starts_;
    started_at_ = world_.agenda.now();
    incarnation_ = make_incarnation(clock_.wall_ms(started_at_), random_.next());
    paused_ = stalls_ = stopping_ = exited_ = could_not_hold_ = hold_unanswered_ = false;
    guard_silent_since_.reset();
    held_ = {};
    dropping_.reset();
    guard_.begin();
    node_ = std::make_unique<Node>(settings(), local());
    world_.invariants.started(*this);
    tell("starts");
    set_trusted(trusted_);
    set_healthy(true);
}

void Host::set_times(Duration interval, Duration deadtime) {
    tell("interval {} us, deadtime {} us", interval / 1us, deadtime / 1us);
    times_ = {interval, deadtime};
    remembered_ = std::max(remembered_, deadtime);
    if (node_) step(Reconfigured{interval, deadtime, removal_of(1), world_.options.preempt_after});
}

void Host::set_trusted(bool reachable) {
    trusted_ = reachable;
    step(TrustedServersChanged{reachable});
}

void Host::end_main() {
    if (!node_) return;
    world_.invariants.ends(*this);
    node_.reset();
    inbox_.clear();
    actions_.clear();
    wakes_at_.reset();
}

void Host::stop() {
    if (!node_) return;
    tell("is asked to stop");
    stopping_ = true;
    step(StopAsked{});
}

void Host::kill_main() {
    if (!node_) return;
    tell("main is killed");
    end_main();
    guard_.main_is_gone();
}

void Host::kill_both() {
    tell("both are killed");
    guard_.die();
    end_main();
}

void Host::pause_main() {
    if (!node_) return;
    tell("main is paused");
    paused_ = true;
}

void Host::stall_main() {
    if (node_ && !paused_) stalls_ = true;
}

void Host::resume_main() {
    stalls_ = false;
    if (!std::exchange(paused_, false) || !node_) return;
    tell("main goes on");
    wake();
}

/// After a pause: what was decided before it, what came in meanwhile, and only then the deadlines.
void Host::wake() {
    perform_all();
    for (const Waiting& waiting : std::exchange(inbox_, {}))
        waiting.packet ? hear(waiting.packet) : step(waiting.event);
    if (node_ && node_->deadline() <= local()) step(TimerExpired{});
    arm();
}

void Host::set_healthy(bool healthy) {
    healthy_ = healthy;
    fitness_may_have_changed();
}

void Host::set_reached(NodeId peer, bool reached) {
    tell("{} node {}'s service", reached ? "reaches" : "does not reach", number(peer));
    step(ReachChanged{peer, reached});
}

void Host::ask_switchover(NodeId target) { step(SwitchoverAsked{RequestId{++asked_}, target}); }

void Host::ask_standby(bool standby) {
    tell("is {} standby", standby ? "put on" : "taken off");
    step(StandbyAsked{RequestId{++asked_}, standby});
}

void Host::ask_pause(PauseScope scope, bool paused) {
    tell("is asked to {} {}", paused ? "pause" : "resume",
         scope == PauseScope::node ? "alone" : "the cluster");
    step(PauseAsked{scope, paused});
}

void Host::set_priority(std::uint16_t priority) { step(PriorityChanged{priority}); }

// --- Main's end of the guard ---------------------------------------------------------------------

void Host::kill_guard() {
    if (!guard_.alive()) return;
    tell("the guard is killed");
    guard_.die();
    // Its end of the socket closes when its kernel lets it go.
    world_.agenda.later(kernel_.takes + 1us, [this, run = starts_] {
        if (run != starts_ || !node_) return;
        guard_silent_since_ = world_.agenda.now();
        stop();
        look_after_guard();
    });
}

void Host::pause_guard() {
    if (!guard_.alive() || guard_.paused()) return;
    tell("the guard is paused");
    guard_.pause();
    world_.agenda.later(guard_silence_max, [this, run = starts_] {
        if (run != starts_ || !node_ || !guard_.paused() || guard_silent_since_) return;
        tell("the guard does not answer");
        guard_silent_since_ = world_.agenda.now();
        fitness_may_have_changed();
        look_after_guard();
    });
}

void Host::resume_guard() {
    if (!guard_.paused()) return;
    tell("the guard goes on");
    guard_.resume();
    if (!guard_.alive()) return;
    guard_silent_since_.reset();
    fitness_may_have_changed();
}

/// Main believes a VIP down that its guard does not speak of only when it is not there.
void Host::look_after_guard() {
    if (!node_ || !guard_silent_since_) return;
    world_.agenda.later(look_after_every, [this, run = starts_] {
        if (run == starts_) look_after_guard();
    });
    const bool may_come =
        hold_unanswered_ && world_.agenda.now() < *guard_silent_since_ + kernel_.lifetime();
    const bool may_come_back = guard_.alive() && (lease_stands() || may_come);
    if (paused_ || !dropping_ || kernel_.has_vip() || may_come_back) return;
    step(VipsDropped{*std::exchange(dropping_, {})});
}

/// So that the instant at which the fence shuts is an instant that is looked at.
void Host::look_after_fence() {
    const auto expiry = page_.expiry();
    if (fence_watched_ || !expiry || *expiry <= local()) return;
    fence_watched_ = true;
    world_.agenda.at(clock_.true_time_of(*expiry), [this] {
        fence_watched_ = false;
        look_after_fence();
    });
}

}  // namespace komainu::sim
