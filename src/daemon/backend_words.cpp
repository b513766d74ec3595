// What is said of the backends.
#include <fmt/format.h>

#include "base/assert.h"
#include "conf/names.h"
#include "daemon/words.h"

namespace komainu {

std::string_view word(BackendEventKind kind) {
    switch (kind) {
        case BackendEventKind::detach:
            return "detach";
        case BackendEventKind::attach:
            return "attach";
        case BackendEventKind::promote:
            return "promote";
        case BackendEventKind::recovery_start:
            return "recovery-start";
        case BackendEventKind::recovery_end:
            return "recovery-end";
        case BackendEventKind::command_ended:
            return "command-ended";
    }
    assertion_failed("kind is a BackendEventKind", __FILE__, __LINE__);
}

std::string_view word(BackendEventOrigin origin) {
    switch (origin) {
        case BackendEventOrigin::operator_:
            return "operator";
        case BackendEventOrigin::pgpool:
            return "pgpool";
        case BackendEventOrigin::reports:
            return "reports";
        case BackendEventOrigin::active:
            return "active";
    }
    assertion_failed("origin is a BackendEventOrigin", __FILE__, __LINE__);
}

std::string_view word(ClusterCommand command) {
    switch (command) {
        case ClusterCommand::failover:
            return "failover_command";
        case ClusterCommand::failback:
            return "failback_command";
        case ClusterCommand::follow_primary:
            return "follow_primary_command";
    }
    assertion_failed("command is a ClusterCommand", __FILE__, __LINE__);
}

namespace {

std::string what(const BackendEvent& event) {
    switch (event.kind) {
        case BackendEventKind::detach:
            return fmt::format("backend {} is detached", event.backend);
        case BackendEventKind::attach:
            return fmt::format("backend {} is attached", event.backend);
        case BackendEventKind::promote:
            return fmt::format("backend {} is the primary", event.backend);
        case BackendEventKind::recovery_start:
            return fmt::format("online recovery of backend {} begins", event.backend);
        case BackendEventKind::recovery_end:
            return fmt::format("online recovery of backend {} is over", event.backend);
        case BackendEventKind::command_ended:
            return fmt::format("the command of event {}, for backend {}, has ended with {}",
                               event.ended, event.backend, event.status);
    }
    assertion_failed("event.kind is a BackendEventKind", __FILE__, __LINE__);
}

std::string who(const BackendEvent& event) {
    const int node = number(event.id.origin);
    switch (event.origin) {
        case BackendEventOrigin::operator_:
            return fmt::format("by the operator, on node {}", node);
        case BackendEventOrigin::pgpool:
            return fmt::format("by the pgpool-II of node {}", node);
        case BackendEventOrigin::active:
            return fmt::format("says node {}, which is active", node);
        case BackendEventOrigin::reports:
            break;
    }
    std::string nodes;
    for (int i = 1; i <= nodes_max; ++i)
        if (event.reporters.contains(NodeId{static_cast<std::uint8_t>(i)}))
            nodes += fmt::format("{}{}", nodes.empty() ? "" : ", ", i);
    return fmt::format("nodes {} find it down", nodes);
}

}  // namespace

std::string sentence(const BackendEvent& event) { return what(event) + ": " + who(event); }

std::string sentence(EventOutcome outcome, int backend) {
    switch (outcome) {
        case EventOutcome::done:
            return "it is done";
        case EventOutcome::already_so:
            return "it is so already";
        case EventOutcome::is_down:
            return fmt::format("backend {} is detached; attach it first", backend);
        case EventOutcome::is_up:
            return fmt::format(
                "backend {} is attached, and online recovery is for one that is "
                "not; detach it first",
                backend);
        case EventOutcome::other_recovery:
            return "another backend is in online recovery, and there is one at a time";
        case EventOutcome::no_recovery:
            return fmt::format("backend {} is not in online recovery", backend);
        case EventOutcome::busy:
            return "too many events wait to be stored, or their commands to be run; try again "
                   "later";
        case EventOutcome::no_active:
            return "nothing was changed: there is no active node, or no quorum of nodes has it "
                   "stored; wait for longer, or see komainuctl status";
        case EventOutcome::timed_out:
            return "no quorum has stored it yet, and it may still be; look at komainuctl backend "
                   "history, or ask again with the same key";
    }
    assertion_failed("outcome is an EventOutcome", __FILE__, __LINE__);
}

}  // namespace komainu
