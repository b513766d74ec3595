#include "packet/ledger_record.h"

#include "packet/blocks.h"

namespace komainu {

namespace {

constexpr std::uint32_t magic = 0x4b4d4e4c;  // "KMNL"
constexpr std::uint8_t version = 1;

std::optional<LedgerRecord> read_record(Reader& reader) {
    if (reader.u32() != magic || reader.u8() != version) return {};
    LedgerRecord record;
    record.promised = read_ballot_or_none(reader);
    record.applied = reader.u64();
    read_backend_table(reader, record.table);
    if (record.applied > record.table.index()) reader.fail();
    return record;
}

}  // namespace

Bytes encode(const LedgerRecord& record, std::span<std::byte> room) {
    Writer writer(room);
    writer.u32(magic);
    writer.u8(version);
    write(writer, record.promised);
    writer.u64(record.applied);
    write(writer, record.table);
    writer.bytes(hash_of(writer.written()));
    return finished(writer);
}

std::optional<LedgerRecord> decode_ledger_record(Bytes bytes) {
    if (bytes.size() < tag_bytes) return {};
    const Bytes covered = bytes.first(bytes.size() - tag_bytes);
    if (!std::ranges::equal(hash_of(covered), bytes.last(tag_bytes))) return {};
    return read_whole(covered, read_record);
}

}  // namespace komainu
