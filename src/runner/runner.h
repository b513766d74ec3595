// The runner process: it runs what may block, so that main never does. See runner/orders.h for what
// main may order, runner/minder.h for how a run goes; here the orders of all runs come together.
//
// It has no capability, unless a command has a user of its own. A command inherits its system call
// filter.
#pragma once

#include <functional>
#include <list>
#include <optional>
#include <set>
#include <string>

#include "base/fd.h"
#include "io/loop.h"
#include "runner/config_reader.h"
#include "runner/hook_queue.h"

namespace komainu {

class Runner {
public:
    static constexpr std::size_t runs_max = 128;  ///< at once
    static constexpr Duration pgpool_pause = 1s;  ///< before its program is started anew

    /// The users are those of the start, when there were still the privileges to become others.
    Runner(Loop& loop, ConfigSource source, Users users, TakenConfig taken, Fd to_main,
           Fd to_guard);

    /// Until main is gone and nothing runs any more.
    void run();

private:
    enum class Kind : std::uint8_t {
        check,  ///< is no more awaited when main ends, as are all but hooks
        hook,
        pgpool,  ///< for nobody in main
    };
    struct Run {
        std::uint64_t id = 0;
        std::string title;
        Kind kind = Kind::check;
        Instant began;
        std::optional<ConfigFiles> files{};  ///< of one that reads the configuration
        pid_t minder = -1;
        Fd report{};
        Loop::Watch watch{};
    };
    /// What a run's process does, and how that ended.
    using Work = std::function<RunEnd(const Run&)>;

    enum class Which : std::uint8_t { checks, all };

    void on_main();
    void obey(const RunnerOrder& order);
    void check(const CheckOrder& order);
    void enqueue(const HookOrder& order);
    void run_next_hook();
    void say_farewell();
    void main_is_gone();

    void run_command(const CommandOrder& order);
    void store(const StoreOrder& order);
    void move_vip(const MoveVipOrder& order);
    void take_vips_down();
    void read_config(const ReadConfigOrder& order);
    void config_was_read(const Run& run, const RunEnd& end);
    void hand_over(std::uint64_t run, const ConfigFiles& files);
    void log_warnings(const ConfigFiles& files) const;
    void hand_to_guard(int text);
    void take_over(const TakeOverOrder& order);

    void start_pgpool();
    bool start(std::uint64_t id, const Program& program, Kind kind);
    Status begin(Run run, const Work& work);
    Status fork_minder(Run& run, const Work& work);
    void on_minder(std::list<Run>::iterator run);
    void log_end(const Run& run, const RunEnd& end) const;
    void report(std::uint64_t id, const RunEnd& end);
    void report_config(std::uint64_t id, ConfigOutcome outcome, std::string text,
                       std::span<const int> files = {});
    void stop_runs(Which which);
    void end_when_done();

    Loop& loop_;
    const ConfigSource source_;
    const Users users_;
    TakenConfig taken_;
    struct Offered {
        std::uint64_t run = 0;
        TakenConfig config;
    };
    std::optional<Offered> offered_;  ///< handed to main, which has not taken it over
    Fd to_main_;
    Fd to_guard_;  ///< who is handed the texts that are accepted, and says nothing
    Loop::Watch main_watch_;
    std::list<Run> runs_;
    HookQueue hooks_;
    std::set<std::size_t> vips_up_;  ///< those that main has ordered up, and not down since
    Loop::Timer pgpool_timer_;       ///< to start its program, anew too
    bool farewell_ = false;
};

/// The life of the runner, in a process of its own that main forked before it opened anything else.
/// The exit status: 0, or 1 when it could not start, which main has been told why
/// (RunnerFailedReport).
int run_runner(const ConfigSource& source, const Config& config, Fd to_main, Fd to_guard);

}  // namespace komainu
