// Counts what this program allocates with operator new, to show that something allocates nothing.
// The program whose code refers to this gets its own operator new and delete.
#pragma once

#include <cstdint>

namespace komainu::lab {

/// Allocations since the program started, of all threads.
std::uint64_t allocations();

}  // namespace komainu::lab
