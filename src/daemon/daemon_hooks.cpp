// What the daemon tells its hooks, and when. The order of the events is kept; what a hook does with
// them is nothing that main ever waits for, but where the configuration says so
// (daemon/vip_gate.h).
#include "daemon/daemon.h"
#include "daemon/words.h"
#include "io/log.h"

namespace komainu {

namespace {

/// A rival is seen once a second for each VIP.
constexpr Duration between_conflicts = 60s;

}  // namespace

HookFacts Daemon::facts(HookEvent event) const {
    HookFacts facts;
    const Tenancy active = node_.active();
    facts.event = event;
    facts.term = active ? active.term.round : node_.highest_term().round;
    facts.active = active.term.node;
    facts.role = facts.old_role = word(node_.role());
    return facts;
}

/// Of this node's own role, which changes by the very action that this is asked for.
HookFacts Daemon::move_facts(HookEvent event, Term term, Cause cause) const {
    HookFacts told = facts(event);
    const bool rises = event == HookEvent::active;
    told.term = term.round;
    told.active = rises ? config_.self : no_node;
    told.role = word(rises ? Role::active : Role::standby);
    told.old_role = word(rises ? Role::standby : Role::active);
    told.cause = word(cause);
    told.reason = sentence(cause);
    return told;
}

void Daemon::tell_role(const RoleChanged& change, const std::string& why) {
    const bool rises = change.to == Role::active;
    moving_ = move_facts(rises ? HookEvent::active : HookEvent::standby, change.term, change.cause);
    moving_->reason = why;
    if (!rises && gate_) gate_->resigned();
}

/// A node that loses its role again before its VIPs were up tells of the loss alone.
void Daemon::tell_when_moved() {
    if (!moving_) return;
    const bool rises = moving_->event == HookEvent::active;
    if (!(rises ? node_.vips_held() : node_.vips_down())) return;
    hooks_.tell(HookWhen::after, *moving_);
    moving_.reset();
}

void Daemon::tell_peer(const PeerChanged& change) {
    if (change.news != PeerNews::down && change.news != PeerNews::left) return;
    HookFacts told = facts(HookEvent::peer_lost);
    told.peer = change.peer;
    told.cause = change.news == PeerNews::left ? "left" : "silent";
    told.reason = fmt::format("node {} {}", number(change.peer), sentence(change.news));
    hooks_.tell(HookWhen::after, told);
}

void Daemon::tell_fault() {
    HookFacts told = facts(HookEvent::fault);
    told.cause = word(Cause::unhealthy);
    told.reason = fitness_.reason();
    hooks_.tell(HookWhen::after, told);
}

void Daemon::tell_conflict(const std::string& sentence) {
    if (conflict_told_at_ != Instant{} && loop_.now() - conflict_told_at_ < between_conflicts)
        return;
    conflict_told_at_ = loop_.now();
    HookFacts told = facts(HookEvent::conflict);
    told.cause = word(Cause::rival_seen);
    told.reason = sentence;
    hooks_.tell(HookWhen::after, told);
}

void Daemon::tell_backend(const BackendEvent& event) {
    HookFacts told = facts(HookEvent::backend);
    told.cause = word(event.origin);
    told.reason = sentence(event);
    told.peer = event.id.origin;
    told.backend = std::to_string(event.backend);
    told.backend_event = word(event.kind);
    hooks_.tell(HookWhen::after, told);
}

}  // namespace komainu
