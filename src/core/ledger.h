// The agreement about the table of backends: this node's copy of it, and what it says to the
// others. Pure, as all of the core; and apart from Node, which decides who is active. Whoever is
// active puts the table together, the others keep it for it.
//
// This is Paxos with the whole table as its value, which is small and seldom changes: nothing is
// ever sent in parts, and nobody has to know what another lacks. The active takes a ballot, asks
// the others for what they have (Prepare), goes on with the latest of that, and gives each new
// table to everybody (Accept). What a quorum has on its disks under one ballot is committed, and
// then every node applies its entries, in their order.
//
// Why a committed entry is never lost and never changed, in four sentences:
//
// 1. A node takes in nothing of a ballot below one that it has promised, and both what it promises
//    and what it accepts are on its disk before it says so.
// 2. A table is put together once a quorum has promised its ballot, from the latest table among
//    theirs; and any such quorum shares a node with any that makes an entry count.
// 3. Under one ballot only its own node puts tables together, each the one before it with more
//    entries behind.
// 4. A node whose record is lost (RecordLost) counts for nothing until the quorum has been asked
//    anew, by then without it, and after every promise that it has forgotten is over.
//
// None of this hangs on there being one active: two of them outbid one another, and disagree about
// nothing. Nor do the VIPs hang on it: a takeover waits for no disk and for no table. With quorum =
// half or none, a quorum is what the cluster's rule makes it, and sentence 2 is no longer so: the
// table of the higher ballot wins.
//
// Commands of the cluster are run by the active, one at a time, in the order of their entries. Each
// end is an entry of its own; whoever becomes active runs again what has not ended.
#pragma once

#include <array>
#include <optional>
#include <variant>
#include <vector>

#include "base/time.h"
#include "core/ledger_message.h"

namespace komainu {

struct LedgerSettings {
    NodeId self = no_node;
    int nodes = 1;         ///< of the cluster; each may store
    int votes_needed = 1;  ///< to make an entry count
    /// So many nodes must see a backend down for it to be detached.
    int reports_needed = 1;
    std::array<bool, backend_event_kinds> has_command{};  ///< there is one to run for such events
};

// --- What can happen -----------------------------------------------------------------------------

/// As Node has it: this node itself, another, or nobody.
struct ActiveIs {
    NodeId node = no_node;
};
/// Heartbeats tell whether a peer is there.
struct PeerIs {
    NodeId peer = no_node;
    bool alive = false;
};
struct StreamUp {
    NodeId peer = no_node;
};
struct StreamDown {
    NodeId peer = no_node;
};
struct LedgerHeard {
    NodeId from = no_node;
    LedgerMessage message;
};
/// The answer to StoreRecord.
struct RecordStored {
    bool ok = false;
};
/// Submitted on this node. Answered by one AnswerEvent.
struct EventAsked {
    BackendEvent event;
    Duration wait{};  ///< for an active and its quorum, before it is given up
};
/// This node's own checks find these down: bit 0 is backend 0.
struct BackendsSeenHere {
    std::uint64_t down = 0;
};
/// The answer to RunCommand.
struct CommandEnded {
    std::uint64_t index = 0;
    std::uint8_t status = 0;
    std::optional<std::uint8_t> promoted;  ///< which backend is the primary now, because of it
};
struct LedgerTimer {};

using LedgerEvent = std::variant<ActiveIs, PeerIs, StreamUp, StreamDown, LedgerHeard, RecordStored,
                                 EventAsked, BackendsSeenHere, CommandEnded, LedgerTimer>;

// --- What is to be done, in list order -----------------------------------------------------------

/// Over the stream between us and that node; without one it is lost.
struct TellPeer {
    NodeId to = no_node;
    LedgerMessage message;
};
/// Put record() on the disk as it is after this step, in place of the one before it. One at a time.
struct StoreRecord {};
/// Committed: to be done on this node, after all before it. Never twice in one run; once more at
/// the most after a crash, when the disk had not yet been told.
struct ApplyEntry {
    std::uint64_t index = 0;
    Entry entry;
};
/// These are not told one by one: they were committed while this node was away for long. The table
/// alone says what came of them.
struct EntriesMissed {
    std::uint64_t from = 0;  ///< the last that was applied
    std::uint64_t to = 0;    ///< applied from here on
};
struct AnswerEvent {
    EventId id;
    EventOutcome outcome = EventOutcome::done;
    std::uint64_t index = 0;  ///< when it is done
};
/// The cluster-wide command of that entry, on this node, as it is active.
struct RunCommand {
    std::uint64_t index = 0;
    Entry entry;
    BackendStates before;  ///< the states without that entry
};
/// It is another's turn: end the command that runs. It is not answered any more.
struct StopCommand {};

using LedgerAction = std::variant<TellPeer, StoreRecord, ApplyEntry, EntriesMissed, AnswerEvent,
                                  RunCommand, StopCommand>;
using LedgerActions = std::vector<LedgerAction>;

class Ledger {
public:
    /// How long a promise may be counted before the quorum is complete, by its counter's clock. So
    /// long, and what clocks differ by, a node that has lost its record holds still.
    static constexpr Duration promise_lasts = 5s;
    static constexpr Duration prepare_again_after = 200ms;  ///< when outbid
    static constexpr Duration store_again_after = 1s;       ///< as the disk refuses
    static constexpr std::size_t waiting_max = 32;          ///< events that were asked here

    Ledger(const LedgerSettings& settings, const StoredLedger& stored, Instant now);

    void step(Instant now, const LedgerEvent& event, LedgerActions& actions);
    /// What is written beside the events that this node makes from now on: milliseconds since 1970,
    /// for people only.
    void set_wall_clock(std::int64_t ms) { wall_clock_ms_ = ms; }
    /// When to step with LedgerTimer if nothing else happens.
    std::optional<Instant> deadline() const;

    // --- For those who look ---------------------------------------------------------------------

    const LedgerRecord& record() const { return record_; }
    const BackendTable& table() const { return record_.table; }
    /// Entries up to this one count, as far as is known here.
    std::uint64_t committed() const { return committed_; }
    BackendStates states() const { return record_.table.states_at(committed_); }
    /// Whether an active has told, in this run, what counts.
    bool agreed() const { return agreed_; }
    /// Whether the record is lost and not yet made out anew.
    bool is_lost() const { return lost_; }
    bool disk_refuses() const { return disk_refuses_; }
    /// Whether this node puts tables together, a quorum having promised.
    bool leads() const { return tenure_ && tenure_->prepared; }
    std::uint64_t seen_down() const { return seen_[number(settings_.self)]; }

private:
    struct Waiting {
        BackendEvent event;
        Instant give_up_at;
        bool submitted = false;  ///< an active was told of it: it may be entered
    };

    // --- ledger_active.cpp: putting tables together ----------------------------------------------
    void prepare();
    void ask();
    void hear(NodeId from, const Promised&);
    void hear(NodeId from, const Outbid&);
    void hear(NodeId from, const Accepted&);
    void hear(NodeId from, const RecordLost&);
    void hear(NodeId from, const EventSubmitted&);
    void hear(NodeId from, const BackendsSeen&);
    void prepare_soon();
    void yield();
    void judge_promises();
    std::optional<EventOutcome> enter(const BackendEvent& event);
    bool has_command(BackendEventKind kind) const {
        return settings_.has_command[static_cast<std::size_t>(kind)];
    }
    bool has_room_for(BackendEventKind kind) const;
    BackendEvent own(BackendEvent event) const;
    void enter_what_follows(const BackendEvent& event);
    void enter_for(const Waiting& waiting);
    void enter_command_end();
    void spread();
    void count();
    std::uint64_t attaching() const;
    void judge_reports();
    void free_recoveries();
    void next_command();
    void stop_command();
    void end_tenure();

    // --- ledger.cpp: keeping what the active puts together ---------------------------------------
    void on(const ActiveIs&);
    void on(const PeerIs&);
    void on(const StreamUp&);
    void on(const StreamDown&);
    void on(const LedgerHeard&);
    void on(const RecordStored&);
    void on(const EventAsked&);
    void on(const BackendsSeenHere&);
    void on(const CommandEnded&);
    void on(const LedgerTimer&) {}
    void hear(NodeId from, const Prepare&);
    void hear(NodeId from, const Accept&);
    void hear(NodeId from, const Committed&);
    void hear(NodeId from, const EventRefused&);
    void promise(const Ballot& ballot);
    void take(const BackendTable& table);
    void greet();
    void lament();
    void pay();
    void commit(std::uint64_t index);
    void apply();
    void answer(const EventId& id, EventOutcome outcome, std::uint64_t index = 0);
    void judge_waiting();
    void store();
    /// The active knows of us, and we of its table.
    const std::optional<Ballot>& joined() const { return tables_from_[number(active_)]; }
    bool holds_still() const { return hold_still_until_.has_value(); }
    bool is_stored() const;
    void tell(NodeId to, const LedgerMessage& message) { act(TellPeer{to, message}); }
    void act(LedgerAction action) { actions_->push_back(std::move(action)); }
    template <class Do>
    void each_stream(Do with) const {
        for (std::uint8_t i = 1; i <= nodes_max; ++i)
            if (streams_.contains(NodeId{i})) with(NodeId{i});
    }

    const LedgerSettings settings_;
    LedgerActions* actions_ = nullptr;  ///< of the current step
    Instant now_;                       ///< of the current step
    std::int64_t wall_clock_ms_ = 0;

    LedgerRecord record_;
    std::uint64_t committed_ = 0;
    bool agreed_ = false;

    // The disk.
    struct Stored {
        Ballot promised;
        Ballot ballot;  ///< of the table
        std::uint64_t index = 0;
        std::uint64_t applied = 0;
        bool operator==(const Stored&) const = default;
    };
    static Stored outline(const LedgerRecord& record);
    Stored stored_;
    std::optional<Stored> storing_;
    bool disk_refuses_ = false;
    std::optional<Instant> store_again_at_;
    bool lost_ = false;
    std::optional<Instant> hold_still_until_;  ///< when the record is lost

    // The others.
    NodeId active_ = no_node;
    NodeSet streams_;
    NodeSet alive_;
    std::array<std::uint64_t, nodes_max + 1> seen_{};  ///< what each finds down
    /// The ballot of the newest table that came over the stream that stands.
    std::array<std::optional<Ballot>, nodes_max + 1> tables_from_{};
    /// Who asked for what is promised, over the stream that stands: it has not forgotten the
    /// ballot.
    NodeId asked_by_ = no_node;
    std::optional<Ballot> lamented_;  ///< the ballot that was answered by RecordLost
    struct Debt {
        NodeId to = no_node;  ///< no_node: none
        Ballot ballot;
        bool told = false;  ///< that it is not on the disk
    };
    Debt promise_owed_;
    Debt acceptance_owed_;

    std::vector<Waiting> waiting_;  ///< in the order in which they were asked

    // Being active.
    struct Follower {
        std::optional<Instant> promised_at;
        bool unanswered = false;              ///< a table is under way to it
        std::optional<std::uint64_t> taken;   ///< the index of the newest that it has
        std::optional<std::uint64_t> stored;  ///< of the newest that it has on its disk
        bool has_lost = false;                ///< its record, and has no new one yet
    };
    struct Command {
        std::uint64_t index = 0;
        EventId event;  ///< of that entry; with quorum = half or none another's may come there
        bool operator==(const Command&) const = default;
    };
    struct Tenure {
        Ballot ballot;
        bool includes_itself = false;  ///< when it began, nothing of us was to be waited for
        bool prepared = false;
        bool outbid = false;     ///< a higher ballot is needed
        bool committed = false;  ///< something under this ballot
        std::array<Follower, nodes_max + 1> followers{};
        BackendTable latest;                ///< of those that came with promises
        std::optional<Command> command{};   ///< that runs
        std::optional<CommandEnded> end{};  ///< of it, to be entered
    };
    std::optional<Tenure> tenure_;
    std::optional<Instant> prepare_at_;  ///< with a higher ballot if outbid, else ask again
    std::uint64_t highest_round_ = 0;    ///< that was heard of
};

}  // namespace komainu
