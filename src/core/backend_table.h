// What the nodes agree on about the servers behind the watched service: which of them are in use,
// which is the primary, whether one is in online recovery; and the events that made it so.
//
// The table as a whole is what is agreed on. Its last entries stand in it one by one, so that each
// node can apply them one by one; older ones are folded into the states below them. How it is
// agreed on, and what its ballot means: core/ledger.h.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/static_vector.h"
#include "core/term.h"

namespace komainu {

inline constexpr std::size_t entries_max = 64;          ///< that stand one by one
inline constexpr std::size_t entries_pending_max = 16;  ///< not committed yet
inline constexpr std::size_t commands_pending_max = 8;
/// Of a table that is read. Nobody counts on from there to where an index would wrap.
inline constexpr std::uint64_t base_index_max = UINT64_MAX / 2;

/// Orders those who put tables together: no two ever share one, and each that a node promises is on
/// its disk first. (Paxos' ballot. It has nothing to do with the term, which is about the VIPs.)
struct Ballot {
    std::uint64_t round = 0;
    NodeId node = no_node;
    auto operator<=>(const Ballot&) const = default;
};

enum class BackendEventKind : std::uint8_t {
    detach,
    attach,
    promote,
    recovery_start,
    recovery_end,
    command_ended,  ///< the cluster-wide command of an earlier entry has ended
};
inline constexpr std::size_t backend_event_kinds = 6;

/// Who wanted it.
enum class BackendEventOrigin : std::uint8_t {
    operator_,  ///< komainuctl
    pgpool,     ///< what a pgpool-II did by itself
    reports,    ///< enough nodes saw the backend down
    active,     ///< the active: what a command's end brings about, a lock of a node that is gone
};
inline constexpr std::size_t backend_event_origins = 4;

/// Stays the same when the event is submitted once more: it is entered once.
struct EventId {
    NodeId origin = no_node;   ///< on which node it was submitted
    std::uint64_t number = 0;  ///< random, by whoever submits it
    bool operator==(const EventId&) const = default;
};

struct BackendEvent {
    EventId id{};
    BackendEventKind kind = BackendEventKind::detach;
    std::uint8_t backend = 0;  ///< below backends_max
    BackendEventOrigin origin = BackendEventOrigin::operator_;
    std::int64_t at_ms = 0;   ///< since 1970, by the submitter's clock: for people only
    NodeSet reporters{};      ///< who saw it down, where reports are the origin
    std::uint64_t ended = 0;  ///< command_ended: of which entry the command was
    std::uint8_t status = 0;  ///< command_ended: its exit status; 255 is no exit at all
    bool operator==(const BackendEvent&) const = default;
};

struct Entry {
    BackendEvent event;
    bool has_command = false;  ///< one is to be run for it, on one node, before the next one's
    bool operator==(const Entry&) const = default;
};

struct Backend {
    bool up = true;
    bool primary = false;
    NodeId recovered_by = no_node;  ///< who has its online recovery under way
    bool operator==(const Backend&) const = default;
};

/// After some entry.
struct BackendStates {
    std::array<Backend, backends_max> backends{};
    std::uint64_t commands_ended = 0;  ///< up to this entry

    std::optional<std::uint8_t> primary() const;
    bool operator==(const BackendStates&) const = default;
};

/// What became of an event that was submitted.
enum class EventOutcome : std::uint8_t {
    done,            ///< it is committed, and applied here
    already_so,      ///< nothing would change
    is_down,         ///< a backend that is down cannot be promoted
    is_up,           ///< online recovery is for one that is down
    other_recovery,  ///< one at a time
    no_recovery,     ///< there is none to end
    busy,            ///< too many events or commands wait
    no_active,       ///< nobody could order it, or no quorum stores it
    timed_out,       ///< not yet committed; it may still be
};
inline constexpr std::size_t event_outcomes = 9;

/// Why an event is not entered, given these states; nothing when it is.
std::optional<EventOutcome> objection_to(const BackendStates& states, const BackendEvent& event);
void apply(BackendStates& states, const BackendEvent& event);

class BackendTable {
public:
    Ballot ballot;  ///< of whoever put it together as it is

    /// Of the newest entry; counts all entries there ever were.
    std::uint64_t index() const { return base_index_ + entries_.size(); }
    /// Of the newest entry that is folded.
    std::uint64_t base_index() const { return base_index_; }
    /// After that one.
    const BackendStates& base() const { return base_; }
    const StaticVector<Entry, entries_max>& entries() const { return entries_; }
    /// Index is above base_index(), and at most index().
    const Entry& entry(std::uint64_t index) const {
        return entries_[static_cast<std::size_t>(index - base_index_ - 1)];
    }

    /// The states with all entries up to that one, which is not folded.
    BackendStates states_at(std::uint64_t index) const;
    BackendStates states() const { return states_at(index()); }
    /// Whether the event has been entered, and stands here one by one.
    std::optional<std::uint64_t> index_of(const EventId& id) const;
    /// The first entry, up to that index, whose command has not ended.
    std::optional<std::uint64_t> next_command(std::uint64_t up_to) const;
    std::size_t commands_pending() const;

    /// May fold the oldest entry, which must not be needed one by one any more.
    void enter(const Entry& entry);

    /// For whoever reads one from a wire or a file: nothing when these cannot be a table.
    static std::optional<BackendTable> made_of(const Ballot& ballot, std::uint64_t base_index,
                                               const BackendStates& base,
                                               const StaticVector<Entry, entries_max>& entries);

    bool operator==(const BackendTable&) const = default;

private:
    BackendStates base_{};
    std::uint64_t base_index_ = 0;
    StaticVector<Entry, entries_max> entries_;
};

/// What a node has on its disk. To be replaced as a whole, or not at all.
struct LedgerRecord {
    Ballot promised;  ///< nothing of a lower one is taken in any more
    BackendTable table;
    std::uint64_t applied = 0;  ///< entries up to this one have been applied here
    bool operator==(const LedgerRecord&) const = default;
};

/// A disk may also have had one that cannot be read.
struct StoredLedger {
    LedgerRecord record;
    bool is_lost = false;
};

}  // namespace komainu
