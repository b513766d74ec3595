// What the fence's program in the kernel and the daemon share: the layout of its maps. In C, which
// both are compiled from; see guard/fence.bpf.c.
#pragma once

#include <linux/types.h>

enum { fence_vips_max = 1024 };

/// How an address stands in the table: its 16 bytes as two words. An IPv4 address stands in it as
/// ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2), an address that no packet of IPv6 may have.
struct fence_address {
    __u64 words[2];
};

/// A hash table of which each entry stays where it was put, so that whoever looks one up finds it
/// whatever is entered or removed meanwhile: in one of some places from its own on. Nothing but
/// zeros, which is no host's address, is an empty place. A quarter full at most, it has room
/// enough.
enum { fence_places_bits = 12, fence_places = 1 << fence_places_bits, fence_tries = 32 };
struct fence_table {
    struct fence_address places[fence_places];
};

/// An address's own place. Both words count, and of each the lowest bits, where addresses of one
/// network differ, as much as the highest.
static inline __u64 fence_place(const struct fence_address* address) {
    const __u64 odd = 0x9e3779b97f4a7c15;
    const __u64 folded = address->words[0] ^ address->words[1] * odd;
    return ((folded ^ folded >> 32) * odd) >> (64 - fence_places_bits);
}

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
