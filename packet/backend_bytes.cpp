#include "packet/backend_bytes.h"

#include "packet/blocks.h"
#include "packet/nodes.h"

namespace komainu {

namespace {

void write(Writer& writer, const NodeSet& nodes) {
    std::uint64_t bits = 0;
    for (int i = nodes_max; i >= 1; --i)
        bits = bits << 1 | (nodes.contains(NodeId{static_cast<std::uint8_t>(i)}) ? 1u : 0u);
    writer.u64(bits);
}

void write(Writer& writer, const Entry& entry) {
    write(writer, entry.event);
    writer.u8(entry.has_command ? 1 : 0);
}

void write_recoveries(Writer& writer, const BackendStates& states) {
    const auto count = writer.claim(1);
    std::uint8_t recoveries = 0;
    for (std::size_t i = 0; i < backends_max; ++i) {
        if (states.backends[i].recovered_by == no_node) continue;
        writer.u8(static_cast<std::uint8_t>(i));
        write_node(writer, states.backends[i].recovered_by);
        ++recoveries;
    }
    Writer(count).u8(recoveries);
}

void write(Writer& writer, const BackendStates& states) {
    std::uint64_t up = 0;
    for (std::size_t i = backends_max; i-- > 0;) up = up << 1 | (states.backends[i].up ? 1u : 0u);
    writer.u64(up);
    const auto primary = states.primary();
    writer.u8(primary ? static_cast<std::uint8_t>(*primary + 1) : std::uint8_t{0});
    write_recoveries(writer, states);
    writer.u64(states.commands_ended);
}

NodeSet read_node_set(Reader& reader) {
    const std::uint64_t bits = reader.u64();
    NodeSet nodes;
    for (int i = 0; i < nodes_max; ++i)
        if (bits >> i & 1u) nodes.insert(NodeId{static_cast<std::uint8_t>(i + 1)});
    return nodes;
}

std::uint8_t read_backend(Reader& reader) {
    const std::uint8_t backend = reader.u8();
    if (backend >= backends_max) reader.fail();
    return backend;
}

Entry read_entry(Reader& reader) {
    Entry entry;
    entry.event = read_backend_event(reader);
    entry.has_command = read_flag(reader);
    return entry;
}

void read_recoveries(Reader& reader, BackendStates& states) {
    const std::size_t count = reader.u8();
    int previous = -1;
    for (std::size_t i = 0; i < count && reader.ok(); ++i) {
        const std::uint8_t backend = read_backend(reader);
        const NodeId node = read_node(reader);
        if (!reader.ok() || backend <= previous) return reader.fail();
        previous = backend;
        states.backends[backend].recovered_by = node;
    }
}

BackendStates read_backend_states(Reader& reader) {
    BackendStates states;
    const std::uint64_t up = reader.u64();
    for (std::size_t i = 0; i < backends_max; ++i) states.backends[i].up = (up >> i & 1u) != 0;
    const std::uint8_t primary = reader.u8();
    if (primary > backends_max)
        reader.fail();
    else if (primary != 0)
        states.backends[primary - 1u].primary = true;
    read_recoveries(reader, states);
    states.commands_ended = reader.u64();
    return states;
}

}  // namespace

void write(Writer& writer, const Ballot& ballot) {
    writer.u64(ballot.round);
    write_node(writer, ballot.node);
}

void write(Writer& writer, const EventId& id) {
    write_node(writer, id.origin);
    writer.u64(id.number);
}

void write(Writer& writer, const BackendEvent& event) {
    write(writer, event.id);
    write_enum(writer, event.kind);
    writer.u8(event.backend);
    write_enum(writer, event.origin);
    writer.u64(static_cast<std::uint64_t>(event.at_ms));
    write(writer, event.reporters);
    writer.u64(event.ended);
    writer.u8(event.status);
}

void write(Writer& writer, const BackendTable& table) {
    write(writer, table.ballot);
    writer.u64(table.base_index());
    write(writer, table.base());
    writer.u8(static_cast<std::uint8_t>(table.entries().size()));
    for (const Entry& entry : table.entries()) write(writer, entry);
}

// --- Reading ------------------------------------------------------------------------------------

bool read_flag(Reader& reader) { return read_enum<std::uint8_t>(reader, 2) == 1; }

Ballot read_ballot_or_none(Reader& reader) {
    Ballot ballot;
    ballot.round = read_round_or_none(reader);
    ballot.node = read_node_or_none(reader);
    if ((ballot.round == 0) != (ballot.node == no_node)) reader.fail();
    return ballot;
}

Ballot read_ballot(Reader& reader) {
    const Ballot ballot = read_ballot_or_none(reader);
    if (ballot == Ballot{}) reader.fail();
    return ballot;
}

EventId read_event_id(Reader& reader) {
    EventId id;
    id.origin = read_node(reader);
    id.number = reader.u64();
    return id;
}

BackendEvent read_backend_event(Reader& reader) {
    BackendEvent event;
    event.id = read_event_id(reader);
    event.kind = read_enum<BackendEventKind>(reader, backend_event_kinds);
    event.backend = read_backend(reader);
    event.origin = read_enum<BackendEventOrigin>(reader, backend_event_origins);
    event.at_ms = static_cast<std::int64_t>(reader.u64());
    event.reporters = read_node_set(reader);
    event.ended = reader.u64();
    event.status = reader.u8();
    return event;
}

void read_backend_table(Reader& reader, BackendTable& table) {
    const Ballot ballot = read_ballot_or_none(reader);
    const std::uint64_t base_index = reader.u64();
    const BackendStates base = read_backend_states(reader);
    StaticVector<Entry, entries_max> entries;
    const std::size_t count = reader.u8();
    if (count > entries_max) reader.fail();
    for (std::size_t i = 0; i < count && reader.ok(); ++i) entries.push_back(read_entry(reader));
    if (!reader.ok()) return;
    if (const auto made = BackendTable::made_of(ballot, base_index, base, entries))
        table = *made;
    else
        reader.fail();
}

}  // namespace komainu
