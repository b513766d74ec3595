// The operator's wish to move the VIPs. Asked on the active it is done, asked on a standby it is
// passed on to the active, by a message that is repeated until something happens.
#include <algorithm>

#include "core/node.h"

namespace komainu {

namespace {

constexpr Duration switchover_slack = 2s;

}  // namespace

void Node::on(const SwitchoverAsked& asked) {
    const auto refuse = [&](SwitchoverOutcome outcome) {
        act(AnswerSwitchover{asked.request, outcome, active().term.node});
    };
    if (switchover_ || (tenure_ && tenure_->handing_over)) return refuse(SwitchoverOutcome::busy);
    if (!active()) return refuse(SwitchoverOutcome::no_active);
    if (const auto objection = objection_to(asked.target)) return refuse(*objection);
    switchover_ = PendingSwitchover{.request = asked.request,
                                    .from = active(),
                                    .target = asked.target,
                                    .ask_again_at = now_,
                                    .give_up_at = now_ + switchover_slack + 4 * settings_.deadtime};
    judge_due_ = true;
    if (tenure_)
        hand_over(Cause::switchover,
                  asked.target != no_node ? asked.target : best_successor()->id());
}

/// Why the VIPs cannot go there, as far as this node knows.
std::optional<SwitchoverOutcome> Node::objection_to(NodeId target) const {
    if (target == active().term.node) return SwitchoverOutcome::already_active;
    if (paused()) return SwitchoverOutcome::paused;
    if (target == no_node) {
        if (tenure_ && !best_successor()) return SwitchoverOutcome::no_standby;
        return {};
    }
    if (target == settings_.self)
        return member_.witness ? std::optional{SwitchoverOutcome::no_such_target}
               : eligible() && !quarantined() && !would_lose_reach(target)
                   ? std::nullopt
                   : std::optional{SwitchoverOutcome::target_unfit};
    const Peer* peer = find(target);
    if (!peer || peer->member().witness) return SwitchoverOutcome::no_such_target;
    if (peer->conditions().paused) return SwitchoverOutcome::paused;
    if (!peer->could_succeed() || would_lose_reach(target)) return SwitchoverOutcome::target_unfit;
    return {};
}

void Node::hear(const Envelope& envelope, const SwitchoverRequest& request) {
    if (!find(envelope.sender)->accept_request(envelope)) return;
    if (!tenure_ || request.active != myself_in(tenure_->term.round)) return;
    if (objection_to(request.target)) return;
    hand_over(Cause::switchover,
              request.target != no_node ? request.target : best_successor()->id());
}

void Node::judge_switchover() {
    if (!switchover_) return;
    const Tenancy now_active = active();
    if (now_active && now_active != switchover_->from && (!tenure_ || vips_ == Vips::up))
        return answer_switchover(SwitchoverOutcome::done);
    if (now_ >= switchover_->give_up_at) return answer_switchover(SwitchoverOutcome::timed_out);
    if (now_ < switchover_->ask_again_at) return;
    switchover_->ask_again_at = now_ + stagger();
    if (following_ && following_ == switchover_->from)
        send(following_.term.node, SwitchoverRequest{switchover_->from, switchover_->target});
}

void Node::answer_switchover(SwitchoverOutcome outcome) {
    act(AnswerSwitchover{switchover_->request, outcome, active().term.node});
    switchover_.reset();
}

}  // namespace komainu
