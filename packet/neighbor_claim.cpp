#include "packet/neighbor_claim.h"

#include "packet/arp.h"
#include "packet/ndp.h"

namespace komainu {

std::optional<NeighborClaim> read_claim(Bytes frame) {
    if (const auto arp = parse_arp(frame)) {
        if (arp->sender_address.is_unspecified()) return {};
        return NeighborClaim{arp->sender_address, arp->sender_mac};
    }
    if (const auto advertisement = parse_advertisement(frame))
        return NeighborClaim{advertisement->target,
                             advertisement->target_mac.value_or(advertisement->ethernet.source)};
    return {};
}

}  // namespace komainu
