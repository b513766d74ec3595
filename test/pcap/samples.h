// Messages of every type, as they travel; with more than one of each where much can be in them. The
// tags are nobody's.
#pragma once

#include <random>
#include <vector>

#include "test/unit/hex.h"

namespace komainu::test {

std::vector<ByteVector> sample_datagrams();
std::vector<ByteVector> sample_units();

/// What the dissector says of all of them, a line each.
extern const char* const sample_lines;

ByteVector framed(std::uint8_t type, Bytes body);

/// Changes one to three of the bytes, some of them by a little, some to what is at the edge.
void alter(ByteVector& bytes, std::size_t first, std::size_t end, std::mt19937& random);

}  // namespace komainu::test
