// What the guard says, and what comes of it.
#include "base/overload.h"
#include "daemon/daemon.h"
#include "io/clock.h"
#include "io/log.h"

namespace komainu {

void Daemon::on_guard_report(const GuardReport& report) {
    const auto own = [this](std::uint64_t round) { return Term{round, config_.self}; };
    std::visit(Overload{
                   [&](const HeldReport& r) { guard_holds(own(r.round)); },
                   [&](const DroppedReport& r) { guard_dropped(own(r.round)); },
                   [&](const HoldFailedReport& r) {
                       log_event(LogEvent::vips_not_held, {.term = r.round},
                                 "cannot hold the VIPs: {}", r.text);
                       step(HoldFailed{own(r.round)});
                   },
                   [&](const CarrierReport& r) {
                       tracking_.enter(r.interface, r.carrier, loop_.now());
                       interfaces_may_have_changed();
                   },
                   [&](const RestoredReport&) { counters_.add_put_back(); },  // logged by the guard
                   [&](const RivalSeenReport& r) {
                       rivals_.enter(r, wall_clock_ms());
                       tell_conflict(fmt::format("{} has VIP {} as well", to_string(r.mac),
                                                 config_.vips[r.vip].name));
                       step(RivalSeen{});
                   },
                   [&](const ProbeReport& r) { on_probed(r); },
                   [&](const ReloadedReport& r) { reload_.guard_answered(r.id, ""); },
                   [&](const ReloadFailedReport& r) { reload_.guard_answered(r.id, r.text); },
                   [&](const FenceReport& r) {
                       set_fence_trouble(r.trouble);
                       fitness_may_have_changed();
                   },
                   [](const ReadyReport&) {},
                   [](const StartFailedReport&) {},
               },
               report);
}

/// All VIPs or none: what a command could not put up takes the guard's with it.
void Daemon::guard_holds(Term term) {
    command_vips_.raise([this, term](const std::string& trouble) {
        if (trouble.empty()) {
            log_event(LogEvent::vips_held, {.term = term.round}, "holding the VIPs, term {}",
                      term.round);
            return step(VipsHeld{term});
        }
        log_event(LogEvent::vips_not_held, {.term = term.round}, "cannot hold the VIPs: {}",
                  trouble);
        not_held_ = term;
        guard_->drop(term);
    });
}

void Daemon::guard_dropped(Term term) {
    command_vips_.lower([this, term] {
        if (not_held_ == term) {
            not_held_.reset();
            step(HoldFailed{term});
        }
        step(VipsDropped{term});
    });
}

void Daemon::on_guard_trouble(std::string_view trouble) {
    if (trouble.empty())
        log_event(LogEvent::guard_back, "the guard answers again");
    else
        log_event(guard_->gone() ? LogEvent::guard_died : LogEvent::guard_silent, "{}", trouble);
    fitness_.set_guard(trouble);
    fitness_may_have_changed();
    if (!guard_->gone()) return;
    // Without a guard this process can never hold a VIP again: hand over and let the supervisor
    // start both anew.
    exit_status_ = 1;
    stop();
}

void Daemon::set_fence_trouble(std::string trouble) {
    fence_.trouble = std::move(trouble);
    if (fence_.mode == FenceMode::require) fitness_.set_fence(fence_.trouble);
}

}  // namespace komainu
