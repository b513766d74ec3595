// What a core wants done. The ordering contract, which the joint keeps and the simulator checks:
//
// - Actions run in list order, each to its end or into a queue that keeps the order.
// - HoldVips stores the lease before it hands the order to the guard; the guard announces only
// after
//   the kernel has acknowledged the addresses.
// - A Release, or a heartbeat that tells of it, follows the VipsDropped event of its term
// and
//   never comes before it: the VIPs are down before any message that frees them leaves.
// - HoldVips is answered by exactly one of VipsHeld and HoldFailed, or, when the guard finds the
//   lease expired meanwhile, by VipsDropped. DropVips is answered by VipsDropped. AskSwitchover
//   events are answered by exactly one AnswerSwitchover. AskArbiter is answered by at most one
//   ArbiterAnswered; only the answer to the newest question counts.
// - An ExtendLease that comes too late, when the guard has closed the lease, changes nothing; the
//   guard's VipsDropped follows as soon as the VIPs are down.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "base/time.h"
#include "core/event.h"
#include "core/message.h"

namespace komainu {

/// Why a role changes.
enum class Cause : std::uint8_t {
    elected,
    lease_lapsed,   ///< too few nodes acknowledged in time
    guard_dropped,  ///< the guard found the lease expired, or lost the VIPs
    hold_failed,    ///< the guard could not add the VIPs
    switchover,
    unhealthy,
    out_of_reach,    ///< most nodes cannot reach its service, and another's they can
    put_on_standby,  ///< by the operator
    stopping,
    rival,  ///< quorum = none or half: an active that started earlier was heard
    // While the VIPs were held without a quorum:
    quorum_back,   ///< enough nodes are free to vote again: an election follows
    other_active,  ///< another active was heard, or heard of
    rival_seen,    ///< somebody else on the LAN answers for a VIP
};

/// Begin the lease of this term, deposit its last will (Release of the term) with the guard, and
/// let the guard add and announce the VIPs.
struct HoldVips {
    Term term;
    Instant lease_until;
};
struct ExtendLease {
    Instant until;
};
struct DropVips {
    Term term;
    Cause cause = Cause::lease_lapsed;  ///< for hooks
};
/// Announce the VIPs again: somebody else held them meanwhile.
struct AnnounceVips {};

/// May this node stand though only half of the votes are to be had (quorum = half)?
struct AskArbiter {
    std::uint64_t question = 0;  ///< counts from 1
};

/// The lease of this term has lapsed, and the VIPs are kept without it (on_quorum_loss = hold).
/// A RoleChanged follows when that ends.
struct HeldWithoutQuorum {
    Term term;
};

struct Broadcast {
    std::uint64_t sequence = 0;
    Message message;
};
struct SendTo {
    NodeId to = no_node;
    std::uint64_t sequence = 0;
    Message message;
};

enum class Role : std::uint8_t { standby, active, witness, down };

/// Our own role changed; for the log and for hooks.
struct RoleChanged {
    Role from = Role::standby;
    Role to = Role::standby;
    Term term;
    Cause cause = Cause::elected;
};

enum class ActiveNews : std::uint8_t { followed, lost_silent, lost_released };

/// What we hold of the active changed, while we are not active ourselves.
struct ActiveChanged {
    Term term;
    ActiveNews news = ActiveNews::followed;
};

enum class PeerNews : std::uint8_t { up, down, restarted, left };

struct PeerChanged {
    NodeId peer = no_node;
    PeerNews news = PeerNews::up;
};

/// The cluster's pause began or ended; node: who was asked for it.
struct MaintenanceChanged {
    bool paused = false;
    NodeId node = no_node;
};

/// The active of this term is asked to hand over to us, who have the higher priority.
struct Preempting {
    Term term;
};

enum class SwitchoverOutcome : std::uint8_t {
    done,
    already_active,  ///< the target is the active
    no_active,       ///< nobody could hand over
    no_such_target,  ///< not a member, or a witness
    target_unfit,    ///< down or unhealthy
    no_standby,      ///< nobody could take over
    busy,            ///< another switchover is under way
    paused,          ///< the cluster, or a node that is concerned
    timed_out,
};

struct AnswerSwitchover {
    RequestId request{};
    SwitchoverOutcome outcome = SwitchoverOutcome::done;
    NodeId active = no_node;
};

enum class OrderOutcome : std::uint8_t {
    done,
    no_standby,  ///< this node is active, and nobody could take over
};

struct AnswerOrder {
    RequestId request{};
    OrderOutcome outcome = OrderOutcome::done;
};

/// Everything is said; the process may end.
struct Exit {};

using Action =
    std::variant<HoldVips, ExtendLease, DropVips, AnnounceVips, AskArbiter, HeldWithoutQuorum,
                 Broadcast, SendTo, RoleChanged, ActiveChanged, PeerChanged, MaintenanceChanged,
                 Preempting, AnswerSwitchover, AnswerOrder, Exit>;

/// Cleared and used again by the caller, so that a step allocates nothing once it has grown.
using ActionList = std::vector<Action>;

}  // namespace komainu
