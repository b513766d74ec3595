// The hooks of this node: which are to be told of an event, and what main waits for. The runner
// runs them one after another (runner/hook_queue.h), and logs how each went.
#pragma once

#include <functional>

#include "conf/config.h"
#include "daemon/counters.h"
#include "daemon/runner_link.h"

namespace komainu {

class Hooks {
public:
    Hooks(const Config& config, RunnerLink& runner) : config_(config), runner_(runner) {}

    /// Those that nobody waits for are on their way when this returns. Those with wait = yes are as
    /// well, and `ended` is called when the last of them has ended, never before this returns.
    /// Gives for how long that may take at most: the sum of their limits. Nothing when there are
    /// none of them, or they cannot be run; then `ended` is not called.
    std::optional<Duration> tell(HookWhen when, const HookFacts& facts,
                                 std::function<void()> ended = {});

    const RunTally& runs() const { return runs_; }

private:
    const Config& config_;
    RunnerLink& runner_;
    RunTally runs_;
};

}  // namespace komainu
