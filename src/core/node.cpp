// The frame of a node: one step, the peers it hears, the heartbeats it sends, its departure.
#include "core/node.h"

#include <algorithm>

#include "base/assert.h"
#include "base/deadtime.h"
#include "base/overload.h"
#include "core/quorum.h"

namespace komainu {

namespace {

constexpr std::size_t actions_reserved = 16;

const Member& member_of(const Settings& settings) {
    const auto found = std::ranges::find(settings.members, settings.self, &Member::id);
    KOMAINU_ASSERT(found != settings.members.end());
    return *found;
}

}  // namespace

Node::Node(Settings settings, Instant now)
    : settings_(std::move(settings)),
      member_(member_of(settings_)),
      random_(settings_.seed),
      now_(now),
      quarantine_until_(now + settings_.remembered),
      next_heartbeat_at_(now),
      stand_not_before_(now) {
    KOMAINU_ASSERT(settings_.members.size() <= nodes_max);
    KOMAINU_ASSERT(lease_span(settings_.deadtime) > Duration{0});
    KOMAINU_ASSERT(settings_.remembered >= settings_.deadtime);
    std::ranges::sort(settings_.members, {}, &Member::id);
    for (const Member& member : settings_.members) {
        KOMAINU_ASSERT(is_valid(member.id));
        if (member.id == settings_.self) continue;
        peers_.emplace_back(member);
        place_of_[number(member.id)] = static_cast<std::uint8_t>(peers_.size());
    }
}

void Node::step(Instant now, const Event& event, ActionList& actions) {
    KOMAINU_ASSERT(now >= now_);
    now_ = now;
    actions.reserve(actions_reserved);
    actions_ = &actions;
    check_lease();
    std::visit([this](const auto& e) { on(e); }, event);
    actions_ = nullptr;
}

void Node::on(const TimerExpired&) {
    judge_due_ = false;
    judge_quarantine();
    judge_promise();
    judge_peers();
    judge_hold();
    judge_candidacy();
    judge_reach();
    judge_switchover();
    judge_preemption();
    judge_departure();
    judge_heartbeat();
}

void Node::on(const Received& received) {
    if (!find(received.envelope.sender)) return;
    std::visit([&](const auto& message) { hear(received.envelope, message); }, received.message);
    if (!tenure_) judge_due_ = true;
}

// --- Hearing -------------------------------------------------------------------------------------

void Node::hear(const Envelope& envelope, const Heartbeat& heartbeat) {
    Peer& peer = *find(envelope.sender);
    const bool was_alive = peer.alive();
    const auto echo = echo_of_me(heartbeat);
    const auto verdict = peer.hear(envelope, heartbeat, echo, now_, settings_.deadtime);
    if (verdict == Peer::Verdict::stale || verdict == Peer::Verdict::unproven)
        return peer.count_stale();
    report(peer, was_alive, verdict);
    if (stale_) consider_hold(peer, echo);

    highest_term_ = std::max({highest_term_, heartbeat.highest_term, heartbeat.following.term});
    hear_maintenance(heartbeat.maintenance);
    consider_release(peer, peer.incarnation(), heartbeat.released);
    announce_after(peer, heartbeat.released);
    if (peer.claims_active())
        consider_active(peer);
    else if (following_.term.node == peer.id())
        stop_following(ActiveNews::lost_released);
    if (tenure_ && peer.following() == myself_in(tenure_->term.round) && echo && echo->sent) {
        const auto& [sequence, sent_at, deadtime] = *echo->sent;
        peer.pledge(sent_at + lease_span(std::min(deadtime, heartbeat.remembered)));
        extend_lease();
    }
    judge_reach();
}

std::optional<Peer::EchoOfMe> Node::echo_of_me(const Heartbeat& heartbeat) const {
    const auto echo = std::ranges::find(heartbeat.echoes, settings_.self, &Echo::peer);
    if (echo == heartbeat.echoes.end() || echo->incarnation != settings_.incarnation ||
        echo->sequence > sequence_)
        return {};
    return Peer::EchoOfMe{echo->sequence, sent_.find(echo->sequence),
                          std::chrono::microseconds{echo->held_us}, sequence_};
}

void Node::report(const Peer& peer, bool was_alive, Peer::Verdict verdict) {
    if (peer.alive() && !was_alive)
        act(PeerChanged{peer.id(), PeerNews::up});
    else if (was_alive && !peer.alive())
        act(PeerChanged{peer.id(), PeerNews::left});
    else if (verdict == Peer::Verdict::restarted)
        act(PeerChanged{peer.id(), PeerNews::restarted});
}

Peer* Node::find(NodeId id) {
    const int place = is_valid(id) ? place_of_[number(id)] : 0;
    return place == 0 ? nullptr : &peers_[place - 1];
}

const Peer* Node::find(NodeId id) const { return const_cast<Node*>(this)->find(id); }

void Node::judge_peers() {
    for (Peer& peer : peers_) {
        if (!peer.falls_silent(now_)) continue;
        act(PeerChanged{peer.id(), PeerNews::down});
        heartbeat_now();
    }
}

void Node::judge_quarantine() {
    if (!quarantine_until_ || now_ < *quarantine_until_) return;
    quarantine_until_.reset();
    heartbeat_now();
}

// --- Speaking ------------------------------------------------------------------------------------

void Node::judge_heartbeat() {
    if (now_ < next_heartbeat_at_) return;
    send_heartbeat();
    // A standby sends on hearing its active; its own timer is only the fallback.
    next_heartbeat_at_ = now_ + (following_ ? heartbeat_interval() * 3 / 2 : heartbeat_interval());
}

/// More often than was configured while a promise of a peer's counts for less than our deadtime,
/// which it does until it has taken the same times over; yet ten while it counts are enough.
Duration Node::heartbeat_interval() const {
    Duration shortest = settings_.deadtime;
    for (const Peer& peer : peers_)
        if (peer.alive()) shortest = std::min(shortest, peer.remembered());
    // In milliseconds, of which deadtimes are made: the product of two times in nanoseconds has no
    // room.
    static_assert(deadtime_max / 2 < Duration::max() / (deadtime_max / 1ms));
    const Duration as_often = settings_.interval * (shortest / 1ms) / (settings_.deadtime / 1ms);
    return std::min(settings_.interval, std::max(as_often, shortest / 10));
}

void Node::on(const Reconfigured& to) {
    settings_.interval = to.interval;
    settings_.deadtime = to.deadtime;
    settings_.remembered = std::max(settings_.remembered, to.deadtime);
    settings_.removal = to.removal;
    settings_.preempt_after = to.preempt_after;
    settings_.digests = to.digests;
    preempt_at_.reset();
    heartbeat_now();
    judge_due_ = true;
}

void Node::send_heartbeat() {
    broadcast(compose_heartbeat());
    sent_.record({sequence_, now_, settings_.deadtime});
    if (tenure_) extend_lease();
    if (stale_) extend_hold();
}

Heartbeat Node::compose_heartbeat() const {
    Heartbeat heartbeat;
    heartbeat.highest_term = highest_term_;
    heartbeat.following = tenure_ ? myself_in(tenure_->term.round) : following_;
    heartbeat.released = released_;
    heartbeat.priority = member_.priority;
    heartbeat.conditions = {.healthy = healthy_ && !leaving_ && !unfit_until_,
                            .witness = member_.witness,
                            .quarantined = quarantined(),
                            .free = free_to_vote(),
                            .leaving = farewell_,
                            .on_standby = on_standby_,
                            .paused = paused()};
    heartbeat.maintenance = maintenance_;
    heartbeat.deadtime = settings_.deadtime;
    heartbeat.remembered = settings_.remembered;
    heartbeat.digests = settings_.digests;
    for (const Peer& peer : peers_)
        if (const auto echo = peer.echo(now_, settings_.deadtime))
            heartbeat.echoes.push_back(*echo);
    return heartbeat;
}

// --- Leaving -------------------------------------------------------------------------------------

void Node::on(const StopAsked&) {
    if (leaving_) return;
    leaving_ = true;
    judge_due_ = true;
    if (candidacy_) give_up_candidacy();
    const Peer* successor = best_successor();
    hand_over(Cause::stopping, successor ? successor->id() : no_node);
}

void Node::judge_departure() {
    if (!leaving_ || farewell_ || tenure_ || unreleased_) return;
    if (exit_at_ && now_ < *exit_at_ && !following_) return;
    farewell_ = true;
    send_heartbeat();
    act(Exit{});
}

// --- When to be called, and what others may know
// -----------------------------------------------------

Instant Node::deadline() const {
    if (judge_due_) return now_;
    Instant earliest = next_heartbeat_at_;
    const auto consider = [&](const std::optional<Instant>& at) {
        if (at) earliest = std::min(earliest, *at);
    };
    consider(lease_until());
    if (stale_) consider(stale_->vips_until);
    consider(quarantine_until_);
    consider(unfit_until_);
    consider(exit_at_ && leaving_ && !tenure_ && !unreleased_ && !farewell_ ? exit_at_
                                                                            : std::nullopt);
    consider(stand_at());
    if (promise_) consider(promise_->withhold_votes_until);
    if (preferred_) consider(preferred_->until);
    if (candidacy_) consider(std::min(candidacy_->ask_again_at, candidacy_->give_up_at));
    if (switchover_) consider(std::min(switchover_->ask_again_at, switchover_->give_up_at));
    if (reach_lost_at_) consider(*reach_lost_at_ + settings_.deadtime);
    consider(preempt_at_);
    for (const Peer& peer : peers_)
        if (peer.alive()) consider(peer.dead_at());
    return earliest;
}

Role Node::role() const {
    if (member_.witness) return Role::witness;
    return tenure_ || stale_ ? Role::active : Role::standby;
}

Role Node::role_of(const Peer& peer) const {
    if (following_ && following_.term.node == peer.id()) return Role::active;
    if (!peer.alive()) return Role::down;
    if (peer.claims_active()) return Role::active;
    return peer.member().witness ? Role::witness : Role::standby;
}

Tenancy Node::active() const { return tenure_ ? myself_in(tenure_->term.round) : following_; }

int Node::votes_within_earshot() const {
    return 1 + static_cast<int>(std::ranges::count_if(peers_, &Peer::alive));
}

bool Node::has_quorum() const { return votes_within_earshot() >= votes_needed(); }

}  // namespace komainu
