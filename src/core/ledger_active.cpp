// Putting tables together, as the active does.
#include <algorithm>
#include <utility>

#include "core/ledger.h"

namespace komainu {

namespace {

/// With a quorum of writers, so many readers are sure to have one of them among themselves.
int promises_needed(const LedgerSettings& settings) {
    return std::min(settings.nodes - settings.votes_needed + 1, settings.votes_needed);
}

bool is_later(const BackendTable& table, const BackendTable& other) {
    return std::pair(table.ballot, table.index()) > std::pair(other.ballot, other.index());
}

}  // namespace

// --- Before a quorum has promised ----------------------------------------------------------------

void Ledger::prepare() {
    highest_round_ = std::max(highest_round_, record_.promised.round) + 1;
    Tenure next{.ballot = {highest_round_, settings_.self},
                .includes_itself = !holds_still(),
                .latest = record_.table};
    if (tenure_) {
        next.command = tenure_->command;
        next.end = tenure_->end;
        for (std::size_t i = 0; i < next.followers.size(); ++i)
            next.followers[i].has_lost = tenure_->followers[i].has_lost;
    }
    tenure_ = next;
    promise(tenure_->ballot);
    ask();
}

void Ledger::ask() {
    prepare_at_.reset();
    each_stream([this](NodeId peer) { tell(peer, Prepare{tenure_->ballot}); });
}

void Ledger::hear(NodeId from, const Promised& promised) {
    if (!tenure_ || tenure_->prepared || promised.ballot != tenure_->ballot) return;
    tenure_->followers[number(from)].promised_at = now_;
    if (is_later(promised.table, tenure_->latest)) tenure_->latest = promised.table;
    // For the same ballot again, as our own disk may be at work on it for longer.
    if (!prepare_at_) prepare_at_ = now_ + promise_lasts / 2;
}

void Ledger::hear(NodeId, const Outbid& outbid) {
    highest_round_ = std::max(highest_round_, outbid.promised.round);
    if (!tenure_) return;
    const bool lost_answer = !tenure_->prepared && outbid.promised == tenure_->ballot;
    if (lost_answer || outbid.promised > tenure_->ballot) prepare_soon();
}

/// Not at once, or two who think that they are active would keep one another from it for ever.
void Ledger::prepare_soon() {
    tenure_->outbid = true;
    const Instant at = now_ + prepare_again_after;
    prepare_at_ = std::min(prepare_at_.value_or(at), at);
}

/// What we had promised ourselves no longer holds, as we have promised somebody more.
void Ledger::yield() {
    if (!tenure_) return;
    tenure_->prepared = false;
    prepare_soon();
}

void Ledger::judge_promises() {
    const bool may_include_itself = lost_ && !holds_still() && !tenure_->includes_itself;
    const bool is_due = prepare_at_ && now_ >= *prepare_at_;
    if (may_include_itself || (is_due && tenure_->outbid))
        prepare();
    else if (is_due)
        ask();
    if (tenure_->prepared || record_.promised != tenure_->ballot) return;
    const bool own = !lost_ && stored_.promised == tenure_->ballot;
    int promises = own ? 1 : 0;
    for (const Follower& follower : tenure_->followers)
        if (follower.promised_at && now_ < *follower.promised_at + promise_lasts) ++promises;
    // Without our own disk a majority must know the ballot, so that it is not taken a second time.
    if (promises < (own ? promises_needed(settings_) : settings_.votes_needed)) return;
    tenure_->prepared = true;
    prepare_at_.reset();
    if (tenure_->includes_itself) lost_ = false;
    if (is_later(tenure_->latest, record_.table)) take(tenure_->latest);
    record_.table.ballot = tenure_->ballot;
    for (Waiting& waiting : std::vector(waiting_)) enter_for(waiting);
}

// --- Then ----------------------------------------------------------------------------------------

/// Nothing when it has been entered, now or before; else why not.
std::optional<EventOutcome> Ledger::enter(const BackendEvent& event) {
    BackendTable& table = record_.table;
    if (table.index_of(event.id)) return {};
    if (const auto objection = objection_to(table.states(), event)) return objection;
    if (!has_room_for(event.kind)) return EventOutcome::busy;
    table.enter({event, has_command(event.kind)});
    return {};
}

/// Some is always left for what commands bring about: each its end and a promotion. An entry cannot
/// be folded before its command ends; it then makes room for one of the two, and for the other
/// there is one place for each command.
bool Ledger::has_room_for(BackendEventKind kind) const {
    const BackendTable& table = record_.table;
    if (table.index() - committed_ >= entries_pending_max) return false;
    if (has_command(kind) && table.commands_pending() >= commands_pending_max) return false;
    const auto oldest = table.next_command(table.index());
    return !oldest || table.index() - *oldest < entries_max - commands_pending_max;
}

BackendEvent Ledger::own(BackendEvent event) const {
    event.id = {settings_.self, tenure_->ballot.round << 32 | (record_.table.index() + 1)};
    event.at_ms = wall_clock_ms_;
    return event;
}

/// From a command. It is never too much.
void Ledger::enter_what_follows(const BackendEvent& event) {
    if (!objection_to(record_.table.states(), event))
        record_.table.enter({own(event), has_command(event.kind)});
}

void Ledger::enter_for(const Waiting& waiting) {
    const EventId id = waiting.event.id;
    if (const auto refused = enter(waiting.event)) return answer(id, *refused);
    for (Waiting& each : waiting_)
        if (each.event.id == id) each.submitted = true;
}

void Ledger::hear(NodeId from, const EventSubmitted& submitted) {
    if (!leads()) return;  // it is submitted again when it hears that we do
    if (submitted.event.kind == BackendEventKind::command_ended) return;  // that is ours to say
    if (const auto refused = enter(submitted.event))
        tell(from, EventRefused{submitted.event.id, *refused});
}

void Ledger::hear(NodeId from, const BackendsSeen& seen) {
    if (tenure_) seen_[number(from)] = seen.down;
}

/// The quorum has to be asked without it. It has waited until all that it may have promised is
/// over.
void Ledger::hear(NodeId from, const RecordLost&) {
    if (!tenure_) return;
    tenure_->followers[number(from)].has_lost = true;
    prepare();
}

/// To each one table at a time: what comes meanwhile goes with the next.
void Ledger::spread() {
    const BackendTable& table = record_.table;
    each_stream([&](NodeId peer) {
        Follower& follower = tenure_->followers[number(peer)];
        if (follower.unanswered || follower.taken == table.index()) return;
        follower.unanswered = true;
        tell(peer, Accept{table, committed_, follower.has_lost});
    });
}

void Ledger::hear(NodeId from, const Accepted& accepted) {
    if (!leads() || accepted.ballot != tenure_->ballot) return;
    Follower& follower = tenure_->followers[number(from)];
    follower.unanswered = false;
    follower.taken = accepted.index;
    if (!accepted.on_disk) return;
    follower.stored = accepted.index;
    follower.has_lost = false;
}

void Ledger::count() {
    StaticVector<std::uint64_t, nodes_max + 1> stored;
    if (!lost_ && stored_.ballot == tenure_->ballot) stored.push_back(stored_.index);
    for (const Follower& follower : tenure_->followers)
        if (follower.stored) stored.push_back(*follower.stored);
    const auto needed = static_cast<std::size_t>(settings_.votes_needed);
    if (stored.size() < needed) return;
    std::ranges::sort(stored, std::greater<>{});
    const std::uint64_t index = stored[needed - 1];
    if (tenure_->committed && index <= committed_) return;
    tenure_->committed = true;
    commit(index);
    each_stream([&](NodeId peer) { tell(peer, Committed{tenure_->ballot, index}); });
}

// --- What the active orders by itself ------------------------------------------------------------

/// Those with an attach that does not count yet.
std::uint64_t Ledger::attaching() const {
    const BackendTable& table = record_.table;
    std::uint64_t backends = 0;
    for (std::uint64_t i = std::max(committed_, table.base_index()) + 1; i <= table.index(); ++i) {
        const BackendEvent& event = table.entry(i).event;
        if (event.kind == BackendEventKind::attach) backends |= backend_bit(event.backend);
    }
    return backends;
}

void Ledger::judge_reports() {
    std::uint64_t seen_by_any = 0;
    for (const std::uint64_t down : seen_) seen_by_any |= down;
    seen_by_any &= ~attaching();  // what is said of these is older than that
    if (seen_by_any == 0) return;
    const BackendStates states = record_.table.states();
    for (std::uint8_t backend = 0; backend < backends_max; ++backend) {
        const std::uint64_t bit = backend_bit(backend);
        if ((seen_by_any & bit) == 0 || !states.backends[backend].up) continue;
        NodeSet reporters;
        for (int i = 1; i <= nodes_max; ++i)
            if ((seen_[i] & bit) != 0) reporters.insert(NodeId{static_cast<std::uint8_t>(i)});
        if (reporters.size() < settings_.reports_needed) continue;
        enter(own({.kind = BackendEventKind::detach,
                   .backend = backend,
                   .origin = BackendEventOrigin::reports,
                   .reporters = reporters}));
    }
}

void Ledger::free_recoveries() {
    const BackendStates states = record_.table.states();
    for (std::uint8_t backend = 0; backend < backends_max; ++backend) {
        const NodeId by = states.backends[backend].recovered_by;
        if (by == no_node || by == settings_.self || alive_.contains(by)) continue;
        enter(own({.kind = BackendEventKind::recovery_end,
                   .backend = backend,
                   .origin = BackendEventOrigin::active}));
    }
}

void Ledger::on(const CommandEnded& ended) {
    if (tenure_ && tenure_->command && tenure_->command->index == ended.index) tenure_->end = ended;
}

void Ledger::enter_command_end() {
    if (!tenure_->end) return;
    const CommandEnded ended = *std::exchange(tenure_->end, {});
    const Command command = *std::exchange(tenure_->command, {});
    const BackendTable& table = record_.table;
    if (table.index_of(command.event) != command.index) return;  // it has gone with its table
    if (table.states().commands_ended >= command.index) return;
    enter_what_follows({.kind = BackendEventKind::command_ended,
                        .backend = table.entry(command.index).event.backend,
                        .origin = BackendEventOrigin::active,
                        .ended = command.index,
                        .status = ended.status});
    if (!ended.promoted) return;
    enter_what_follows({.kind = BackendEventKind::promote,
                        .backend = *ended.promoted,
                        .origin = BackendEventOrigin::active});
}

void Ledger::next_command() {
    const BackendTable& table = record_.table;
    std::optional<Command> next;
    if (const auto index = table.next_command(committed_))
        next = Command{*index, table.entry(*index).event.id};
    if (tenure_->command == next) return;
    stop_command();
    tenure_->command = next;
    if (!next) return;
    act(RunCommand{next->index, table.entry(next->index), table.states_at(next->index - 1)});
}

void Ledger::stop_command() {
    if (tenure_->command && !tenure_->end) act(StopCommand{});
}

void Ledger::end_tenure() {
    if (!tenure_) return;
    stop_command();
    tenure_.reset();
    prepare_at_.reset();
    const std::uint64_t own = seen_down();
    seen_ = {};
    seen_[number(settings_.self)] = own;
}

}  // namespace komainu
