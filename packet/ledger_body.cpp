// Layouts, sizes in bytes; of ballot, id, event and table in packet/backend_bytes.h:
//
//   type
//     16  prepare          ballot 9
//     17  promised         ballot 9, table
//     18  outbid           promised ballot 9
//     19  accept           table, committed index 8, recovers 1 (0 or 1)
//     20  accepted         ballot 9, index 8, on disk 1 (0 or 1)
//     21  committed        ballot 9, index 8
//     22  record lost      -
//     23  event submitted  event 37
//     24  event refused    id 9, why 1
//     25  backends seen    down 8 (bit 0 is backend 0)
#include "packet/ledger_body.h"

#include "packet/blocks.h"

namespace komainu {

namespace {

void write(Writer& writer, const Prepare& prepare) { write(writer, prepare.ballot); }

void write(Writer& writer, const Promised& promised) {
    write(writer, promised.ballot);
    write(writer, promised.table);
}

void write(Writer& writer, const Outbid& outbid) { write(writer, outbid.promised); }

void write(Writer& writer, const Accept& accept) {
    write(writer, accept.table);
    writer.u64(accept.committed);
    writer.u8(accept.recovers ? 1 : 0);
}

void write(Writer& writer, const Accepted& accepted) {
    write(writer, accepted.ballot);
    writer.u64(accepted.index);
    writer.u8(accepted.on_disk ? 1 : 0);
}

void write(Writer& writer, const Committed& committed) {
    write(writer, committed.ballot);
    writer.u64(committed.index);
}

void write(Writer&, const RecordLost&) {}

void write(Writer& writer, const EventSubmitted& submitted) { write(writer, submitted.event); }

void write(Writer& writer, const EventRefused& refused) {
    write(writer, refused.id);
    write_enum(writer, refused.why);
}

void write(Writer& writer, const BackendsSeen& seen) { writer.u64(seen.down); }

void read(Reader& reader, Prepare& prepare) { prepare.ballot = read_ballot(reader); }

void read(Reader& reader, Promised& promised) {
    promised.ballot = read_ballot(reader);
    read_backend_table(reader, promised.table);
}

void read(Reader& reader, Outbid& outbid) { outbid.promised = read_ballot(reader); }

void read(Reader& reader, Accept& accept) {
    read_backend_table(reader, accept.table);
    accept.committed = reader.u64();
    accept.recovers = read_flag(reader);
    if (accept.committed > accept.table.index()) reader.fail();
}

void read(Reader& reader, Accepted& accepted) {
    accepted.ballot = read_ballot(reader);
    accepted.index = reader.u64();
    accepted.on_disk = read_flag(reader);
}

void read(Reader& reader, Committed& committed) {
    committed.ballot = read_ballot(reader);
    committed.index = reader.u64();
}

void read(Reader&, RecordLost&) {}

void read(Reader& reader, EventSubmitted& submitted) {
    submitted.event = read_backend_event(reader);
}

void read(Reader& reader, EventRefused& refused) {
    refused.id = read_event_id(reader);
    refused.why = read_enum<EventOutcome>(reader, event_outcomes);
}

void read(Reader& reader, BackendsSeen& seen) { seen.down = reader.u64(); }

template <class M>
bool read_as(Bytes body, LedgerMessage& message) {
    Reader reader(body);
    read(reader, message.emplace<M>());
    return reader.ok();
}

constexpr std::uint8_t first_type = 16;

}  // namespace

bool is_ledger_type(std::uint8_t type) {
    return type >= first_type && type < first_type + std::variant_size_v<LedgerMessage>;
}

std::uint8_t ledger_message_type(const LedgerMessage& message) {
    return static_cast<std::uint8_t>(first_type + message.index());
}

void write_ledger_body(Writer& writer, const LedgerMessage& message) {
    std::visit([&](const auto& m) { write(writer, m); }, message);
}

bool read_ledger_body(std::uint8_t type, Bytes body, LedgerMessage& message) {
    switch (type) {
        case 16:
            return read_as<Prepare>(body, message);
        case 17:
            return read_as<Promised>(body, message);
        case 18:
            return read_as<Outbid>(body, message);
        case 19:
            return read_as<Accept>(body, message);
        case 20:
            return read_as<Accepted>(body, message);
        case 21:
            return read_as<Committed>(body, message);
        case 22:
            return read_as<RecordLost>(body, message);
        case 23:
            return read_as<EventSubmitted>(body, message);
        case 24:
            return read_as<EventRefused>(body, message);
        case 25:
            return read_as<BackendsSeen>(body, message);
    }
    return false;
}

}  // namespace komainu
