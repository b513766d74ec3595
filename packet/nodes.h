// What terms and ballots are made of: node ids in one byte each, and rounds.
#pragma once

#include "base/ids.h"
#include "core/term.h"
#include "packet/bytes.h"

namespace komainu {

inline void write_node(Writer& writer, NodeId node) { writer.u8(static_cast<std::uint8_t>(node)); }

/// Fails the reader when it is neither a node nor 0.
inline NodeId read_node_or_none(Reader& reader) {
    const NodeId node{reader.u8()};
    if (node != no_node && !is_valid(node)) reader.fail();
    return node;
}

inline NodeId read_node(Reader& reader) {
    const NodeId node{reader.u8()};
    if (!is_valid(node)) reader.fail();
    return node;
}

inline std::uint64_t read_round_or_none(Reader& reader) {
    const std::uint64_t round = reader.u64();
    if (round > round_max) reader.fail();
    return round;
}

}  // namespace komainu
