// Who says by ARP or NDP that an address is his. Reads raw frames of the LAN in a process with
// privileges: total, and bounded by the frame.
#pragma once

#include <optional>

#include "packet/ethernet.h"

namespace komainu {

struct NeighborClaim {
    IpAddress address;
    MacAddress mac;  ///< where the claimant says that it lives
    auto operator<=>(const NeighborClaim&) const = default;
};

/// The claim of an Ethernet frame:
/// - ARP, request or reply, from a sender IP address (RFC 5227 section 2.4). So a probe, which has
///   none, is no claim: it asks for the address, and whoever has it answers.
/// - A neighbor advertisement for a target, override or not (RFC 4862 section 5.4.4), from the
///   hardware address in its option or, without one, of its frame.
/// Nothing when it is any other frame, or one that neighbours must discard. A solicitation of
/// duplicate address detection is no claim for the same reason as a probe.
std::optional<NeighborClaim> read_claim(Bytes frame);

}  // namespace komainu
