#include "core/quorum.h"

#include <algorithm>

#include "base/assert.h"

namespace komainu {

std::optional<Instant> reached_by(std::span<Instant> instants, int count) {
    KOMAINU_ASSERT(count >= 1);
    const auto wanted = static_cast<std::size_t>(count);
    if (instants.size() < wanted) return {};
    const auto place = instants.begin() + (count - 1);
    std::nth_element(instants.begin(), place, instants.end(), std::greater<>{});
    return *place;
}

}  // namespace komainu
