// The operator's hand: a pause for maintenance, of the cluster or of one node, and a node that is
// to stay standby. Neither touches a lease or a promise; they only decide who may stand for
// election, and whether a failing life check counts.
//
// The cluster's pause is a register that the nodes pass on in their heartbeats: the newest wish
// wins, and wishes are ordered as terms are. So it can be set and ended on any node, and a node
// that was down or cut off learns of it with the first heartbeat.
#include <algorithm>

#include "core/node.h"

namespace komainu {

bool Node::paused() const { return paused_here_ || maintenance_.paused; }

/// While paused nobody but the last active may stand: the VIPs stay where they are, or come back
/// there.
bool Node::may_stand_while_paused(NodeId node) const { return highest_term_.node == node; }

void Node::on(const PauseAsked& asked) {
    if (asked.scope == PauseScope::node)
        paused_here_ = asked.paused;
    else
        take_over({{maintenance_.changed.round + 1, settings_.self}, asked.paused});
    if (!asked.paused && asked.scope == PauseScope::cluster) paused_here_ = false;
    operator_changed();
}

void Node::hear_maintenance(const Maintenance& heard) {
    if (heard.changed <= maintenance_.changed) return;
    take_over(heard);
    operator_changed();
}

void Node::take_over(const Maintenance& maintenance) {
    const bool changed = maintenance.paused != maintenance_.paused;
    maintenance_ = maintenance;
    if (changed) act(MaintenanceChanged{maintenance.paused, maintenance.changed.node});
}

void Node::on(const StandbyAsked& asked) {
    const bool moves = asked.standby && tenure_ && !tenure_->handing_over;
    if (moves && !best_successor())
        return act(AnswerOrder{asked.request, OrderOutcome::no_standby});
    on_standby_ = asked.standby;
    act(AnswerOrder{asked.request, OrderOutcome::done});
    operator_changed();
    if (!asked.standby) return;
    if (candidacy_) give_up_candidacy();
    const Peer* successor = best_successor();
    hand_over(Cause::put_on_standby, successor ? successor->id() : no_node);
}

/// Who is eligible may have changed, here or elsewhere; and a life check that failed meanwhile
/// counts when the pause is over.
void Node::operator_changed() {
    heartbeat_now();
    judge_due_ = true;
    count_health();
}

void Node::on(const HealthChanged& event) {
    reported_ = event;
    count_health();
}

/// A pause freezes what is good: a life check that fails costs nothing, one that passes again
/// helps.
void Node::count_health() {
    const bool excused = paused() && reported_.excusable;
    if (reported_.healthy == healthy_ || (healthy_ && excused)) return;
    healthy_ = reported_.healthy;
    heartbeat_now();
    judge_due_ = true;
    if (healthy_) return;
    if (candidacy_) give_up_candidacy();
    hand_over(Cause::unhealthy, no_node);
}

void Node::on(const PriorityChanged& event) {
    if (member_.priority == event.priority) return;
    member_.priority = event.priority;
    heartbeat_now();
    judge_due_ = true;
}

}  // namespace komainu
