// Being active: the lease, its extension, its end.
#include <algorithm>

#include "base/assert.h"
#include "core/node.h"
#include "core/quorum.h"

namespace komainu {

namespace {

/// How long a node whose kernel refused the addresses does not stand.
constexpr Duration unfit_for = 10s;

constexpr Duration departure_slack = 1s;

}  // namespace

/// The candidacy is won. It is given up after half a lease, so there is lease left.
void Node::begin_tenure() {
    const Candidacy won = *candidacy_;
    candidacy_.reset();
    const Instant by_own = won.requested_at + lease_span(won.deadtime);
    const Instant lease_until = std::min(by_own, lease_by(won.votes.size()).value_or(by_own));
    if (now_ >= lease_until) return;
    tenure_ = Tenure{.term = won.term, .lease_until = lease_until, .vips_until = lease_until};
    vips_ = Vips::raising;
    preferred_.reset();
    act(HoldVips{won.term, lease_until});
    act(RoleChanged{Role::standby, Role::active, won.term, Cause::elected});
    heartbeat_now();
}

void Node::check_lease() {
    if (stale_ && now_ >= stale_->vips_until) end_hold(Cause::lease_lapsed);
    if (!tenure_ || now_ < tenure_->lease_until) return;
    const bool may_hold = settings_.on_quorum_loss == QuorumLoss::hold && vips_ == Vips::up &&
                          now_ < tenure_->vips_until;
    may_hold ? hold_without_quorum() : end_tenure(Cause::lease_lapsed);
}

std::optional<Instant> Node::lease_until() const {
    if (!tenure_) return {};
    return tenure_->lease_until;
}

/// How long the lease lasts by so many votes: the latest that enough others have pledged.
std::optional<Instant> Node::lease_by(int votes) const {
    const int others_needed = votes - 1;
    if (others_needed == 0) return now_ + lease_span(settings_.deadtime);
    StaticVector<Instant, nodes_max> pledges;
    for (const Peer& peer : peers_)
        if (const auto until = peer.pledged_until()) pledges.push_back(*until);
    return reached_by({pledges.begin(), pledges.end()}, others_needed);
}

/// Only called in a step, after check_lease: a lapsed lease is never revived.
void Node::extend_lease() {
    if (const auto until = lease_by(votes_needed()))
        tenure_->lease_until = std::max(tenure_->lease_until, *until);
    const bool holds = settings_.on_quorum_loss == QuorumLoss::hold;
    const Instant vips_until = holds ? now_ + lease_span(settings_.deadtime) : tenure_->lease_until;
    if (vips_until <= tenure_->vips_until) return;
    tenure_->vips_until = vips_until;
    act(ExtendLease{vips_until});
}

/// Gracefully: first the VIPs, while the lease goes on; the release follows when they are down.
void Node::hand_over(Cause cause, NodeId successor) {
    if (stale_) return end_hold(cause);
    if (!tenure_ || tenure_->handing_over) return;
    tenure_->handing_over = true;
    tenure_->cause = cause;
    tenure_->successor = successor;
    vips_ = Vips::lowering;
    act(DropVips{tenure_->term, cause});
}

/// The lease is no more. The term is released as soon as the VIPs are known to be down.
void Node::end_tenure(Cause cause) {
    const Tenure ended = *tenure_;
    tenure_.reset();
    unreleased_ = ended.term;
    if (vips_ != Vips::lowering) act(DropVips{ended.term, cause});
    vips_ = Vips::lowering;
    act(RoleChanged{Role::active, Role::standby, ended.term, cause});
    heartbeat_now();
}

void Node::on(const VipsHeld& event) {
    if (vips_ != Vips::raising || !tenure_ || tenure_->term != event.term) return;
    vips_ = Vips::up;
    judge_due_ = true;
}

void Node::on(const HoldFailed& event) {
    if (!tenure_ || tenure_->term != event.term) return;
    unfit_until_ = now_ + unfit_for;
    give_back(event.term, Cause::hold_failed);
}

void Node::on(const VipsDropped& event) {
    if (unreleased_ == event.term) {
        unreleased_.reset();
        vips_ = Vips::down;
        release(event.term, no_node);
    } else if (tenure_ && tenure_->term == event.term) {
        give_back(event.term, tenure_->handing_over ? tenure_->cause : Cause::guard_dropped);
    } else if (stale_ && stale_->term == event.term) {
        give_back(event.term, Cause::guard_dropped);
    }
}

/// The VIPs are down while the lease still stands, or while they were held without one.
void Node::give_back(Term term, Cause cause) {
    const NodeId successor = tenure_ ? tenure_->successor : no_node;
    tenure_.reset();
    stale_.reset();
    vips_ = Vips::down;
    act(RoleChanged{Role::active, Role::standby, term, cause});
    release(term, successor);
}

void Node::release(Term term, NodeId successor) {
    KOMAINU_ASSERT(vips_ == Vips::down && !tenure_ && !stale_);
    released_ = {term.round, successor};
    for (Peer& peer : peers_) peer.clear_pledge();  // void: who restarts now inherits nothing
    if (promise_ && promise_->to == myself_in(term.round)) promise_.reset();
    if (successor != no_node) preferred_ = {successor, now_ + settings_.deadtime};
    broadcast(released_);
    // Who leaves stays for the election of the successor: it may need this vote.
    if (leaving_ && successor != no_node)
        exit_at_ = now_ + 2 * settings_.deadtime + departure_slack;
    heartbeat_now();
    judge_due_ = true;
}

/// Another says it is active while we hold a lease. With quorum = majority it can only be one whose
/// lease is over and who is about to find out; so it is with quorum = half for who has a majority
/// behind it. Else the earlier started keeps it.
void Node::consider_rival(const Peer& peer) {
    if (settings_.quorum == QuorumRule::majority) return;
    if (settings_.quorum == QuorumRule::half && holds_by_majority()) return;
    const Standing rival{peer.id(), 0, peer.incarnation()};
    const Standing own{settings_.self, 0, settings_.incarnation};
    if (goes_before(rival, own)) hand_over(Cause::rival, peer.id());
}

/// A peer gave back a term while we hold the VIPs: it held them beside us, or had them still on its
/// interface (a process that was stopped). Caches that learned its hardware address must learn ours
/// again. It need not have been heard as an active for that: it may have heard us first.
void Node::announce_after(Peer& peer, const Release& released) {
    if (peer.gives_back(released) && vips_ == Vips::up) act(AnnounceVips{});
}

}  // namespace komainu
