// The file with what a node has agreed to (packet/ledger_record.h), and the bodies of the frames
// that are about it (packet/ledger_body.h). The bytes are tried as they are; as a file with a sum
// that belongs to them; and as the body of a frame, whose type is their first byte.
#include "packet/ledger_record.h"

#include <algorithm>
#include <array>

#include "packet/ledger_body.h"
#include "test/fuzz/fuzz.h"

namespace komainu::fuzz {

namespace {

void is_one_record_or_none(Bytes bytes) {
    const auto record = decode_ledger_record(bytes);
    if (!record) return;
    std::array<std::byte, ledger_record_bytes_max> room;
    must_hold(std::ranges::equal(encode(*record, room), bytes),
              "what was read is written as the same bytes");
}

/// What follows is a later version's.
void begins_with_one_body_or_none(std::uint8_t type, Bytes body) {
    LedgerMessage message;
    if (!read_ledger_body(type, body, message)) return;
    must_hold(ledger_message_type(message) == type, "the message is of the body's type");
    std::array<std::byte, ledger_body_bytes_max> room;
    Writer writer(room);
    write_ledger_body(writer, message);
    must_hold(writer.ok(), "any message fits its room");
    const Bytes written = writer.written();
    must_hold(
        written.size() <= body.size() && std::ranges::equal(written, body.first(written.size())),
        "what was read is written as the same bytes");
}

Entry entry(std::uint64_t number, BackendEventKind kind) {
    Entry entry;
    entry.event.id = {NodeId{2}, number};
    entry.event.kind = kind;
    entry.has_command = kind == BackendEventKind::detach;
    return entry;
}

BackendTable table() {
    BackendTable table;
    table.ballot = {9, NodeId{1}};
    table.enter(entry(77, BackendEventKind::detach));
    table.enter(entry(78, BackendEventKind::recovery_start));
    for (std::size_t i = 0; i < entries_max; ++i)
        table.enter(entry(79 + i, BackendEventKind::attach));
    return table;
}

}  // namespace

void examine(Bytes input) {
    is_one_record_or_none(input);
    is_one_record_or_none(bytes_of(text_of(input) + text_of(hash_of(input))));
    if (input.empty()) return;
    begins_with_one_body_or_none(std::to_integer<std::uint8_t>(input[0]), input.subspan(1));
}

std::vector<std::string> seeds() {
    std::vector<std::string> seeds;
    const Ballot ballot{9, NodeId{1}};
    for (const LedgerRecord& record : {LedgerRecord{}, LedgerRecord{ballot, table(), 66}}) {
        std::array<std::byte, ledger_record_bytes_max> room;
        seeds.push_back(text_of(encode(record, room)));
        seeds.push_back(seeds.back().substr(0, seeds.back().size() - tag_bytes));
    }
    for (const LedgerMessage& message : std::initializer_list<LedgerMessage>{
             Prepare{ballot}, Promised{ballot, table()}, Outbid{ballot}, Accept{table(), 66, true},
             Accepted{ballot, 66, true}, Committed{ballot, 66}, RecordLost{},
             EventSubmitted{table().entry(66).event}, EventRefused{{NodeId{2}, 77}},
             BackendsSeen{5}}) {
        std::array<std::byte, ledger_body_bytes_max> room;
        Writer writer(room);
        write_ledger_body(writer, message);
        seeds.push_back(static_cast<char>(ledger_message_type(message)) +
                        text_of(writer.written()));
    }
    return seeds;
}

}  // namespace komainu::fuzz
