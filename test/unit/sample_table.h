// A table of backends with something of everything in it, for what writes tables down.
#pragma once

#include "core/backend_table.h"

namespace komainu::test {

inline BackendEvent sample_event(BackendEventKind kind, std::uint8_t backend) {
    BackendEvent event;
    event.id = {NodeId{2}, 0x1122334455667788};
    event.kind = kind;
    event.backend = backend;
    event.origin = BackendEventOrigin::reports;
    event.at_ms = 0x0000018e00000000;
    event.reporters.insert(NodeId{1});
    event.reporters.insert(NodeId{64});
    return event;
}

/// Backend 0 is the primary, 1 is down and recovered by node 3; then 0 is detached and 2 promoted.
inline BackendTable sample_table() {
    BackendStates base;
    base.backends[0].primary = true;
    base.backends[1].up = false;
    base.backends[1].recovered_by = NodeId{3};
    base.commands_ended = 4;
    StaticVector<Entry, entries_max> entries;
    entries.push_back({sample_event(BackendEventKind::detach, 0), true});
    entries.push_back({sample_event(BackendEventKind::promote, 2), false});
    return *BackendTable::made_of({9, NodeId{1}}, 5, base, entries);
}

/// As long as a table can be.
inline BackendTable longest_table() {
    BackendStates base;
    for (Backend& backend : base.backends) backend.recovered_by = NodeId{64};
    StaticVector<Entry, entries_max> entries;
    while (!entries.full()) entries.push_back({sample_event(BackendEventKind::detach, 63), true});
    return *BackendTable::made_of({round_max, NodeId{64}}, 5, base, entries);
}

}  // namespace komainu::test
