// What a message says, as the fields of the dissector: told from what packet/ has decoded, each
// field of each value. A field or a type that is new does not compile here until it is told, and
// then fails the tests until the dissector tells it too.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "packet/datagram.h"
#include "packet/peer_session.h"
#include "test/unit/hex.h"

namespace komainu::test {

/// By the name of a field, less "komainu.", its values in the order in which they stand.
using Told = std::map<std::string, std::vector<std::string>>;

/// Nothing: it is refused as malformed. The tag is not looked at.
std::optional<Told> tell_datagram(Bytes datagram);

/// Of a stream: a hello, why there is none, or a frame; exactly one.
std::optional<Told> tell_unit(Bytes unit);

/// How long what begins there is; nothing while that does not show.
std::optional<std::size_t> unit_bytes(Bytes stream);

}  // namespace komainu::test
