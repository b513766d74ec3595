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
#include "io/message_channel.h"
#include "runner/orders.h"

namespace komainu {

class RunnerLink final : public Commands {
public:
    RunnerLink(Loop& loop, Fd socket);

    std::optional<RunId> start(std::size_t service, Ended ended) override {
        return check(no_node, service, std::move(ended));
    }
    /// Like start(), of another node's service, by its place among services_from_outside().
    std::optional<RunId> check(NodeId node, std::size_t service, Ended ended);
    void stop(RunId run) override;
    std::string_view trouble() const override { return trouble_; }

    /// Like start(), of a hook. The runner runs it when all that were ordered before have ended.
    std::optional<RunId> tell(std::size_t hook, const HookFacts& facts, Ended ended);

    /// Like start(), of the command that puts up a VIP which commands move, or takes it down.
    std::optional<RunId> move_vip(std::size_t vip, bool up, Ended ended);

    /// Like start(), of one of the cluster's commands.
    std::optional<RunId> run_command(ClusterCommand command, const BackendChange& change,
                                     Ended ended);

    /// Has the record put on the disk, as this run's.
    std::optional<RunId> store(std::uint64_t generation, Bytes record, Ended ended);

    /// Called exactly once, and never before the reading has returned. The descriptors may be
    /// taken.
    using ConfigRead = std::function<void(const ConfigReport&, Descriptors&)>;

    /// Has the configuration read anew. One reading at a time; stop() ends it as it ends a run.
    std::optional<RunId> read_config(ConfigRead read);
    /// Places mean those of the configuration that was read by this run from now on.
    /// False when the runner cannot be told, and goes on with what it had.
    bool take_over(RunId run);

    /// Main ends properly: what hooks were ordered still run.
    void say_farewell();

    std::size_t under_way() const { return runs_.size(); }

private:
    static constexpr std::size_t runs_max = 256;  ///< checks, and hooks that wait in the runner

    std::optional<RunId> order(std::uint64_t run, const RunnerOrder& order, Ended ended);
    bool send(const RunnerOrder& order);
    void on_ready();
    void on_message(Bytes message, Descriptors& descriptors);
    void run_ended(const RunReport& report);
    void config_was_read(const ConfigReport& report, Descriptors& descriptors);
    void lose(std::string_view trouble);

    Fd socket_;  ///< none any more: the runner is gone, or main is going
    Loop::Watch watch_;
    std::string trouble_;
    std::uint64_t newest_run_ = 0;
    std::map<RunId, Ended> runs_;
    struct Reading {
        RunId run;
        ConfigRead read;
    };
    std::optional<Reading> reading_;
};

}  // namespace komainu
