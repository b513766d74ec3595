// What must hold at every instant, by the names that DESIGN.md gives its promises.
//
//   P1 one holder       At no instant do two hosts answer for the VIP. A host answers while the
//                       address is there and, if it has a fence, its lease stands. Without a fence
//                       nobody can make a host fall silent whose guard is dead, stopped, or refused
//                       by its kernel: such a host, its lease over, is not counted, until the VIP's
//                       lifetime ends it (P2). That is what the fence is for.
//   P1 promises         A lease stands on promises of a majority and ends before the first of those
//                       does, in true time, whatever the clocks show. A promise that its giver has
//                       forgotten in a restart still binds it, for as long as its next run
//                       remembers that there may be one; a later one does not count beside it.
//   P1 lease            A lease that has lapsed, or a tenancy that is over, is never revived; a
//                       tenancy begins at most once, in a term of its node, above all terms of it
//                       before; a witness has none. Terms never shrink.
//   P2 left behind      A VIP without a lease is gone at once if its guard is able, and else after
//                       its lifetime.
//   P3 somebody holds   judged by the run (run.h), in time computed from the configuration.
//   P5 everyone knows   judged apart (ledger_run.h).
//   P4 nobody forges    A damaged datagram is refused. A datagram that was heard before, or a
//                       heartbeat that was sent before this run began, changes nothing. Of a peer,
//                       an earlier run is never believed again.
//   contract            Of src/core/action.h: the VIPs are down before any message that frees them
//                       leaves; sequences grow; requests are answered once. And "judge last":
//                       nobody is called silent but by TimerExpired.
//
// P1 is promised with quorum = majority and on_quorum_loss = release, and judged with them only.
// The counting here is its own: nothing of it is borrowed from the core that it judges.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/node.h"
#include "packet/datagram.h"
#include "test/sim/network.h"

namespace komainu::sim {

class Host;
using Hosts = std::vector<std::unique_ptr<Host>>;

class Invariants {
public:
    Invariants(bool one_holder, Duration deadtime, Duration removal_max)
        : one_holder_(one_holder), deadtime_(deadtime), removal_max_(removal_max) {}

    // --- What is told by a host
    // -------------------------------------------------------------------

    void started(const Host& host);
    /// Its main is about to end: what it has promised is forgotten, and binds all the same.
    void ends(const Host& host);
    /// One step of the core; the actions are still to be done.
    void stepped(const Host& host, const Event& event, const ActionList& actions);
    /// Its core or its lease page has changed.
    void bound(const Host& host);
    /// A message that leaves, by main or by the guard.
    void sends(const Host& host, const Message& message);
    void opened(const Host& host, const Packet& packet, const std::optional<Refusal>& refusal);

    /// What a datagram that must change nothing could change.
    struct Beliefs {
        Term highest;
        Tenancy active;
        std::optional<Instant> lease_until;
        std::optional<Node::Promise> promise;
        Incarnation peer = no_incarnation;
        Instant peer_dead_at;
    };
    static Beliefs beliefs(const Node& node, NodeId peer);
    void heard(const Host& host, const Packet& packet, const Received& received,
               const Beliefs& before);

    // --- Looking
    // ----------------------------------------------------------------------------------

    void look(Instant now, const Hosts& hosts);
    void violated(std::string_view promise, std::string what);
    /// Empty while everything holds; else what was violated first.
    const std::string& violation() const { return violation_; }

private:
    /// A promise as seen from outside: to whom, and until when in true time.
    struct Binding {
        Tenancy to;
        Instant until;
    };
    struct Record {
        // Of the host, in all its runs.
        std::vector<Binding> forgotten;  ///< in the order in which they were given
        std::optional<Binding> binding;
        std::optional<Instant> bare_since;  ///< a VIP without a lease
        std::array<int, sim_nodes_max + 1> believed_start{};
        // Of its present run.
        Term highest, held;
        std::optional<Instant> lease_until;
        bool vips_down = true;
        std::uint64_t sequence = 0;
        std::map<RequestId, Instant> unanswered;  ///< when they were asked, local time
    };

    void judge(const Host&, Record&, const HoldVips&);
    void judge(const Host&, Record&, const ExtendLease&);
    void judge(const Host&, Record&, const DropVips&);
    void judge(const Host&, Record&, const RoleChanged&);
    void judge(const Host&, Record&, const AnswerSwitchover&);
    void judge(const Host&, Record&, const AnswerOrder&);
    void judge(const Host&, Record&, const Broadcast&);
    void judge(const Host&, Record&, const SendTo&);
    void judge(const Host&, Record&, const ActiveChanged&) {}
    void judge(const Host&, Record&, const PeerChanged&) {}
    void judge(const Host&, Record&, const MaintenanceChanged&) {}
    void judge(const Host&, Record&, const Preempting&) {}
    void judge(const Host&, Record&, const Exit&) {}
    void judge(const Host&, Record&, const AnnounceVips&) {}
    void judge(const Host&, Record&, const AskArbiter&) {}
    void judge(const Host&, Record&, const HeldWithoutQuorum&) {}
    void judge_silence(const Host&, const Event&, const Action&);
    void judge_patience(const Host&, const Record&);
    void judge_sequence(const Host&, Record&, std::uint64_t sequence);
    void note_answer(Record&, const Event&);
    void look_at_holders(const Hosts&);
    void look_at_promises(Instant now, const Host& holder, const Hosts&);
    void look_at_leftover(Instant now, const Host&);
    bool is_bound(Instant now, const Host&, const Tenancy& to, Instant lease_end) const;

    bool one_holder_;  ///< is promised
    Duration deadtime_;
    Duration removal_max_;  ///< in which an able guard has removed a VIP
    std::array<Record, sim_nodes_max + 1> records_;
    std::set<std::pair<Term, Incarnation>> tenancies_;  ///< that have begun
    std::map<Incarnation, int> start_of_;               ///< which start of its host it was
    std::string violation_;
};

}  // namespace komainu::sim
