// on_quorum_loss = hold: when a lease lapses since too few nodes acknowledge it, the VIPs stay, for
// sites that prefer an old holder to none.
//
// That is no tenure. Its holder does not claim to be active, so that nobody follows it or promises
// to it; it does not vote, since its VIPs are up; it extends what the guard, the fence and the
// kernel know by itself, so that they still end it when this process dies or hangs. A lease that
// has lapsed stays lapsed: when a quorum is back the VIPs go down first, and an ordinary election
// says who raises them. That costs a gap of a few round trips, and spares a way to begin a term
// with VIPs that are already up.
#include <algorithm>

#include "core/node.h"

namespace komainu {

void Node::hold_without_quorum() {
    stale_ =
        Stale{.term = tenure_->term, .since = now_, .vips_until = tenure_->vips_until, .back = {}};
    tenure_.reset();
    act(HeldWithoutQuorum{stale_->term});
    heartbeat_now();
}

/// Only called in a step, after check_lease: what the guard may have ended is not extended.
void Node::extend_hold() {
    stale_->vips_until = std::max(stale_->vips_until, now_ + lease_span(settings_.deadtime));
    act(ExtendLease{stale_->vips_until});
}

/// Another active, heard or heard of, has the better right. And a peer counts as back when it
/// answers what was sent since the lease lapsed: who only fell silent lately does not.
void Node::consider_hold(const Peer& peer, const std::optional<Peer::EchoOfMe>& echo) {
    if (peer.following() && peer.following().term.node != settings_.self)
        return end_hold(Cause::other_active);
    if (echo && echo->sent && echo->sent->sent_at >= stale_->since) stale_->back.insert(peer.id());
}

/// Not before enough of them are free to vote: until then an election could only fail. Half of the
/// votes does not do, even with quorum = half, since the VIPs would be down while the arbiter asks.
void Node::judge_hold() {
    if (!stale_) return;
    const auto would_vote = [this](const Peer& peer) {
        return stale_->back.contains(peer.id()) && peer.would_vote();
    };
    if (1 + std::ranges::count_if(peers_, would_vote) >= votes_without_arbiter())
        end_hold(Cause::quorum_back);
}

void Node::on(const RivalSeen&) {
    if (stale_) end_hold(Cause::rival_seen);
}

void Node::end_hold(Cause cause) {
    const Term term = stale_->term;
    stale_.reset();
    unreleased_ = term;
    vips_ = Vips::lowering;
    act(DropVips{term, cause});
    act(RoleChanged{Role::active, Role::standby, term, cause});
    heartbeat_now();
}

}  // namespace komainu
