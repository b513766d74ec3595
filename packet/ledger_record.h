// What a node has agreed to, as the file on its disk has it. All numbers are big-endian.
//
//   offset bytes
//        0     4  magic "KMNL"
//        4     1  version, 1
//        5     9  ballot promised, 0 and 0: none yet
//       14     8  index of the newest entry applied
//       22     n  table (packet/backend_bytes.h)
//     22+n    32  BLAKE2b-256 of all bytes before it
//
// The sum tells a torn or damaged file from a whole one, and nothing more: who can write the file
// can write the sum.
#pragma once

#include <optional>

#include "packet/backend_bytes.h"
#include "packet/seal.h"

namespace komainu {

inline constexpr std::size_t ledger_record_bytes_max = 22 + backend_table_bytes_max + tag_bytes;

/// Writes it into `room`, which has ledger_record_bytes_max, and returns its bytes.
Bytes encode(const LedgerRecord& record, std::span<std::byte> room);

/// Nothing when the bytes are not one whole record, which encodes to the same bytes again.
std::optional<LedgerRecord> decode_ledger_record(Bytes bytes);

}  // namespace komainu
