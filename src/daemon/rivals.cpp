// What the daemon does about others who have a VIP: it asks for them when it starts and for the
// arbiter of quorum = half, and keeps what the guard sees of them later.
#include "daemon/daemon.h"
#include "io/clock.h"
#include "io/log.h"

namespace komainu {

namespace {

constexpr Duration between_probes = 1s;

Arbiter::Lan lan_found_by(const ProbeReport& report) {
    if (!report.rivals.empty()) return Arbiter::Lan::somebody_has;
    return report.not_probed == 0 ? Arbiter::Lan::silent : Arbiter::Lan::unknown;
}

}  // namespace

void Daemon::begin_start_probe() {
    start_.emplace();
    if (config_.conflict != ConflictRule::take_over)
        fitness_.set_conflict("asks the LAN whether somebody else has a VIP");
    order_start_probe();
}

/// Again and again until there is a verdict: an answer may be outdated by then, or be lost.
void Daemon::order_start_probe() {
    if (!start_) return;
    start_->probe = ++probes_;
    guard_->probe(start_->probe);
    probe_again_.set(loop_.now() + between_probes);
}

bool Daemon::probe_for_arbiter(std::uint64_t question) {
    if (!guard_) return false;
    arbiter_probe_ = {++probes_, question};
    guard_->probe(arbiter_probe_.probe);
    return true;
}

void Daemon::on_probed(const ProbeReport& report) {
    if (report.id == arbiter_probe_.probe)
        return arbiter_->probed(arbiter_probe_.question, lan_found_by(report));
    if (!start_ || report.id != start_->probe) return;
    start_->probed = report;
    judge_start();
}

void Daemon::judge_start() {
    if (!start_) return;
    const NodeId active = node_.active().term.node;
    switch (verdict_on({.quarantined = node_.quarantined(),
                        .follows = active != no_node && active != config_.self,
                        .all_carriers_up = vip_interfaces_are_up(),
                        .probed = start_->probed})) {
        case StartVerdict::undecided:
            return;
        case StartVerdict::free:
            return end_start_probe();
        case StartVerdict::conflict:
            return meet_conflict(conflict_sentence(config_, *start_->probed));
    }
}

void Daemon::meet_conflict(const std::string& sentence) {
    tell_conflict(sentence);
    switch (config_.conflict) {
        case ConflictRule::wait:
            fitness_.set_conflict(sentence);
            if (!std::exchange(start_->conflict_said, true))
                log_event(LogEvent::stranger_at_start,
                          "{}; waits until nobody does (conflict = wait)", sentence);
            start_->probed.reset();  // the next answer counts
            return;
        case ConflictRule::refuse:
            log_event(LogEvent::cannot_start, "{} (conflict = refuse)", sentence);
            start_.reset();
            exit_status_ = 1;
            return stop();
        case ConflictRule::take_over:
            log_event(LogEvent::stranger_at_start, "{}; takes it over (conflict = take-over)",
                      sentence);
            return end_start_probe();
    }
}

void Daemon::end_start_probe() {
    start_.reset();
    probe_again_.clear();
    fitness_.set_conflict("");
    fitness_may_have_changed();
}

}  // namespace komainu
