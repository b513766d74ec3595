// What a check needs of the runner: to have its service's program run outside of this process, and
// to hear how that ended. The daemon's RunnerLink is one; tests have others.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "base/run_end.h"

namespace komainu {

enum class RunId : std::uint64_t {};

class Commands {
public:
    /// Called exactly once, and never before the start has returned.
    using Ended = std::function<void(const RunEnd&)>;

    virtual ~Commands() = default;

    /// Begins a run of what the configuration has the service ask, by its place among the services.
    /// The runner ends it at the service's time-out. Nothing when nobody can run it: then trouble()
    /// says why.
    virtual std::optional<RunId> start(std::size_t service, Ended ended) = 0;

    /// Ends the run, if it has not ended; `ended` is not called any more.
    virtual void stop(RunId run) = 0;

    virtual std::string_view trouble() const = 0;
};

}  // namespace komainu
