// Between the core, which wants the VIPs up or down, and the guard, which does it: hooks that are
// told before come in between. With wait = yes they may take their time, within their limits, for
// as long as the lease stands; for the core the guard is only slow then.
//
// - VIPs that are to come up wait. The newest lease is what the guard gets when they do.
// - VIPs that are to go wait only while this node is still the active: who hands over keeps its
//   lease until they are down. Whoever has lost the lease waits for nobody, and nor does who meets
//   another active.
#pragma once

#include <optional>

#include "core/action.h"
#include "daemon/guard_link.h"
#include "daemon/hooks.h"
#include "io/loop.h"

namespace komainu {

class VipGate {
public:
    VipGate(Loop& loop, GuardLink& guard, Hooks& hooks);

    void hold(Term term, Instant until, const LastWillBytes& last_will, const HookFacts& facts);
    void extend(Instant until);
    void drop(const DropVips& drop, const HookFacts& facts);

    void replace_last_will(const std::function<LastWillBytes(Term)>& seal);

    /// This node is no longer the active.
    void resigned();

private:
    struct Raising {
        Term term;
        Instant until;
        LastWillBytes last_will;
    };

    std::optional<Duration> tell(const HookFacts& facts);
    void go_on();

    Loop& loop_;
    GuardLink& guard_;
    Hooks& hooks_;
    std::optional<Raising> raising_;  ///< a hold that waits for hooks
    std::optional<Term> lowering_;    ///< a drop that does
    std::uint64_t told_ = 0;          ///< of the hooks of earlier moves nothing is awaited any more
    Loop::Timer limit_;               ///< of what waits
};

}  // namespace komainu
