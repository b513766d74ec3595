#include "daemon/vip_gate.h"

#include <utility>

#include "io/log.h"
#include "runner/minder.h"

namespace komainu {

VipGate::VipGate(Loop& loop, GuardLink& guard, Hooks& hooks)
    : loop_(loop), guard_(guard), hooks_(hooks), limit_(loop, [this] {
          log_event(LogEvent::hook_late,
                    "a hook that the VIPs wait for has not ended in time: goes on without it");
          go_on();
      }) {}

void VipGate::hold(Term term, Instant until, const LastWillBytes& last_will,
                   const HookFacts& facts) {
    const auto limit = tell(facts);
    if (!limit) return guard_.hold(term, until, last_will);
    raising_ = Raising{term, until, last_will};
    limit_.set(loop_.now() + *limit + termination_grace);
}

void VipGate::extend(Instant until) {
    if (raising_)
        raising_->until = until;
    else
        guard_.extend(until);
}

/// For VIPs that never came up nothing waits, though the hooks that were told of their coming are
/// told that they do not.
void VipGate::drop(const DropVips& drop, const HookFacts& facts) {
    limit_.clear();
    const bool never_came = std::exchange(raising_, {}).has_value();
    const auto limit = tell(facts);
    if (!limit || never_came || drop.cause == Cause::rival) return guard_.drop(drop.term);
    lowering_ = drop.term;
    limit_.set(loop_.now() + *limit + termination_grace);
}

void VipGate::replace_last_will(const std::function<LastWillBytes(Term)>& seal) {
    if (raising_) raising_->last_will = seal(raising_->term);
    guard_.replace_last_will(seal);
}

void VipGate::resigned() {
    if (lowering_) go_on();
}

std::optional<Duration> VipGate::tell(const HookFacts& facts) {
    return hooks_.tell(HookWhen::before, facts, [this, move = ++told_] {
        if (move == told_) go_on();
    });
}

void VipGate::go_on() {
    limit_.clear();
    if (const auto raising = std::exchange(raising_, {}))
        guard_.hold(raising->term, raising->until, raising->last_will);
    if (const auto lowering = std::exchange(lowering_, {})) guard_.drop(*lowering);
}

}  // namespace komainu
