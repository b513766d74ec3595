// What a client of the control socket may ask, and what it is told: one JSON object a line each
// way. Pure functions over text; what is done about a request is the daemon's business.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <variant>

#include "base/ids.h"
#include "base/result.h"
#include "core/backend_table.h"
#include "core/event.h"

namespace komainu {

/// {"command":"status"}
struct AskStatus {
    bool operator==(const AskStatus&) const = default;
};
/// {"command":"metrics"}
struct AskMetrics {
    bool operator==(const AskMetrics&) const = default;
};
/// {"command":"switchover","node":2}
struct AskSwitchover {
    NodeId target = no_node;  ///< no_node: to whom the active thinks best
    bool operator==(const AskSwitchover&) const = default;
};
/// {"command":"pause","scope":"node"}, and "resume". The scope may also be "cluster", which it is
/// when it is missing.
struct AskPause {
    PauseScope scope = PauseScope::cluster;
    bool paused = true;
    bool operator==(const AskPause&) const = default;
};
/// {"command":"standby"} and {"command":"unstandby"}: this node.
struct AskStandby {
    bool standby = true;
    bool operator==(const AskStandby&) const = default;
};
/// {"command":"reload"}: of this node. Refused with "details", a line for each problem of the file.
struct AskReload {
    bool operator==(const AskReload&) const = default;
};
/// {"command":"report","node":2,"alive":false}
struct AskReport {
    NodeId node = no_node;
    bool alive = true;
    bool operator==(const AskReport&) const = default;
};
/// {"command":"backend","event":"detach","id":0,"key":"16 hex digits","origin":"pgpool",
/// "wait_ms":5000}. Key, origin and wait may be missing. With the same key on a retry it is done
/// once.
struct AskBackend {
    BackendEventKind kind = BackendEventKind::detach;
    int backend = 0;
    std::uint64_t key = 0;  ///< 0: none
    BackendEventOrigin origin = BackendEventOrigin::operator_;
    Duration wait = 2s;  ///< for an active node and a quorum
    bool operator==(const AskBackend&) const = default;
};
/// {"command":"backends","after":"REVISION"}: answered at once when the revision is another, else
/// when it has changed, and after a second in any case.
struct AskBackends {
    std::string after;
    bool operator==(const AskBackends&) const = default;
};
/// {"command":"backend-history"}
struct AskBackendHistory {
    bool operator==(const AskBackendHistory&) const = default;
};
/// {"command":"pgpool","in_line":false,"why":"a sentence","caution":"a sentence"}: by the link to
/// pgpool-II.
struct AskPgpool {
    std::string trouble = {};  ///< empty: it is in line
    std::string caution = {};  ///< what else an operator should know
    bool operator==(const AskPgpool&) const = default;
};
using ControlRequest =
    std::variant<AskStatus, AskMetrics, AskSwitchover, AskPause, AskStandby, AskReload, AskReport,
                 AskBackend, AskBackends, AskBackendHistory, AskPgpool>;

/// Whether whoever asks this changes nothing.
bool only_looks(const ControlRequest& request);

/// The line comes without its newline. The error is a sentence for whoever asked.
Result<ControlRequest> read_control_request(std::string_view line);

/// One line, without its newline. What is no text in the answer (a path need not be UTF-8) is
/// replaced: an answer must not end the daemon.
std::string answer_line(const nlohmann::json& answer);
/// {"ok":false,"error":"why"}
std::string refusal_line(std::string_view why);

}  // namespace komainu
