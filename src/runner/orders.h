// What main and runner say to each other, one message per datagram of a SOCK_SEQPACKET pair.
//
// Main names what is to run by its place in the configuration, which the runner read itself before
// the split, and gives facts whose names are fixed here: it cannot make the runner start anything
// that the file does not name, nor with an environment of its own choice.
//
// Every CheckOrder, HookOrder, MoveVipOrder, CommandOrder and StoreOrder is answered by exactly one
// RunReport, also when the run was stopped; every ReadConfigOrder by exactly one ConfigReport.
//
// The runner is also who reads the configuration anew, as its disk may be slow. Main, guard and
// runner take over the very same text, guard and runner only when main says so. The guard is handed
// it by the runner itself (guard/config_inbox.h), before main hears of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/run_end.h"
#include "conf/config.h"
#include "conf/placeholders.h"
#include "packet/bytes.h"

namespace komainu {

inline constexpr std::size_t runner_text_bytes_max = 900;  ///< longer texts are cut off
inline constexpr std::size_t fact_bytes_max = 200;         ///< as well
inline constexpr std::size_t runner_message_bytes_max = 4096;

/// What a hook is told.
struct HookFacts {
    HookEvent event = HookEvent::active;
    std::uint64_t term = 0;   ///< the round
    NodeId active = no_node;  ///< as far as is known
    NodeId peer = no_node;    ///< whom it is about, on peer_lost
    std::string role;
    std::string old_role;
    std::string cause;               ///< one word
    std::string reason;              ///< a sentence
    std::string backend = {};        ///< its number, on backend
    std::string backend_event = {};  ///< such as "detach", on backend
    bool operator==(const HookFacts&) const = default;
};

struct CheckOrder {
    std::uint64_t run = 0;
    /// Its place in the configuration, or for another node's among services_from_outside().
    std::uint16_t service = 0;
    NodeId node = no_node;  ///< whose; no_node: this node's own
    bool operator==(const CheckOrder&) const = default;
};
/// Hooks run one at a time, in the order of these.
struct HookOrder {
    std::uint64_t run = 0;
    std::uint16_t hook = 0;  ///< its place in the configuration
    HookFacts facts;
    bool operator==(const HookOrder&) const = default;
};
/// A VIP that commands move goes up or down. Should main die, the runner takes down what is up.
struct MoveVipOrder {
    std::uint64_t run = 0;
    std::uint16_t vip = 0;  ///< its place among those that commands move
    bool up = false;
    bool operator==(const MoveVipOrder&) const = default;
};
enum class ClusterCommand : std::uint8_t { failover, failback, follow_primary };

/// One of the commands under [backends], which only the active runs.
struct CommandOrder {
    std::uint64_t run = 0;
    ClusterCommand command = ClusterCommand::failover;
    BackendChange change;
    bool operator==(const CommandOrder&) const = default;
};
/// Goes to the disk in place of what is there (runner/ledger_file.h).
struct StoreOrder {
    std::uint64_t run = 0;
    std::uint64_t generation = 0;
    std::vector<std::byte> record;
    bool operator==(const StoreOrder&) const = default;
};
/// The end of a run is no more awaited: it is ended if it is under way. For all but hooks.
struct StopOrder {
    std::uint64_t run = 0;
    bool operator==(const StopOrder&) const = default;
};
/// Main ends properly. The hooks that were ordered still run, within their time limits, and then
/// the runner ends. Without this it ends them, too, as soon as main is gone.
struct FarewellOrder {
    bool operator==(const FarewellOrder&) const = default;
};
/// The configuration and the keys are to be read anew.
struct ReadConfigOrder {
    std::uint64_t run = 0;
    bool operator==(const ReadConfigOrder&) const = default;
};
/// Places in the configuration mean those of the one that was read by this run from now on.
struct TakeOverOrder {
    std::uint64_t run = 0;
    bool operator==(const TakeOverOrder&) const = default;
};
using RunnerOrder = std::variant<CheckOrder, HookOrder, MoveVipOrder, StopOrder, FarewellOrder,
                                 ReadConfigOrder, TakeOverOrder, CommandOrder, StoreOrder>;

struct RunReport {
    std::uint64_t run = 0;
    RunEnd end;
    bool operator==(const RunReport&) const = default;
};
struct RunnerReadyReport {
    bool operator==(const RunnerReadyReport&) const = default;
};
/// The last message of a runner that cannot work.
struct RunnerFailedReport {
    std::string text;
    bool operator==(const RunnerFailedReport&) const = default;
};
enum class ConfigOutcome : std::uint8_t {
    accepted,  ///< comes with two memory files: the text of the configuration, and the keys
    refused,   ///< comes with one: a line for each problem
    failed,    ///< it could not be read in this way at all; the text says why
};
struct ConfigReport {
    std::uint64_t run = 0;
    ConfigOutcome outcome = ConfigOutcome::failed;
    std::string text;
    bool operator==(const ConfigReport&) const = default;
};
using RunnerReport = std::variant<RunReport, RunnerReadyReport, RunnerFailedReport, ConfigReport>;

/// Returns what of the room was written, which is at least runner_message_bytes_max.
Bytes encode(const RunnerOrder& order, std::span<std::byte> room);
Bytes encode(const RunnerReport& report, std::span<std::byte> room);

/// Nothing when the bytes are not exactly one message.
std::optional<RunnerOrder> decode_runner_order(Bytes bytes);
std::optional<RunnerReport> decode_runner_report(Bytes bytes);

}  // namespace komainu
