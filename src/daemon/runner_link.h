// Main's end of the runner: orders go out, ends of runs come in.
//
// Main cannot fork another runner. When it dies, its runs count as not started, and every later one
// as well, so that checks fail and hooks are missed, each with a line of the log; the VIPs stay
// where they are until a check's `fall` says otherwise.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/fd.h"
#include "check/commands.h"
#include "io/loop.h"
#include "runner/orders.h"

namespace komainu {

class RunnerLink final : public Commands {
public:
    /// Nothing to run, and so no runner: without a socket.
    RunnerLink(Loop& loop, std::optional<Fd> socket);

    std::optional<RunId> start(std::size_t service, Ended ended) override;
    void stop(RunId run) override;
    std::string_view trouble() const override { return trouble_; }

    /// Like start(), of a hook. The runner runs it when all that were ordered before have ended.
    std::optional<RunId> tell(std::size_t hook, const HookFacts& facts, Ended ended);

    /// Main ends properly: what hooks were ordered still run.
    void say_farewell();

    std::size_t under_way() const { return runs_.size(); }

private:
    static constexpr std::size_t runs_max = 256;  ///< checks, and hooks that wait in the runner

    std::optional<RunId> order(std::uint64_t run, const RunnerOrder& order, Ended ended);
    void on_ready();
    void on_message(Bytes message);
    void lose(std::string_view trouble);

    std::optional<Fd> socket_;
    Loop::Watch watch_;
    std::string trouble_;
    std::uint64_t newest_run_ = 0;
    std::map<RunId, Ended> runs_;
};

}  // namespace komainu
