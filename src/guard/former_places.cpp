#include "guard/former_places.h"

#include <map>

namespace komainu {

namespace {

bool differ_by_name_only(const VipConfig& a, VipConfig b) {
    b.name = a.name;
    return a == b;
}

}  // namespace

FormerPlaces former_places(const std::vector<VipConfig>& before,
                           const std::vector<VipConfig>& after) {
    std::map<IpAddress, std::size_t> place_of;
    for (std::size_t i = 0; i < before.size(); ++i) place_of[before[i].address.address] = i;
    FormerPlaces former;
    for (const VipConfig& vip : after) {
        const auto found = place_of.find(vip.address.address);
        const bool same =
            found != place_of.end() && differ_by_name_only(before[found->second], vip);
        former.push_back(same ? std::optional(found->second) : std::nullopt);
    }
    return former;
}

}  // namespace komainu
