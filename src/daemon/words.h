// The core's enums in the operator's words: for log lines, the status and the control socket.
#pragma once

#include <string>
#include <string_view>

#include "core/action.h"
#include "core/ledger_message.h"
#include "packet/datagram.h"
#include "packet/hello.h"
#include "runner/orders.h"

namespace komainu {

std::string_view word(Role role);        ///< "active", "standby", "witness", "down"
std::string_view word(Cause cause);      ///< "lease_lapsed"
std::string_view sentence(Cause cause);  ///< "too few nodes acknowledged in time"
std::string_view sentence(PeerNews news);
std::string_view word(Refusal refusal);  ///< "bad_tag"
std::string_view sentence(Refusal refusal);
std::string_view word(StreamRefusal refusal);  ///< "unknown_node"
std::string_view sentence(StreamRefusal refusal);
std::string_view word(BackendEventKind kind);      ///< "detach"
std::string_view word(BackendEventOrigin origin);  ///< "operator"
std::string_view word(ClusterCommand command);     ///< "failover_command"
/// "backend 1 is detached: by the operator, on node 2"
std::string sentence(const BackendEvent& event);
/// Why an event of that backend was not done.
std::string sentence(EventOutcome outcome, int backend);
std::string sentence(SwitchoverOutcome outcome, NodeId target);

}  // namespace komainu
