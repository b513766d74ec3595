// The table of backends and what it is made of, as they stand in frames of the peer streams and in
// the file on the disk. All numbers are big-endian.
//
//   ballot  round 8, node 1
//   id      origin node 1, number 8
//   event   id 9, kind 1, backend 1, origin 1, at_ms 8, reporters 8 (bit 0 is node 1), ended 8,
//           status 1
//   entry   event 37, has a command 1 (0 or 1)
//   states  up 8 (bit 0 is backend 0), primary 1 (0: none; else its backend + 1), count of
//           recoveries 1, then count times: backend 1, node 1, ascending by backend; commands
//           ended 8
//   table   ballot 9, index of the newest folded entry 8, states after it, count of entries 1, then
//           so many entries
//
// The ballot of a table that nothing was ever entered in is 0 and 0.
#pragma once

#include "core/backend_table.h"
#include "packet/bytes.h"

namespace komainu {

inline constexpr std::size_t ballot_bytes = 9;
inline constexpr std::size_t backend_event_bytes = 37;
inline constexpr std::size_t backend_table_bytes_max = ballot_bytes + 8 + 8 + 1 + 1 +
                                                       2 * backends_max + 8 + 1 +
                                                       entries_max * (backend_event_bytes + 1);

void write(Writer& writer, const Ballot& ballot);
void write(Writer& writer, const EventId& id);
void write(Writer& writer, const BackendEvent& event);
void write(Writer& writer, const BackendTable& table);

/// These fail the reader when the bytes are none, or none that means anything. A table is then as
/// it was.
Ballot read_ballot(Reader& reader);
Ballot read_ballot_or_none(Reader& reader);
EventId read_event_id(Reader& reader);
BackendEvent read_backend_event(Reader& reader);
void read_backend_table(Reader& reader, BackendTable& table);

/// 0 or 1.
bool read_flag(Reader& reader);

/// One of the first `count` values of an enum.
template <class Enum>
Enum read_enum(Reader& reader, std::size_t count) {
    const std::uint8_t value = reader.u8();
    if (value >= count) reader.fail();
    return static_cast<Enum>(value);
}

}  // namespace komainu
