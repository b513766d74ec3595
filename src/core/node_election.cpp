// Standing for election, and voting.
#include <algorithm>

#include "core/node.h"

namespace komainu {

namespace {

constexpr Duration stagger_min = 5ms;
constexpr Duration stagger_max = 100ms;

}  // namespace

void Node::judge_candidacy() {
    if (unfit_until_ && now_ >= *unfit_until_) {
        unfit_until_.reset();
        heartbeat_now();
    }
    if (!candidacy_) return judge_standing();
    if (now_ >= candidacy_->give_up_at) {
        give_up_candidacy();
        stand_not_before_ = now_ + random_.below(2 * stagger());
    } else if (now_ >= candidacy_->ask_again_at) {
        ask_for_votes();
    }
}

void Node::judge_standing() {
    if (!quorum_is_free()) {
        quorum_free_since_.reset();
        return forget_arbiter();
    }
    if (!quorum_free_since_) quorum_free_since_ = now_;
    if (const auto at = stand_at(); !at || now_ < *at) return;
    if (needs_arbiter() && !arbiter_agrees()) return ask_arbiter();
    stand();
}

/// When to stand: at once for the best, a stagger later for each place behind it. When the arbiter
/// is to be asked first, this is when to ask it.
std::optional<Instant> Node::stand_at() const {
    if (candidacy_ || !quorum_free_since_ || !eligible() || !free_to_vote()) return {};
    const Instant at =
        std::max(*quorum_free_since_ + places_behind() * stagger(), stand_not_before_);
    const bool asks = needs_arbiter() && !arbiter_agrees();
    return asks ? std::max(at, arbitration_.ask_not_before) : at;
}

/// An election before as many nodes are free to vote could only fail, and would bind the free ones.
bool Node::quorum_is_free() const {
    if (!free_to_vote()) return false;
    // Less than a majority is enough then, so an active that is heard keeps us from standing.
    const auto is_active = [this](const Peer& peer) {
        return peer.heard_within(peer.patience(settings_.deadtime), now_) && peer.claims_active();
    };
    const bool less_is_enough = settings_.quorum == QuorumRule::none || needs_arbiter();
    if (less_is_enough && std::ranges::any_of(peers_, is_active)) return false;
    return free_votes() >= votes_needed();
}

/// This node's included, if it is free.
int Node::free_votes() const {
    return 1 + static_cast<int>(std::ranges::count_if(peers_, &Peer::would_vote));
}

bool Node::eligible() const {
    return healthy_ && !member_.witness && !leaving_ && !on_standby_ && !unfit_until_ &&
           vips_ == Vips::down && (!paused() || may_stand_while_paused(settings_.self));
}

Duration Node::stagger() const { return std::clamp(settings_.interval, stagger_min, stagger_max); }

Standing Node::own_standing() const {
    const bool successor = preferred_ && preferred_->node == settings_.self;
    return {settings_.self, member_.priority, settings_.incarnation, successor,
            is_out_of_reach(settings_.self)};
}

Standing Node::standing_of(const Peer& peer) const {
    const bool successor = preferred_ && preferred_->node == peer.id();
    return {peer.id(), peer.priority(), peer.incarnation(), successor, is_out_of_reach(peer.id())};
}

int Node::places_behind() const {
    return static_cast<int>(std::ranges::count_if(peers_, [this](const Peer& peer) {
        return could_stand(peer) && goes_before(standing_of(peer), own_standing());
    }));
}

bool Node::could_stand(const Peer& peer) const {
    return peer.could_stand() && (!peer.conditions().paused || may_stand_while_paused(peer.id()));
}

const Peer* Node::best_successor() const {
    return best_successor([this](NodeId node) { return !would_lose_reach(node); });
}

void Node::stand() {
    highest_term_ = {highest_term_.round + 1, settings_.self};
    promise_ = {myself_in(highest_term_.round), now_ + settings_.deadtime};
    candidacy_ = Candidacy{.term = highest_term_,
                           .requested_at = now_,
                           .deadtime = settings_.deadtime,
                           .ask_again_at = now_,
                           .give_up_at = now_ + lease_span(settings_.deadtime) / 2,
                           .votes = {}};
    candidacy_->votes.insert(settings_.self);
    quorum_free_since_.reset();
    for (Peer& peer : peers_) peer.clear_pledge();
    ask_for_votes();
    count_votes();
}

void Node::ask_for_votes() {
    broadcast(VoteRequest{candidacy_->term.round, candidacy_->deadtime});
    candidacy_->ask_again_at = now_ + stagger();
}

/// Our own vote was only for ourselves: void as soon as we no longer want it.
void Node::give_up_candidacy() {
    candidacy_.reset();
    promise_.reset();
    heartbeat_now();
}

void Node::hear(const Envelope& envelope, const VoteRequest& request) {
    Peer& peer = *find(envelope.sender);
    if (!peer.accept_request(envelope)) return;
    // Who is deaf to us cannot hear our vote either. It would only bind us, and end our candidacy.
    if (!peer.alive()) return;
    const Tenancy candidate{{request.round, envelope.sender}, envelope.incarnation};
    const VoteAnswer answer = vote_for(candidate, std::max(request.deadtime, settings_.deadtime));
    send(envelope.sender, Vote{candidate, answer, highest_term_, settings_.remembered});
}

VoteAnswer Node::vote_for(const Tenancy& candidate, Duration promise_span) {
    const bool promised = promise_ && now_ < promise_->withhold_votes_until;
    // The request was repeated because our answer was lost, or is on its way.
    if (promised && promise_->to == candidate) return VoteAnswer::granted;
    // An equal term is this candidate's own: a heartbeat that told of it overtook the request.
    if (candidate.term < highest_term_) return VoteAnswer::refused;
    if (quarantined() || tenure_ || vips_ != Vips::down) return VoteAnswer::refused;
    if (candidacy_) give_up_candidacy();
    if (promised_to_other(candidate)) return VoteAnswer::refused;
    highest_term_ = candidate.term;
    if (following_) stop_following(ActiveNews::lost_released);
    promise(candidate, promise_span);
    return VoteAnswer::granted;
}

void Node::hear(const Envelope& envelope, const Vote& vote) {
    Peer& peer = *find(envelope.sender);
    if (!peer.is_proven(envelope)) return peer.count_stale();
    highest_term_ = std::max(highest_term_, vote.highest_term);
    if (!candidacy_ || vote.candidate != myself_in(candidacy_->term.round)) return;
    if (vote.answer == VoteAnswer::refused) return;
    candidacy_->votes.insert(peer.id());
    peer.pledge_by_vote(candidacy_->requested_at +
                        lease_span(std::min(candidacy_->deadtime, vote.remembered)));
    count_votes();
}

void Node::count_votes() {
    const int enough = arbiter_agrees() ? votes_needed() : votes_without_arbiter();
    if (candidacy_->votes.size() >= enough) begin_tenure();
}

}  // namespace komainu
