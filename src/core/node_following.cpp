// Promises, and whom a node follows. At most one promise stands at a time (see node.h, sentence 1).
#include "core/node.h"

namespace komainu {

/// A peer says that it is active. To follow it is to promise, so it must wait while a promise to
/// another stands; our own candidacy, which has not been won, yields to a living active.
void Node::consider_active(Peer& peer) {
    if (tenure_) return consider_rival(peer);
    if (candidacy_) give_up_candidacy();
    const Tenancy tenancy = peer.following();
    if (promised_to_other(tenancy)) return;
    promise(tenancy, peer.patience(settings_.deadtime));
    heartbeat_now();
    if (following_ == tenancy) return;
    following_ = tenancy;
    preferred_.reset();
    act(ActiveChanged{tenancy.term, ActiveNews::followed});
}

/// Whoever was promised more before keeps that.
void Node::promise(const Tenancy& tenancy, Duration promise) {
    const Instant until = now_ + promise;
    promise_ = {tenancy, promise_ ? std::max(promise_->withhold_votes_until, until) : until};
}

/// The holder of a tenancy gave it back. Only the promise to exactly that tenancy is void.
bool Node::consider_release(const Peer& peer, Incarnation incarnation, const Release& release) {
    const Tenancy tenancy{{release.round, peer.id()}, incarnation};
    if (!promise_ || promise_->to != tenancy) return false;
    promise_.reset();
    if (release.successor != no_node) preferred_ = {release.successor, now_ + settings_.deadtime};
    if (following_ == tenancy) stop_following(ActiveNews::lost_released);
    heartbeat_now();
    return true;
}

/// The datagram of its own is the quick way; it may also come from the guard of a main that is no
/// more, so the peer is no candidate until it is heard again.
void Node::hear(const Envelope& envelope, const Release& release) {
    Peer& peer = *find(envelope.sender);
    if (consider_release(peer, envelope.incarnation, release)) peer.step_down();
    if (peer.is_proven(envelope)) announce_after(peer, release);
}

void Node::judge_promise() {
    if (preferred_ && now_ >= preferred_->until) preferred_.reset();
    if (!promise_ || now_ < promise_->withhold_votes_until) return;
    promise_.reset();
    if (following_) stop_following(ActiveNews::lost_silent);
    if (!tenure_) heartbeat_now();
}

void Node::stop_following(ActiveNews news) {
    act(ActiveChanged{following_.term, news});
    following_ = {};
    heartbeat_now();
    judge_due_ = true;
}

/// The promise binds to a run of a node, not to its term: a candidate that was not elected may open
/// a higher term and be voted for again. Never back to a lower one: its release, which may still be
/// on its way, would void the vote in the higher.
bool Node::promised_to_other(const Tenancy& tenancy) const {
    if (!promise_ || now_ >= promise_->withhold_votes_until) return false;
    return promise_->to.term.node != tenancy.term.node ||
           promise_->to.incarnation != tenancy.incarnation || promise_->to.term > tenancy.term;
}

bool Node::free_to_vote() const {
    const bool promised = promise_ && now_ < promise_->withhold_votes_until;
    return !promised && !quarantined() && !tenure_ && vips_ == Vips::down;
}

}  // namespace komainu
