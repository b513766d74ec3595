// A service that works for its own node and for nobody else. Every node looks at the others' from
// outside and says in its heartbeats whose it cannot reach. The active hands over when, for a
// deadtime, a majority of all votes could not reach its service and could reach the successor's.
// One and the same majority, since where most reach nobody it is more likely that they cannot look
// than that nobody works; and for a while, since what ails all of them is seen to end by one after
// the other. A node that most cannot reach may stand, though last.
//
// None of this touches a lease or a promise.
#include <algorithm>

#include "core/node.h"

namespace komainu {

void Node::on(const ReachChanged& event) {
    Peer* const peer = find(event.peer);
    if (!peer || peer->reached() == event.reached) return;
    peer->set_reached(event.reached);
    heartbeat_now();
    judge_due_ = true;
}

NodeSet Node::out_of_reach_of(NodeId node) const {
    NodeSet nodes;
    if (!is_valid(node)) return nodes;
    if (const Peer* peer = find(node); peer && !peer->reached()) nodes.insert(settings_.self);
    for (const Peer& peer : peers_)
        if (peer.alive() && peer.out_of_its_reach().contains(node)) nodes.insert(peer.id());
    return nodes;
}

bool Node::is_majority(const NodeSet& nodes) const {
    return 2 * nodes.size() > static_cast<int>(settings_.members.size());
}

bool Node::is_out_of_reach(NodeId node) const { return is_majority(out_of_reach_of(node)); }

/// A pause keeps everything where it is.
bool Node::is_better_reached(NodeId a, NodeId b) const {
    return !paused() && is_majority(out_of_reach_of(b).without(out_of_reach_of(a)));
}

/// By what the election goes by as well, or whoever hands them over would be elected again.
bool Node::would_lose_reach(NodeId to) const {
    return !paused() && is_out_of_reach(to) && !is_out_of_reach(active().term.node);
}

void Node::judge_reach() {
    const bool may_go = tenure_ && !tenure_->handing_over && is_out_of_reach(settings_.self);
    const Peer* successor = !may_go ? nullptr : best_successor([this](NodeId node) {
        return is_better_reached(node, settings_.self);
    });
    if (!successor) return reach_lost_at_.reset();
    if (!reach_lost_at_) reach_lost_at_ = now_;
    if (now_ < *reach_lost_at_ + settings_.deadtime) return;
    reach_lost_at_.reset();
    hand_over(Cause::out_of_reach, successor->id());
}

}  // namespace komainu
