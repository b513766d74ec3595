// The runner process: it runs what may block, so that main never does. See runner/orders.h for what
// main may order, runner/minder.h for how a run goes; here the orders of all runs come together.
//
// It has no capability, unless a command has a user of its own. A command inherits its system call
// filter.
#pragma once

#include <list>

#include "base/fd.h"
#include "conf/config.h"
#include "io/loop.h"
#include "runner/hook_queue.h"
#include "runner/program.h"

namespace komainu {

class Runner {
public:
    static constexpr std::size_t runs_max = 64;  ///< at once

    Runner(Loop& loop, const Programs& programs, Fd to_main);

    /// Until main is gone and nothing runs any more.
    void run();

private:
    struct Run {
        std::uint64_t id = 0;
        std::string title;
        bool is_hook = false;
        Instant began;
        pid_t minder = -1;
        Fd report{};
        Loop::Watch watch{};
    };

    enum class Which : std::uint8_t { checks, all };

    void on_main();
    void obey(const RunnerOrder& order);
    void check(const CheckOrder& order);
    void enqueue(const HookOrder& order);
    void run_next_hook();
    void say_farewell();
    void main_is_gone();

    bool start(std::uint64_t id, const Program& program, bool is_hook);
    Status fork_minder(const Program& program, Run& run);
    void on_minder(std::list<Run>::iterator run);
    void log_hook(const Run& run, const RunEnd& end) const;
    void report(std::uint64_t id, const RunEnd& end);
    void stop_runs(Which which);
    void end_when_done();

    Loop& loop_;
    const Programs& programs_;
    Fd to_main_;
    Loop::Watch main_watch_;
    std::list<Run> runs_;
    HookQueue hooks_;
    bool farewell_ = false;
};

/// The life of the runner, in a process of its own that main forked before it opened anything else.
/// The exit status: 0, or 1 when it could not start, which main has been told why
/// (RunnerFailedReport).
int run_runner(const Config& config, Fd to_main);

}  // namespace komainu
