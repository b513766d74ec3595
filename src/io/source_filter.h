// A filter that the kernel runs over each datagram before it is queued at a UDP socket: what
// strangers send takes no room there and wakes nobody up. It is no authentication, for anybody on
// the LAN can write a peer's address as his own.
#pragma once

#include <linux/filter.h>

#include <span>
#include <vector>

#include "base/address.h"
#include "base/fd.h"

namespace komainu {

/// Passes datagrams of at most that many bytes whose source is one of the addresses, which are all
/// of one family. From nobody when there are none.
std::vector<sock_filter> source_filter(std::span<const IpAddress> sources, std::size_t bytes_max);

/// Before bind(), so that nothing slips in (socket(7), SO_ATTACH_FILTER). False, with errno, when
/// the kernel refuses.
bool attach_filter(const Fd& socket, std::vector<sock_filter> program);

}  // namespace komainu
