// The joint of the agreement about the backends (core/ledger.h): what the streams, the disk, the
// checks, the operator and the commands bring becomes an event of the ledger, its actions become
// their calls. It decides nothing.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "conf/config.h"
#include "core/ledger.h"
#include "core/random.h"
#include "daemon/control_request.h"
#include "daemon/counters.h"
#include "daemon/peer_streams.h"
#include "daemon/runner_link.h"
#include "io/stream_server.h"
#include "runner/ledger_file.h"

namespace komainu {

class Backends {
public:
    /// With so many clients at a time that wait for a change. One that waits is answered after
    /// this long at the latest.
    static constexpr std::size_t watchers_max = 8;
    static constexpr Duration watch_max = 1s;

    struct Handlers {
        /// An event counts from now on, and is to be told to the hooks.
        std::function<void(const BackendEvent&)> applied;
        /// Its checks have to fail anew to count as failed.
        std::function<void(int backend)> pardon;
        std::function<void(ClientId, std::string line)> reply;
    };

    Backends(Loop& loop, const Config& config, RunnerLink& runner, PeerStreams& streams,
             LedgerFile file, std::uint64_t seed, Handlers handlers);

    void step(const LedgerEvent& event);
    /// May be said as often as one likes: with every datagram, for instance.
    void active_is(NodeId node);

    // --- What a client asks ---------------------------------------------------------------------

    void submit(ClientId client, const AskBackend& asked);
    void list(ClientId client, const AskBackends& asked);
    void history(ClientId client);

    // --- For those who look ---------------------------------------------------------------------

    nlohmann::json list_json() const;
    const Ledger& ledger() const { return ledger_; }
    /// Why nothing can be stored on this node; empty: it can.
    const std::string& disk_trouble() const { return disk_trouble_; }
    /// Events of that kind that this node has applied since it started.
    std::uint64_t applied(BackendEventKind kind) const {
        return applied_[static_cast<std::size_t>(kind)];
    }
    const RunTally& runs() const { return runs_; }  ///< of the cluster's commands, on this node
    /// Since when the command that is next has not ended, as far as this node knows; nothing when
    /// none is to run.
    std::optional<Instant> command_since() const { return command_since_; }
    /// In words, when the last command that ended has failed, and not long ago; else empty.
    std::string failed_command() const;

private:
    void run_step(const LedgerEvent& event);
    void follow_command();
    void perform(const LedgerAction& action);
    void store();
    void stored(const RunEnd& end);
    void apply(const ApplyEntry& apply);
    void answer(const AnswerEvent& answer);
    void run(const RunCommand& command);
    void run_next();
    void command_ended(const RunEnd& end);
    void stop_command();
    std::string revision() const;
    void answer_watchers();
    nlohmann::json answer_json() const;

    Loop& loop_;
    const Config& config_;
    RunnerLink& runner_;
    PeerStreams& streams_;
    const std::uint64_t generation_;
    Random random_;
    const Handlers handlers_;
    Ledger ledger_;
    NodeId active_ = no_node;  ///< as the ledger was told
    Loop::Timer timer_;
    Loop::Timer watch_timer_;

    LedgerActions actions_;
    bool stepping_ = false;
    std::vector<LedgerEvent> consequences_;

    std::string disk_trouble_;
    std::array<std::uint64_t, backend_event_kinds> applied_{};
    RunTally runs_;
    std::optional<std::uint64_t> next_command_;  ///< the index of its event
    std::optional<Instant> command_since_;       ///< moves when another is next
    struct Submitted {
        ClientId client;
        EventId event;
        AskBackend asked;
    };
    std::vector<Submitted> submitted_;  ///< events that clients wait for
    struct Watcher {
        ClientId client;
        std::string revision;  ///< that it has
        Instant since;
    };
    std::vector<Watcher> watchers_;

    /// The command of an entry: one run, or for follow_primary one for each of the others.
    struct Running {
        std::uint64_t index = 0;
        ClusterCommand command = ClusterCommand::failover;
        std::vector<BackendChange> left;  ///< the last is next
        std::optional<RunId> run;
        int status = 0;                        ///< of the first that has failed, or 0
        std::optional<std::uint8_t> promotes;  ///< if it succeeds
    };
    std::optional<Running> running_;
};

}  // namespace komainu
