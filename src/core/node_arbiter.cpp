// quorum = half: in a cluster with an even number of votes, exactly half of them is enough if the
// arbiter agrees.
//
// To stand on half of the votes, a node asks first: its trusted servers must answer, so that it is
// not the one who is cut off, and nobody on the LAN may answer for a VIP, so that the active is not
// merely silent. That takes longer than a candidacy lasts, which counts against the lease; so the
// question comes before the candidacy, and a yes is good for a short time. To extend a lease on
// half of the votes, a trusted server must answer. A majority asks nobody.
#include <algorithm>

#include "core/node.h"
#include "core/quorum.h"

namespace komainu {

namespace {

/// A question that is not answered within this is asked anew. Finding out takes 200 to 300 ms.
constexpr Duration arbiter_patience = 2s;
/// Each question is a broadcast for each VIP on the LAN.
constexpr Duration ask_again_after = 1s;
/// A yes is good for a deadtime, which a candidacy and one more try fit into, and at most for this.
constexpr Duration agreement_max = 1s;

}  // namespace

void Node::on(const TrustedServersChanged& event) {
    trusted_reachable_ = event.reachable;
    judge_due_ = true;
}

void Node::ask_arbiter() {
    arbitration_.awaited = true;
    arbitration_.ask_not_before = now_ + arbiter_patience;
    act(AskArbiter{++arbitration_.question});
}

void Node::on(const ArbiterAnswered& answer) {
    if (!arbitration_.awaited || answer.question != arbitration_.question) return;
    arbitration_.awaited = false;
    arbitration_.ask_not_before = now_ + ask_again_after;
    judge_due_ = true;
    if (!answer.agrees) return;
    // The staggering begins anew, or those who were told yes at one instant would split the votes.
    quorum_free_since_ = now_;
    arbitration_.agrees_until =
        now_ + places_behind() * stagger() + std::min(settings_.deadtime, agreement_max);
}

/// What was asked, or answered, was about another situation.
void Node::forget_arbiter() {
    arbitration_.awaited = false;
    arbitration_.agrees_until = now_;
}

bool Node::arbiter_agrees() const { return trusted_reachable_ && now_ < arbitration_.agrees_until; }

int Node::votes_without_arbiter() const {
    return komainu::votes_needed(settings_.quorum, static_cast<int>(settings_.members.size()));
}

int Node::votes_needed() const {
    const int members = static_cast<int>(settings_.members.size());
    return trusted_reachable_ ? votes_needed_with_arbiter(settings_.quorum, members)
                              : votes_without_arbiter();
}

/// Whether our lease would stand by the rule of majority as well.
bool Node::holds_by_majority() const {
    const auto until = lease_by(votes_without_arbiter());
    return until && now_ < *until;
}

}  // namespace komainu
