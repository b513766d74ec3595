// What can happen to a core. Everything that it knows of the world comes in by these.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "base/time.h"
#include "core/message.h"

namespace komainu {

/// deadline() has come. Given after everything received in the same wake-up ("judge last").
struct TimerExpired {};

/// An authentic datagram of a member of this cluster.
struct Received {
    Envelope envelope;
    Message message;
};

struct HealthChanged {
    bool healthy = false;
    /// What fails is a life check, which does not count in maintenance; not this node's own means,
    /// without which it could not hold the VIPs.
    bool excusable = true;
    bool operator==(const HealthChanged&) const = default;
};

/// Whether this node reaches a peer's service from outside; it does until the first event says
/// otherwise. What makes it say so is the life check's method, and no business of the core's.
struct ReachChanged {
    NodeId peer = no_node;
    bool reached = true;
};

/// Of this node: what a service's weight takes from it, or what was configured anew.
struct PriorityChanged {
    std::uint16_t priority = 0;
};

/// The configuration was read anew; see Settings for what these mean. Nodes may take new times over
/// in any order. A longer removal shortens what is added to the lease from now on: it comes before
/// there is more to remove.
struct Reconfigured {
    Duration interval;
    Duration deadtime;  ///< remembered from now on, if it is the longest so far
    Duration removal;
    std::optional<Duration> preempt_after;
    SettingsDigests digests{};
};

/// Answers to HoldVips: the kernel has acknowledged all addresses, or they could not be added and
/// none is there.
struct VipsHeld {
    Term term;
};
struct HoldFailed {
    Term term;
};

/// The answer to DropVips. Also comes unasked, when the guard found the lease expired: then that
/// term is over.
struct VipsDropped {
    Term term;
};

enum class RequestId : std::uint64_t {};

struct SwitchoverAsked {
    RequestId request{};
    NodeId target = no_node;  ///< no_node: whoever is best
};

/// Maintenance: while paused a life check that fails costs nothing, and nobody becomes active but
/// who was it last. The end of the cluster's pause also ends this node's own.
enum class PauseScope : std::uint8_t { cluster, node };
struct PauseAsked {
    PauseScope scope = PauseScope::cluster;
    bool paused = false;
};

/// This node is to be standby, and stay it; or no longer so. Answered by AnswerOrder.
struct StandbyAsked {
    RequestId request{};
    bool standby = false;
};

/// Whether any of the trusted servers answers. None does until the first event says so.
struct TrustedServersChanged {
    bool reachable = false;
};

/// The answer to AskArbiter. It agrees if a trusted server has answered since it was asked, and
/// nobody on the LAN has answered for a VIP. What cannot be found out does not agree.
struct ArbiterAnswered {
    std::uint64_t question = 0;
    bool agrees = false;
};

/// Somebody else on the LAN answers for one of the VIPs.
struct RivalSeen {};

/// Stop orderly: hand over, say good-bye, then the Exit action.
struct StopAsked {};

using Event =
    std::variant<TimerExpired, Received, HealthChanged, ReachChanged, PriorityChanged, Reconfigured,
                 VipsHeld, HoldFailed, VipsDropped, SwitchoverAsked, PauseAsked, StandbyAsked,
                 TrustedServersChanged, ArbiterAnswered, RivalSeen, StopAsked>;

}  // namespace komainu
