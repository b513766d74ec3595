// preempt = yes: a standby of a higher priority than the active's asks it to hand over, after it
// has been the better one for a while. The active decides as for an operator's switchover.
#include <algorithm>

#include "core/node.h"

namespace komainu {

void Node::judge_preemption() {
    if (!wants_to_preempt()) return preempt_at_.reset();
    if (!preempt_at_) preempt_at_ = now_ + *settings_.preempt_after;
    if (now_ < *preempt_at_) return;
    act(Preempting{following_.term});
    send(following_.term.node, SwitchoverRequest{following_, settings_.self});
    preempt_at_ = now_ + std::max<Duration>(*settings_.preempt_after, settings_.deadtime);
}

/// Only for a higher priority: an earlier start is no reason to move anything.
bool Node::wants_to_preempt() const {
    if (!settings_.preempt_after || !following_ || paused() || quarantined() || !eligible() ||
        would_lose_reach(settings_.self))
        return false;
    const Peer* active = find(following_.term.node);
    return active && active->alive() && !active->conditions().paused &&
           member_.priority > active->priority() && places_behind() == 0;
}

}  // namespace komainu
