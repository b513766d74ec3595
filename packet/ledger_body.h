// The bodies of the frames in which nodes agree on the table of backends. Their layout is told in
// the .cpp file.
#pragma once

#include "core/ledger_message.h"
#include "packet/backend_bytes.h"

namespace komainu {

inline constexpr std::size_t ledger_body_bytes_max = ballot_bytes + backend_table_bytes_max + 8 + 1;

bool is_ledger_type(std::uint8_t type);
std::uint8_t ledger_message_type(const LedgerMessage& message);
void write_ledger_body(Writer& writer, const LedgerMessage& message);

/// False when the type is none of these, or the bytes do not begin with a body of that type. What
/// follows it is a later version's, and passed over. The message is then undefined.
bool read_ledger_body(std::uint8_t type, Bytes body, LedgerMessage& message);

}  // namespace komainu
