// What a node knows of one peer, and how much of it is proven.
//
// A peer's words are believed from its proven incarnation only, each sequence once and never an
// older one. An incarnation is proven by echoing a sequence of ours that is newer than any that the
// peer has echoed before, and newer than all that we had sent when the incarnation before it was
// proven: neither a recording of an earlier incarnation nor a straggler of it can contain one.
// Until then we only echo it, so that it can prove itself.
#pragma once

#include <algorithm>
#include <optional>

#include "base/time.h"
#include "core/message.h"
#include "core/send_log.h"
#include "core/settings.h"

namespace komainu {

class Peer {
public:
    explicit Peer(const Member& member) : member_(member) { priority_ = member.priority; }

    enum class Verdict : std::uint8_t { fresh, restarted, unproven, stale };

    /// What a heartbeat's echo of this node tells, filled in by the node.
    struct EchoOfMe {
        std::uint64_t sequence = 0;
        std::optional<SendLog::Entry> sent;  ///< that, if we still know
        Duration held{};                     ///< how long the peer had it before it answered
        std::uint64_t newest = 0;  ///< the sequence of the newest message that we have sent
    };

    Verdict hear(const Envelope&, const Heartbeat&, const std::optional<EchoOfMe>&, Instant now,
                 Duration own_deadtime);

    /// Whether this is the proven incarnation. Enough for a vote, which is bound to its candidacy.
    bool is_proven(const Envelope& envelope) const { return envelope.incarnation == incarnation_; }

    /// For requests, which must not be replayed: proven, newer than the request before it, and not
    /// much older than the newest heartbeat. Heartbeats count by themselves, so that one which
    /// overtakes a request does not undo it.
    bool accept_request(const Envelope&);

    /// Our echo of this peer, while it has been heard within the deadtime.
    std::optional<Echo> echo(Instant now, Duration own_deadtime) const;

    /// How long its silence is borne, and how long what we promise it lasts: the longer of the two
    /// deadtimes, so that nodes whose times differ while new ones are taken over get on.
    Duration patience(Duration own_deadtime) const { return std::max(own_deadtime, deadtime_); }

    /// Whether the peer was alive and now has been silent (or deaf to us) for a deadtime.
    bool falls_silent(Instant now);

    /// Whether this is a term that it has not told of before: until now it may have held the VIPs.
    bool gives_back(const Release&);

    /// It has released its term: not a candidate until it says so in a new heartbeat.
    void step_down() { stepped_down_ = true; }

    /// Whether we reach its service. It is told to the others with our echo of the peer.
    void set_reached(bool reached) { reached_ = reached; }
    bool reached() const { return reached_; }

    /// Counts a genuine message that is not believed, since nothing proves it to be fresh.
    void count_stale() { ++stale_; }
    std::uint64_t stale() const { return stale_; }

    // --- The pledge: what this peer's promises give to our lease ------------------------------

    /// The peer has promised so that a lease may stand on it until then. Ignored while the pledges
    /// of this incarnation do not count (see pledges_count_).
    void pledge(Instant lease_until);
    /// The same by a vote, which nobody gives in quarantine.
    void pledge_by_vote(Instant lease_until) {
        pledges_count_ = true;
        pledge(lease_until);
    }
    void clear_pledge() { pledged_until_.reset(); }
    std::optional<Instant> pledged_until() const { return pledged_until_; }

    // --- What it said last ---------------------------------------------------------------------

    NodeId id() const { return member_.id; }
    const Member& member() const { return member_; }
    bool alive() const { return alive_; }
    Incarnation incarnation() const { return incarnation_; }
    const Tenancy& following() const { return following_; }
    const Conditions& conditions() const { return conditions_; }
    std::uint16_t priority() const { return priority_; }
    std::optional<Duration> round_trip() const { return round_trip_; }
    Instant dead_at() const { return dead_at_; }
    Duration remembered() const { return remembered_; }
    const SettingsDigests& digests() const { return digests_; }
    /// Whose service it does not reach.
    const NodeSet& out_of_its_reach() const { return out_of_its_reach_; }

    /// Its proven incarnation, whether it hears us or not.
    bool heard_within(Duration time, Instant now) const {
        return incarnation_ != no_incarnation && now < heard_at_ + time;
    }
    bool claims_active() const {
        return !stepped_down_ && following_.term.node == id() &&
               following_.incarnation == incarnation_;
    }
    bool could_stand() const {
        return alive_ && !stepped_down_ && conditions_.healthy && !conditions_.witness &&
               !member_.witness && !conditions_.leaving && !conditions_.on_standby;
    }
    /// At once, that is: not in quarantine.
    bool could_succeed() const { return could_stand() && !conditions_.quarantined; }
    bool would_vote() const { return alive_ && conditions_.free; }

private:
    void note_unproven(const Envelope&, Instant now, Duration deadtime);
    void become(const Envelope&, const EchoOfMe&, Instant now);
    void believe(const Heartbeat&);
    void measure(const EchoOfMe&, Instant now);

    Member member_;

    Incarnation incarnation_ = no_incarnation;  ///< the proven one
    std::uint64_t heartbeat_sequence_ = 0;      ///< of its newest heartbeat: what we echo
    std::uint64_t request_sequence_ = 0;        ///< of its newest request
    Instant heard_at_;                          ///< when that came
    std::uint64_t echoed_ = 0;  ///< another incarnation must echo a newer sequence of ours

    struct Unproven {
        Incarnation incarnation = no_incarnation;
        std::uint64_t sequence = 0;
        Instant heard_at;
    };
    Unproven unproven_;

    std::uint64_t stale_ = 0;  ///< for the status only
    bool reached_ = true;

    bool alive_ = false;
    Instant dead_at_;  ///< moves ahead, by our patience, with each fresh heartbeat that echoes us

    Tenancy following_;
    Conditions conditions_;
    std::uint16_t priority_ = 0;
    Duration deadtime_{};
    Duration remembered_{};
    SettingsDigests digests_{};
    NodeSet out_of_its_reach_;
    bool stepped_down_ = false;
    std::uint64_t given_back_ = 0;  ///< the newest round that it has released

    std::optional<Instant> pledged_until_;

    /// A peer that has just restarted may have forgotten a promise that it gave to another, so its
    /// acknowledgements count for our lease only when it is out of quarantine, or when its earlier
    /// incarnation was still bound to us: then it can have been bound to nobody else.
    bool pledges_count_ = false;

    std::optional<Duration> round_trip_;  ///< smoothed, an eighth of each new one
};

}  // namespace komainu
