// The addresses that the fence holds back, in memory that its program in the kernel reads as well
// (guard/fence_layout.h has the layout). It may change while packets pass: who is looked up sees
// each address either entered or not, and one that stays is never missing.
#pragma once

#include <memory>
#include <span>

#include "base/address.h"
#include "base/result.h"
#include "guard/fence_layout.h"

namespace komainu {

struct UnmapFenceTable {
    void operator()(fence_table* table) const;
};
using SharedFenceTable = std::unique_ptr<fence_table, UnmapFenceTable>;

/// That of the program's map, which is empty at first.
Result<SharedFenceTable> map_fence_table(int map);

/// Enters an address, unless it is there. An error where its places are taken, which takes
/// thousands of addresses, or dozens that somebody has searched for.
Status enter(fence_table& table, const IpAddress& address);

/// Removes all addresses but these.
void keep_only(fence_table& table, std::span<const IpAddress> addresses);

}  // namespace komainu
