// What the fence's program in the kernel and the daemon share: the layout of its maps. In C, which
// both are compiled from; see guard/fence.bpf.c.
#pragma once

#include <linux/types.h>

enum { fence_vips_max = 1024 };

/// The key of the VIP table. An IPv4 address stands in it as ::ffff:a.b.c.d (RFC 4291 section
/// 2.5.5.2), an address that no packet of IPv6 may have.
struct fence_address {
    __u8 bytes[16];
};

/// The page that main writes and the guard reads (guard/lease_page.h).
struct fence_lease {
    __s64 expiry_ns;  ///< CLOCK_BOOTTIME; packets of a VIP pass before it and not from it on
    __s64 guard_seen_ns;
};

/// What is counted when it is dropped.
enum fence_counter {
    fence_questions,  ///< received: who has the VIP? Every node that does not hold it ignores those
    fence_packets_in,   ///< received: IP packets to a VIP
    fence_answers,      ///< sent: ARP and neighbor advertisements that say a VIP is here
    fence_packets_out,  ///< sent: IP packets from a VIP
    fence_counters,
};
