// Where the VIPs of a new list stood in the list before: what is kept by VIP moves with them.
#pragma once

#include <optional>
#include <vector>

#include "conf/config.h"

namespace komainu {

/// By new place: the place before of the VIP that is the same in everything but its name. Nothing
/// for one that is new, or different.
using FormerPlaces = std::vector<std::optional<std::size_t>>;

FormerPlaces former_places(const std::vector<VipConfig>& before,
                           const std::vector<VipConfig>& after);

/// What was kept by place, for the new list; of a VIP that was not in the old one nothing is known.
template <class Kept>
std::vector<Kept> rearranged(std::vector<Kept>&& kept, const FormerPlaces& former) {
    std::vector<Kept> after;
    for (const auto& place : former) after.push_back(place ? std::move(kept[*place]) : Kept{});
    return after;
}

}  // namespace komainu
