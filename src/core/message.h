// What nodes say to one another, as values. Their bytes are packet/'s business.
#pragma once

#include <cstdint>
#include <variant>

#include "base/settings_digests.h"
#include "base/static_vector.h"
#include "base/time.h"
#include "core/term.h"

namespace komainu {

/// Who says it: on every message. The sequence grows by one with each message of an incarnation.
struct Envelope {
    NodeId sender = no_node;
    Incarnation incarnation = no_incarnation;
    std::uint64_t sequence = 0;
    std::uint8_t link = 0;  ///< index of the link it travelled on
    bool operator==(const Envelope&) const = default;
};

inline constexpr std::uint32_t held_us_max = 0xff'ffff;

/// "The newest heartbeat I have of this peer", and how long ago it came. It proves that the peer's
/// own words are fresh, shows who hears whom, measures the round trip, and renews the lease.
struct Echo {
    NodeId peer = no_node;
    Incarnation incarnation = no_incarnation;
    std::uint64_t sequence = 0;
    std::uint32_t held_us = 0;  ///< held_us_max: so long, or longer
    bool out_of_reach = false;  ///< the sender cannot reach its service: see ReachChanged
    bool operator==(const Echo&) const = default;
};

struct Conditions {
    bool healthy = false;      ///< the life check of the own service passes
    bool witness = false;      ///< never holds a VIP
    bool quarantined = false;  ///< started less than a deadtime ago: neither votes nor stands
    bool free = false;         ///< bound by no promise: would vote now
    bool leaving = false;      ///< about to exit
    bool on_standby = false;   ///< the operator wants it to stay standby
    bool paused = false;       ///< maintenance, of the cluster or of this node alone
    bool operator==(const Conditions&) const = default;
};

/// "My VIPs are down; your promises to me for {round, sender} are void." Also the guard's last
/// will. It is bound to the sender's incarnation, and so needs no fresh sequence.
struct Release {
    std::uint64_t round = 0;
    NodeId successor = no_node;  ///< who should stand first, if anybody in particular
    bool operator==(const Release&) const = default;
};

/// The operator's newest wish for the whole cluster, and who was asked for it.
struct Maintenance {
    Term changed;  ///< grows with each wish
    bool paused = false;
    bool operator==(const Maintenance&) const = default;
};

struct Heartbeat {
    Term highest_term;  ///< the highest that the sender has seen
    Tenancy following;  ///< whom the sender holds to be active; an active names itself
    Release released;   ///< the newest of its own terms that it gave back; round 0: none
    std::uint16_t priority = 0;
    Conditions conditions;
    Maintenance maintenance;
    Duration deadtime{};    ///< for how long at least it is promised to by who hears this
    Duration remembered{};  ///< see Settings
    SettingsDigests digests{};
    StaticVector<Echo, nodes_max> echoes;  ///< ascending by peer
    bool operator==(const Heartbeat&) const = default;
};

/// A candidate asks for votes. The term is {round, sender}.
struct VoteRequest {
    std::uint64_t round = 0;
    Duration deadtime{};  ///< as in a heartbeat
    bool operator==(const VoteRequest&) const = default;
};

enum class VoteAnswer : std::uint8_t { refused, granted };

/// A granted vote is a promise: no vote for another until a deadtime after the request was heard,
/// the candidate's or the voter's own, whichever is longer.
struct Vote {
    Tenancy candidate;
    VoteAnswer answer = VoteAnswer::refused;
    Term highest_term;      ///< so that a refused candidate can open a higher one
    Duration remembered{};  ///< as in a heartbeat
    bool operator==(const Vote&) const = default;
};

/// A standby's operator asks the active to hand over.
struct SwitchoverRequest {
    Tenancy active;
    NodeId target = no_node;  ///< no_node: the active chooses
    bool operator==(const SwitchoverRequest&) const = default;
};

using Message = std::variant<Heartbeat, VoteRequest, Vote, Release, SwitchoverRequest>;

}  // namespace komainu
