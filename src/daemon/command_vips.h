// The VIPs that commands move, in a cloud for instance: the runner runs the commands, and here is
// awaited what becomes of all of them together. They go up when the guard has put up its own, and
// down when it has taken its own down, so that for the core both are one.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "conf/config.h"
#include "daemon/runner_link.h"
#include "io/loop.h"

namespace komainu {

class CommandVips {
public:
    CommandVips(Loop& loop, RunnerLink& runner, const Config& config);

    /// Calls `done` once all are up, or could not be put up, with the reason; perhaps before this
    /// returns. Not at all when they are to go down before that.
    using Raised = std::function<void(const std::string& trouble)>;
    void raise(Raised done);

    /// Calls `done` once the commands that take down what is up, or may be, have ended; perhaps
    /// before this returns. One that fails is told in the log, and nobody waits for it: whoever
    /// takes over takes the address away.
    void lower(std::function<void()> done);

    bool is_up(std::size_t vip) const { return vips_[vip].state == State::up; }

private:
    enum class State : std::uint8_t { down, raising, up, lowering };
    struct Vip {
        State state = State::down;
        std::optional<RunId> run;
    };

    void start(std::size_t vip, bool up);
    void ended(std::size_t vip, bool up, const std::string& trouble);
    void go_on();
    void give_up();
    bool any(State state) const;

    Loop& loop_;
    RunnerLink& runner_;
    const Config& config_;
    std::vector<Vip> vips_;
    std::string trouble_;  ///< the first, while raising
    Raised raised_;
    std::vector<std::function<void()>> lowered_;
    Loop::Timer limit_;  ///< the runner should have said something by then
};

}  // namespace komainu
