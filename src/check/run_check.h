// Asks about a service by running a program, outside of this process: exit status 0 is a success.
// Which program that is, is between the configuration and the runner (src/runner/program.h).
#pragma once

#include <optional>
#include <string>

#include "check/check.h"
#include "check/commands.h"

namespace komainu {

class RunCheck final : public Check {
public:
    /// `place` is the service's among the services of the configuration.
    RunCheck(Loop& loop, Commands& commands, std::size_t place, const ServiceConfig& service,
             CheckReport report);
    ~RunCheck() override;

    void start() override { run(); }

    /// How long after its time-out the end of a run is awaited.
    static constexpr Duration answer_slack = 2s;

private:
    void run();
    void on_timer();
    void finish(Verdict verdict, std::string reason, bool timed_out);

    Loop& loop_;
    Commands& commands_;
    std::size_t place_;
    Duration interval_;
    Duration timeout_;
    CheckReport report_;

    std::string reason_;
    std::optional<RunId> run_;  // while one is under way
    Instant run_next_at_;       // an interval after the last run began
    Loop::Timer timer_;  // the beginning of the next run, or when this one is no more awaited
};

}  // namespace komainu
