#include "core/ledger.h"

#include <algorithm>

namespace komainu {

Ledger::Ledger(const LedgerSettings& settings, const StoredLedger& stored, Instant now)
    : settings_(settings),
      now_(now),
      record_(stored.record),
      committed_(std::min(record_.applied, record_.table.index())),
      stored_(outline(record_)),
      lost_(stored.is_lost && settings.votes_needed > 1) {
    if (lost_) hold_still_until_ = now + promise_lasts + promise_lasts / 50;
}

Ledger::Stored Ledger::outline(const LedgerRecord& record) {
    return {record.promised, record.table.ballot, record.table.index(), record.applied};
}

void Ledger::step(Instant now, const LedgerEvent& event, LedgerActions& actions) {
    now_ = now;
    actions_ = &actions;
    if (hold_still_until_ && now_ >= *hold_still_until_) hold_still_until_.reset();
    if (store_again_at_ && now_ >= *store_again_at_) store_again_at_.reset();
    std::visit([this](const auto& e) { on(e); }, event);
    if (tenure_) judge_promises();
    if (leads()) {
        enter_command_end();
        judge_reports();
        free_recoveries();
        spread();
        count();
        next_command();
    }
    lament();
    judge_waiting();
    store();
}

std::optional<Instant> Ledger::deadline() const {
    std::optional<Instant> deadline;
    const auto consider = [&](const std::optional<Instant>& at) {
        if (at) deadline = std::min(deadline.value_or(*at), *at);
    };
    consider(hold_still_until_);
    consider(store_again_at_);
    consider(prepare_at_);
    for (const Waiting& waiting : waiting_) consider(waiting.give_up_at);
    return deadline;
}

// --- The others ----------------------------------------------------------------------------------

void Ledger::on(const ActiveIs& active) {
    if (active.node == active_) return;
    active_ = active.node;
    lamented_.reset();
    end_tenure();
    if (active_ == settings_.self) prepare();
    if (joined()) greet();
}

void Ledger::on(const PeerIs& peer) {
    peer.alive ? alive_.insert(peer.peer) : alive_.erase(peer.peer);
}

void Ledger::on(const StreamUp& stream) {
    streams_.insert(stream.peer);
    if (asked_by_ == stream.peer) asked_by_ = no_node;
    if (!tenure_) return;
    tenure_->followers[number(stream.peer)] = {};
    if (!tenure_->prepared) tell(stream.peer, Prepare{tenure_->ballot});
}

void Ledger::on(const StreamDown& stream) {
    streams_.erase(stream.peer);
    seen_[number(stream.peer)] = 0;
    tables_from_[number(stream.peer)].reset();
    if (stream.peer == active_) lamented_.reset();
    if (asked_by_ == stream.peer) asked_by_ = no_node;
    if (promise_owed_.to == stream.peer) promise_owed_ = {};
    if (acceptance_owed_.to == stream.peer) acceptance_owed_ = {};
    if (tenure_) tenure_->followers[number(stream.peer)] = {};
}

void Ledger::on(const LedgerHeard& heard) {
    if (!streams_.contains(heard.from)) return;
    std::visit([&](const auto& message) { hear(heard.from, message); }, heard.message);
}

// --- Keeping -------------------------------------------------------------------------------------

void Ledger::hear(NodeId from, const Prepare& prepare) {
    highest_round_ = std::max(highest_round_, prepare.ballot.round);
    if (prepare.ballot.node != from) return;
    const bool is_again = prepare.ballot == record_.promised && asked_by_ == from;
    if (prepare.ballot <= record_.promised && !is_again)
        return tell(from, Outbid{record_.promised});
    if (!is_again) promise(prepare.ballot);
    asked_by_ = from;
    promise_owed_ = {.to = from, .ballot = prepare.ballot};
    yield();
}

void Ledger::promise(const Ballot& ballot) {
    if (promise_owed_.to != no_node) tell(promise_owed_.to, Outbid{ballot});
    promise_owed_ = acceptance_owed_ = {};
    asked_by_ = no_node;
    record_.promised = ballot;
}

void Ledger::hear(NodeId from, const Accept& accept) {
    const BackendTable& table = accept.table;
    highest_round_ = std::max(highest_round_, table.ballot.round);
    if (table.ballot.node != from) return;
    if (table.ballot < record_.promised) return tell(from, Outbid{record_.promised});
    if (accept.recovers && !holds_still()) lost_ = false;
    if (table.ballot > record_.promised) promise(table.ballot);
    promise_owed_ = {};
    if (table.ballot > record_.table.ballot || table.index() > record_.table.index()) take(table);
    acceptance_owed_ = {.to = from, .ballot = table.ballot};
    yield();
    std::optional<Ballot>& before = tables_from_[number(from)];
    const bool is_first = before != table.ballot;
    before = table.ballot;
    commit(accept.committed);
    if (is_first && from == active_) greet();
}

void Ledger::hear(NodeId, const Committed& committed) {
    if (record_.table.ballot == committed.ballot) commit(committed.index);
}

void Ledger::hear(NodeId from, const EventRefused& refused) {
    if (from == active_) answer(refused.id, refused.why);
}

/// What was applied and is not in it was never committed by a majority (quorum = half or none), or
/// majorities have lost their disks.
void Ledger::take(const BackendTable& table) {
    record_.table = table;
    committed_ = std::min(committed_, table.index());
    if (record_.applied <= table.index()) return;
    act(EntriesMissed{record_.applied, table.index()});
    record_.applied = table.index();
}

/// What the active is to know of us.
void Ledger::greet() {
    if (record_.promised > *joined()) tell(active_, Outbid{record_.promised});
    tell(active_, BackendsSeen{seen_down()});
    for (Waiting& waiting : waiting_) {
        waiting.submitted = true;
        tell(active_, EventSubmitted{waiting.event});
    }
}

void Ledger::lament() {
    if (!lost_ || holds_still() || !joined() || lamented_ == joined()) return;
    lamented_ = joined();
    tell(active_, RecordLost{});
}

/// What is owed for what the disk has, or does not take.
void Ledger::pay() {
    if (promise_owed_.to != no_node && stored_.promised == promise_owed_.ballot && !lost_) {
        tell(promise_owed_.to, Promised{promise_owed_.ballot, record_.table});
        promise_owed_ = {};
    }
    if (acceptance_owed_.to == no_node) return;
    const bool on_disk = is_stored() && !lost_;
    if (!on_disk && (acceptance_owed_.told || !(disk_refuses_ || lost_))) return;
    tell(acceptance_owed_.to, Accepted{acceptance_owed_.ballot, record_.table.index(), on_disk});
    acceptance_owed_.told = true;
    if (on_disk) acceptance_owed_ = {};
}

void Ledger::commit(std::uint64_t index) {
    committed_ = std::max(committed_, std::min(index, record_.table.index()));
    agreed_ = true;
    apply();
}

void Ledger::apply() {
    const BackendTable& table = record_.table;
    if (table.base_index() > record_.applied) {
        act(EntriesMissed{record_.applied, table.base_index()});
        record_.applied = table.base_index();
    }
    committed_ = std::max(committed_, table.base_index());
    const std::uint64_t seen_before = seen_down();
    while (record_.applied < committed_) {
        const std::uint64_t index = ++record_.applied;
        const Entry& entry = table.entry(index);
        // Whoever sees it down has to say so anew.
        if (entry.event.kind == BackendEventKind::attach)
            for (std::uint64_t& down : seen_) down &= ~backend_bit(entry.event.backend);
        act(ApplyEntry{index, entry});
        answer(entry.event.id, EventOutcome::done, index);
    }
    // What we told the active meanwhile was what we had seen before.
    if (seen_down() != seen_before && joined()) tell(active_, BackendsSeen{seen_down()});
}

// --- Events that were asked here -----------------------------------------------------------------

void Ledger::on(const EventAsked& asked) {
    if (waiting_.size() == waiting_max) return act(AnswerEvent{asked.event.id, EventOutcome::busy});
    const auto entered = record_.table.index_of(asked.event.id);
    if (entered && *entered <= record_.applied)
        return act(AnswerEvent{asked.event.id, EventOutcome::done, *entered});
    waiting_.push_back({asked.event, now_ + asked.wait, leads() || joined()});
    if (leads()) {
        if (const auto refused = enter(asked.event)) answer(asked.event.id, *refused);
    } else if (joined()) {
        tell(active_, EventSubmitted{asked.event});
    }
}

void Ledger::on(const BackendsSeenHere& seen) {
    std::uint64_t& before = seen_[number(settings_.self)];
    if (before == seen.down) return;
    before = seen.down;
    if (joined()) tell(active_, BackendsSeen{seen.down});
}

/// All who ask for it: a retry may come before the first try is answered.
void Ledger::answer(const EventId& id, EventOutcome outcome, std::uint64_t index) {
    std::erase_if(waiting_, [&](const Waiting& waiting) {
        if (!(waiting.event.id == id)) return false;
        act(AnswerEvent{id, outcome, index});
        return true;
    });
}

void Ledger::judge_waiting() {
    std::erase_if(waiting_, [this](const Waiting& waiting) {
        if (now_ < waiting.give_up_at) return false;
        act(AnswerEvent{waiting.event.id,
                        waiting.submitted ? EventOutcome::timed_out : EventOutcome::no_active});
        return true;
    });
}

// --- The disk ------------------------------------------------------------------------------------

bool Ledger::is_stored() const {
    return stored_.ballot == record_.table.ballot && stored_.index == record_.table.index() &&
           stored_.promised == record_.promised;
}

/// A record that is lost must be made out anew before there is one on the disk again: after a
/// restart it would pass for all that there was.
void Ledger::store() {
    pay();
    if (storing_ || store_again_at_ || lost_ || stored_ == outline(record_)) return;
    storing_ = outline(record_);
    act(StoreRecord{});
}

void Ledger::on(const RecordStored& answer) {
    if (!storing_) return;
    if (answer.ok) stored_ = *storing_;
    disk_refuses_ = !answer.ok;
    if (disk_refuses_) store_again_at_ = now_ + store_again_after;
    storing_.reset();
}

}  // namespace komainu
