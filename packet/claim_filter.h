// The kernel's part in listening for claims: a classic BPF program for a packet socket, which lets
// pass the frames that may claim one of the given addresses. So what the LAN says otherwise wakes
// nobody up. It is coarse where read_claim is exact: of an IPv6 address it compares the last four
// bytes, and checksums it leaves alone.
#pragma once

#include <linux/filter.h>

#include <span>
#include <vector>

#include "base/address.h"

namespace komainu {

/// For sockets that see frames from the Ethernet header on. Addresses of another family are left
/// out; without any, nothing passes. About one instruction per address: a thousand fit into what
/// the kernel takes (4096), and into what a socket may hold by default (net.core.optmem_max, 20
/// KiB).
std::vector<sock_filter> claim_filter(Family family, std::span<const IpAddress> addresses);

}  // namespace komainu
