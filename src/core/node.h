// One node of the cluster: what it believes, and what it therefore does. Pure: no clock, no socket,
// no file, no log; the same state and the same input always give the same output.
//
// Why two nodes never hold the VIPs at one instant (quorum = majority, on_quorum_loss = release),
// in five sentences:
//
// 1. A node is bound by at most one promise at a time: to the active that it follows, to the
//    candidate that it voted for, or to itself; it gives no other before that one has run out or
//    was released by the tenancy it was given to.
// 2. A node that has just started may have forgotten a promise, so for as long as any may last it
//    votes for nobody, and its acknowledgements count for an active only if its forgotten promise,
//    if any, was given to that very active (core/peer.h).
// 3. A lease stands on promises of a majority and ends before the first of those it stands on
//    does, since it counts from the sending of what the others promised on hearing.
// 4. Two majorities share a node.
// 5. The VIPs are up only while a lease stands: the end of the lease is the end that the guard, the
//    fence and the kernel know.
//
// The terms order tenancies and name them; they carry none of this safety.
//
// The other rules give up one of these sentences each, and nothing else. quorum = half gives up the
// fourth: two halves share nobody, and the arbiter's word stands in for it (node_arbiter.cpp).
// quorum = none gives up the third. on_quorum_loss = hold gives up the fifth: a node may hold the
// VIPs when its lease is over, and then neither claims to be active nor votes (node_hold.cpp); the
// leases themselves stay as exclusive as the quorum rule makes them, and from the next election on
// its winner holds the VIPs by one.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "core/action.h"
#include "core/event.h"
#include "core/peer.h"
#include "core/random.h"
#include "core/ranking.h"
#include "core/send_log.h"
#include "core/settings.h"

namespace komainu {

class Node {
public:
    /// A node that starts at `now`, which is when its quarantine begins.
    Node(Settings settings, Instant now);

    /// Takes in one event and appends what is to be done. Begins by asking whether the lease has
    /// run out by now. `now` never goes back, and is not before what it tells of: the clock is read
    /// after a datagram was received, or a promise would end before the lease that stands on it.
    void step(Instant now, const Event& event, ActionList& actions);

    /// When to step with TimerExpired if nothing else happens.
    Instant deadline() const;

    // --- For those who look --------------------------------------------------------------------

    Role role() const;
    bool healthy() const { return healthy_; }
    /// As the life check says; a pause keeps what was good (see healthy()).
    const HealthChanged& reported_health() const { return reported_; }
    bool on_standby() const { return on_standby_; }
    bool paused() const;  ///< the cluster, or this node alone
    const Maintenance& maintenance() const { return maintenance_; }
    bool quarantined() const { return quarantine_until_.has_value(); }
    /// The active as far as this node knows, itself included; empty when there is none.
    Tenancy active() const;
    Term highest_term() const { return highest_term_; }
    /// Whether as many votes as an active needs are within earshot, this node's included.
    bool has_quorum() const;
    int votes_within_earshot() const;
    /// As things stand: with quorum = half fewer while a trusted server answers.
    int votes_needed() const;
    /// Whether this node holds the VIPs without a lease (on_quorum_loss = hold). Its role is active
    /// then, but active() is not this node, and nobody follows it.
    bool stale() const { return stale_.has_value(); }
    bool vips_held() const { return vips_ == Vips::up; }
    bool vips_down() const { return vips_ == Vips::down; }
    std::optional<Instant> lease_until() const;
    const Settings& settings() const { return settings_; }
    const std::vector<Peer>& peers() const { return peers_; }
    const Member& member() const { return member_; }
    const Peer* find(NodeId) const;  ///< null: no peer
    /// Those within earshot, perhaps this one among them, who cannot reach the node's service.
    NodeSet out_of_reach_of(NodeId) const;
    /// A peer's role as this node sees it.
    Role role_of(const Peer&) const;

    struct Promise {
        Tenancy to;
        /// No vote for another before this. Moves ahead with each heartbeat of the followed active,
        /// never back; set by a vote from the hearing of its request.
        Instant withhold_votes_until;
    };
    /// By whom this node is bound; it may have run out since the last step.
    const std::optional<Promise>& promise() const { return promise_; }

private:
    // --- node.cpp: the peers, the heartbeats -----------------------------------------------------
    void on(const TimerExpired&);
    void on(const Received&);
    void on(const Reconfigured&);
    void on(const StopAsked&);
    void hear(const Envelope&, const Heartbeat&);
    void hear(const Envelope&, const VoteRequest&);
    void hear(const Envelope&, const Vote&);
    void hear(const Envelope&, const Release&);
    void hear(const Envelope&, const SwitchoverRequest&);
    void judge_peers();
    void judge_quarantine();
    void judge_heartbeat();
    Heartbeat compose_heartbeat() const;
    Duration heartbeat_interval() const;
    void send_heartbeat();
    void heartbeat_now() { next_heartbeat_at_ = now_; }
    void judge_departure();
    std::optional<Peer::EchoOfMe> echo_of_me(const Heartbeat&) const;
    /// How long a lease lasts after the sending of what was acknowledged, by whose promise counts
    /// for so long.
    Duration lease_span(Duration promise) const {
        return komainu::lease_span(promise, settings_.removal);
    }
    void report(const Peer&, bool was_alive, Peer::Verdict);
    void broadcast(Message message) { act(Broadcast{++sequence_, std::move(message)}); }
    void send(NodeId to, Message message) { act(SendTo{to, ++sequence_, std::move(message)}); }
    Peer* find(NodeId);
    void act(Action action) { actions_->push_back(std::move(action)); }

    // --- node_following.cpp: promises and whom to follow ----------------------------------------
    void consider_active(Peer&);
    void promise(const Tenancy&, Duration);
    bool consider_release(const Peer&, Incarnation, const Release&);
    void stop_following(ActiveNews);
    void judge_promise();
    bool promised_to_other(const Tenancy&) const;
    bool free_to_vote() const;

    // --- node_election.cpp: standing and voting -------------------------------------------------
    void judge_candidacy();
    void judge_standing();
    void stand();
    void ask_for_votes();
    void give_up_candidacy();
    VoteAnswer vote_for(const Tenancy&, Duration promise);
    bool quorum_is_free() const;
    int free_votes() const;
    std::optional<Instant> stand_at() const;
    Duration stagger() const;
    void count_votes();
    bool eligible() const;
    int places_behind() const;
    Standing own_standing() const;
    Standing standing_of(const Peer&) const;
    /// The best of those that could become active at once and are acceptable besides.
    template <class Acceptable>
    const Peer* best_successor(Acceptable acceptable) const;
    const Peer* best_successor() const;

    // --- node_arbiter.cpp: exactly half of the votes --------------------------------------------
    void on(const TrustedServersChanged&);
    void on(const ArbiterAnswered&);
    int votes_without_arbiter() const;
    bool needs_arbiter() const { return free_votes() < votes_without_arbiter(); }
    bool arbiter_agrees() const;
    void ask_arbiter();
    void forget_arbiter();
    bool holds_by_majority() const;

    // --- node_tenure.cpp: being active ----------------------------------------------------------
    void on(const VipsHeld&);
    void on(const HoldFailed&);
    void on(const VipsDropped&);
    void begin_tenure();
    void check_lease();
    void extend_lease();
    std::optional<Instant> lease_by(int votes) const;
    void hand_over(Cause, NodeId successor);
    void end_tenure(Cause);
    void give_back(Term, Cause);
    void release(Term, NodeId successor);
    void consider_rival(const Peer&);
    void announce_after(Peer&, const Release&);

    // --- node_hold.cpp: holding the VIPs without a quorum ---------------------------------------
    void on(const RivalSeen&);
    void hold_without_quorum();
    void extend_hold();
    void consider_hold(const Peer&, const std::optional<Peer::EchoOfMe>&);
    void judge_hold();
    void end_hold(Cause);

    // --- node_operator.cpp: maintenance, standby, what the life check and the weights say --------
    void on(const HealthChanged&);
    void on(const PriorityChanged&);
    void on(const PauseAsked&);
    void on(const StandbyAsked&);
    void hear_maintenance(const Maintenance&);
    void take_over(const Maintenance&);
    void operator_changed();
    void count_health();
    bool may_stand_while_paused(NodeId) const;
    bool could_stand(const Peer&) const;

    // --- node_reach.cpp: services that others do not reach ---------------------------------------
    void on(const ReachChanged&);
    bool is_majority(const NodeSet&) const;
    bool is_out_of_reach(NodeId) const;
    bool is_better_reached(NodeId a, NodeId b) const;
    /// The VIPs would leave a service that can be reached for one that cannot.
    bool would_lose_reach(NodeId to) const;
    void judge_reach();

    // --- node_preempt.cpp: a higher priority than the active's ----------------------------------
    void judge_preemption();
    bool wants_to_preempt() const;

    // --- node_switchover.cpp: the operator's wish -----------------------------------------------
    void on(const SwitchoverAsked&);
    std::optional<SwitchoverOutcome> objection_to(NodeId target) const;
    void judge_switchover();
    void answer_switchover(SwitchoverOutcome);

    Settings settings_;
    Member member_;
    Tenancy myself_in(std::uint64_t round) const {
        return {{round, settings_.self}, settings_.incarnation};
    }
    Random random_;
    std::vector<Peer> peers_;
    std::array<std::uint8_t, nodes_max + 1> place_of_{};  ///< 1 + index into peers_; 0: not a peer

    Instant now_;                    ///< of the current step
    ActionList* actions_ = nullptr;  ///< of the current step

    std::uint64_t sequence_ = 0;  ///< of the newest message sent
    SendLog sent_;
    bool healthy_ = false;      ///< as far as it counts: see count_health()
    HealthChanged reported_;    ///< by the life check
    bool on_standby_ = false;   ///< by the operator
    bool paused_here_ = false;  ///< this node alone
    Maintenance maintenance_;   ///< of the cluster
    bool leaving_ = false;      ///< asked to stop
    bool farewell_ = false;     ///< the heartbeat that is being composed is the last one
    bool judge_due_ = true;     ///< something happened that the next TimerExpired must look at

    Term highest_term_;
    Tenancy following_;  ///< the active, when it is another; implies a promise to it

    std::optional<Promise> promise_;

    struct Candidacy {
        Term term;
        Instant requested_at;  ///< of the first request: the lease counts from here
        Duration deadtime;     ///< for which a promise was asked
        Instant ask_again_at;  ///< requests may be lost
        Instant give_up_at;    ///< half a lease later, so that a won lease is worth having
        NodeSet votes;
    };
    std::optional<Candidacy> candidacy_;

    struct Tenure {
        Term term;
        Instant lease_until;  ///< moves ahead with acknowledgements, never once it has passed
        /// Until when the guard keeps the VIPs if it hears nothing more: the end of the lease. With
        /// on_quorum_loss = hold it moves ahead with our own heartbeats.
        Instant vips_until;
        bool handing_over = false;
        Cause cause = Cause::elected;  ///< why it is handed over
        NodeId successor = no_node;
    };
    std::optional<Tenure> tenure_;

    /// The VIPs are up and the tenure that raised them has lapsed (on_quorum_loss = hold).
    struct Stale {
        Term term;
        Instant since;
        Instant vips_until;  ///< moves ahead with our heartbeats, never once it has passed
        NodeSet back;        ///< peers that have answered what was sent since
    };
    std::optional<Stale> stale_;  ///< never beside tenure_

    bool trusted_reachable_ = false;  ///< a trusted server answers
    struct Arbitration {
        std::uint64_t question = 0;  ///< the newest
        bool awaited = false;        ///< its answer has not come, and matters
        Instant agrees_until;        ///< how long its yes is good for; moves with each yes
        Instant ask_not_before;      ///< moves with each question and each answer
    };
    Arbitration arbitration_;

    enum class Vips : std::uint8_t { down, raising, up, lowering };
    Vips vips_ = Vips::down;
    std::optional<Term> unreleased_;  ///< a tenure that lapsed, whose VIPs are being lowered
    Release released_;                ///< repeated in every heartbeat, since a datagram may be lost

    /// Set by quorum = majority or none alike: from the start for as long as a promise that the run
    /// before has given may last.
    std::optional<Instant> quarantine_until_;
    /// The next heartbeat: each interval for an active or without one; on hearing the active for a
    /// standby, with a fallback at one and a half intervals.
    Instant next_heartbeat_at_;
    /// Since when as many nodes are free to vote as it takes; unset while they are not.
    std::optional<Instant> quorum_free_since_;
    /// Not before this, after a candidacy that failed.
    Instant stand_not_before_;
    /// The kernel refused the addresses: not eligible before this.
    std::optional<Instant> unfit_until_;
    struct Preferred {
        NodeId node;
        Instant until;
    };
    std::optional<Preferred> preferred_;  ///< the successor that the last active named
    std::optional<Instant> exit_at_;      ///< leaving: wait no longer than this for a successor

    struct PendingSwitchover {
        RequestId request;
        Tenancy from;
        NodeId target;
        Instant ask_again_at;
        Instant give_up_at;
    };
    std::optional<PendingSwitchover> switchover_;
    /// Since when another's service is reached by most, and ours is not; unset while we need not
    /// go.
    std::optional<Instant> reach_lost_at_;
    std::optional<Instant> preempt_at_;  ///< when to ask (again); unset while there is no reason
};

template <class Acceptable>
const Peer* Node::best_successor(Acceptable acceptable) const {
    const Peer* best = nullptr;
    for (const Peer& peer : peers_)
        if (could_stand(peer) && peer.could_succeed() && acceptable(peer.id()) &&
            (!best || goes_before(standing_of(peer), standing_of(*best))))
            best = &peer;
    return best;
}

}  // namespace komainu
