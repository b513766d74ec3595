#include "core/backend_table.h"

#include <algorithm>

#include "base/assert.h"

namespace komainu {

namespace {

/// A command ends after it has begun, and begins after its own entry.
bool can_be_at(std::uint64_t index, const BackendEvent& event) {
    return event.backend < backends_max &&
           (event.kind != BackendEventKind::command_ended || event.ended < index);
}

bool is_recovering(const Backend& backend) { return backend.recovered_by != no_node; }

using Objection = std::optional<EventOutcome>;

Objection when(bool objects, EventOutcome why) { return objects ? Objection(why) : std::nullopt; }

Objection unless(bool already) { return when(already, EventOutcome::already_so); }

Objection objection_to_start(const BackendStates& states, const Backend& backend) {
    if (is_recovering(backend)) return EventOutcome::already_so;
    if (backend.up) return EventOutcome::is_up;
    return when(std::ranges::any_of(states.backends, is_recovering), EventOutcome::other_recovery);
}

}  // namespace

std::optional<std::uint8_t> BackendStates::primary() const {
    const auto found = std::ranges::find_if(backends, &Backend::primary);
    if (found == backends.end()) return {};
    return static_cast<std::uint8_t>(found - backends.begin());
}

std::optional<EventOutcome> objection_to(const BackendStates& states, const BackendEvent& event) {
    const Backend& backend = states.backends[event.backend];
    switch (event.kind) {
        case BackendEventKind::detach:
            return unless(!backend.up);
        case BackendEventKind::attach:
            return unless(backend.up);
        case BackendEventKind::promote:
            return backend.up ? unless(backend.primary) : EventOutcome::is_down;
        case BackendEventKind::recovery_start:
            return objection_to_start(states, backend);
        case BackendEventKind::recovery_end:
            return when(!is_recovering(backend), EventOutcome::no_recovery);
        case BackendEventKind::command_ended:
            return unless(event.ended <= states.commands_ended);
    }
    return {};
}

void apply(BackendStates& states, const BackendEvent& event) {
    Backend& backend = states.backends[event.backend];
    switch (event.kind) {
        case BackendEventKind::detach:
            backend.up = backend.primary = false;
            return;
        case BackendEventKind::attach:
            backend.up = true;
            return;
        case BackendEventKind::promote:
            for (Backend& other : states.backends) other.primary = false;
            backend.primary = true;
            return;
        case BackendEventKind::recovery_start:
            backend.recovered_by = event.id.origin;
            return;
        case BackendEventKind::recovery_end:
            backend.recovered_by = no_node;
            return;
        case BackendEventKind::command_ended:
            states.commands_ended = std::max(states.commands_ended, event.ended);
            return;
    }
}

BackendStates BackendTable::states_at(std::uint64_t index) const {
    BackendStates states = base_;
    for (std::uint64_t i = base_index_ + 1; i <= index; ++i) apply(states, entry(i).event);
    return states;
}

std::optional<std::uint64_t> BackendTable::index_of(const EventId& id) const {
    for (std::size_t i = 0; i < entries_.size(); ++i)
        if (entries_[i].event.id == id) return base_index_ + 1 + i;
    return {};
}

std::optional<std::uint64_t> BackendTable::next_command(std::uint64_t up_to) const {
    const std::uint64_t ended = states().commands_ended;
    for (std::uint64_t i = std::max(ended, base_index_) + 1; i <= up_to; ++i)
        if (entry(i).has_command) return i;
    return {};
}

std::size_t BackendTable::commands_pending() const {
    const std::uint64_t ended = states().commands_ended;
    std::size_t pending = 0;
    for (std::uint64_t i = std::max(ended, base_index_) + 1; i <= index(); ++i)
        pending += entry(i).has_command ? 1 : 0;
    return pending;
}

void BackendTable::enter(const Entry& entry) {
    if (entries_.full()) {
        apply(base_, entries_[0].event);
        ++base_index_;
        std::copy(entries_.begin() + 1, entries_.end(), entries_.begin());
        entries_[entries_max - 1] = entry;
        return;
    }
    entries_.push_back(entry);
}

std::optional<BackendTable> BackendTable::made_of(const Ballot& ballot, std::uint64_t base_index,
                                                  const BackendStates& base,
                                                  const StaticVector<Entry, entries_max>& entries) {
    const bool has_ballot = ballot.round != 0 && is_valid(ballot.node);
    const bool is_first = ballot == Ballot{} && base_index == 0 && entries.empty();
    if (!has_ballot && !is_first) return {};
    if (base_index > base_index_max || base.commands_ended > base_index) return {};
    std::uint64_t index = base_index;
    for (const Entry& entry : entries)
        if (!can_be_at(++index, entry.event)) return {};
    BackendTable table;
    table.ballot = ballot;
    table.base_ = base;
    table.base_index_ = base_index;
    table.entries_ = entries;
    return table;
}

}  // namespace komainu
