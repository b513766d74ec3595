// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
//
// The fence: a classifier at tc ingress and egress of each interface that carries VIPs. While the
// lease stands it lets everything pass. As soon as the lease is over this host neither answers for
// a VIP nor hears what is sent to one, whoever is stopped or dead. All else passes, and what
// concerns VIPs that others hold as well: their announcements, their packets, our packets to them.
//
// What passes is left to the filters that stand behind this one (TC_ACT_UNSPEC).
//
// The VIPs of all interfaces are fenced off on each of them, since Linux answers for an address on
// any interface. So a host without the lease does not forward packets to or from a VIP either,
// between interfaces that carry VIPs.
//
// A frame too short for what it claims to be passes: nobody takes it for an answer, and the kernel
// throws it away.
//
// The file itself is under either license; the kernel lends its boot clock to GPL programs only.
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "guard/fence_layout.h"

// Beside the outermost tag, which the kernel mostly keeps outside of the frame. No interface's own
// address answers to more.
#define TAGS_MAX 3

enum direction { received, sent };

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __uint(map_flags, BPF_F_MMAPABLE);
    __type(key, __u32);
    __type(value, struct fence_table);
} vips SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __uint(map_flags, BPF_F_MMAPABLE);
    __type(key, __u32);
    __type(value, struct fence_lease);
} lease SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, fence_counters);
    __uint(map_flags, BPF_F_MMAPABLE);
    __type(key, __u32);
    __type(value, __u64);
} drops SEC(".maps");

// ARP for IPv4 over Ethernet (RFC 826).
struct arp_packet {
    __be16 hardware, protocol;
    __u8 hardware_length, protocol_length;
    __be16 operation;
    __u8 sender_mac[ETH_ALEN], sender[4];
    __u8 target_mac[ETH_ALEN], target[4];
};
#define ARP_REQUEST 1

struct ipv6_header {
    __u8 flow[4];
    __be16 payload_length;
    __u8 next_header, hop_limit;
    __u8 source[16], destination[16];
};
#define ICMPV6 58

// Neighbor solicitation and advertisement (RFC 4861 sections 4.3 and 4.4).
struct ndp_message {
    __u8 type, code;
    __be16 checksum;
    __u8 flags[4];
    __u8 target[16];
};
#define SOLICITATION 135
#define ADVERTISEMENT 136

static __always_inline int drop(enum fence_counter counter) {
    __u32 key = counter;
    __u64* count = bpf_map_lookup_elem(&drops, &key);
    if (count) __sync_fetch_and_add(count, 1);
    return TC_ACT_SHOT;
}

static __always_inline int lease_stands(void) {
    __u32 key = 0;
    const volatile struct fence_lease* page = bpf_map_lookup_elem(&lease, &key);
    return page && (__s64)bpf_ktime_get_boot_ns() < page->expiry_ns;
}

// All places that an address may have are looked at: one before it may have become empty since.
static __noinline int is_entered(const struct fence_address* address) {
    __u32 key = 0;
    const struct fence_table* table = bpf_map_lookup_elem(&vips, &key);
    const __u64 first = address->words[0], second = address->words[1];
    if (!table || (first | second) == 0) return 0;
    const __u64 place = fence_place(address);
    // Unrolled, since without CAP_PERFMON the kernel also walks what a processor might speculate, and
    // takes the loop for one without an end.
#pragma unroll
    for (int i = 0; i < fence_tries; ++i) {
        const struct fence_address* entry = &table->places[(place + i) % fence_places];
        if (entry->words[0] == first && entry->words[1] == second) return 1;
    }
    return 0;
}

static __always_inline int is_vip(const __u8 bytes[16]) {
    struct fence_address address;
    __builtin_memcpy(&address, bytes, sizeof address);
    return is_entered(&address);
}

static __always_inline int is_vip4(const __u8 address[4]) {
    __u8 mapped[16] = {};
    mapped[10] = mapped[11] = 0xff;
    __builtin_memcpy(&mapped[12], address, 4);
    return is_vip(mapped);
}

// A received request for a VIP is a question, except from the VIP itself: that announces it. The
// answer to a question of ours is no question, and our probes (RFC 5227) have no sender to claim.
static __always_inline int judge_arp(struct __sk_buff* skb, __u32 offset, enum direction way) {
    struct arp_packet arp;
    if (bpf_skb_load_bytes(skb, offset, &arp, sizeof arp) < 0) return TC_ACT_UNSPEC;
    if (arp.protocol != bpf_htons(ETH_P_IP) || arp.hardware_length != ETH_ALEN ||
        arp.protocol_length != 4)
        return TC_ACT_UNSPEC;
    if (way == sent) return is_vip4(arp.sender) ? drop(fence_answers) : TC_ACT_UNSPEC;
    if (arp.operation != bpf_htons(ARP_REQUEST) ||
        __builtin_memcmp(arp.sender, arp.target, 4) == 0 || !is_vip4(arp.target))
        return TC_ACT_UNSPEC;
    return drop(fence_questions);
}

static __always_inline int judge_ipv4(struct __sk_buff* skb, __u32 offset, enum direction way) {
    __u8 address[4];
    const __u32 source = 12, destination = 16;  // RFC 791 section 3.1
    if (bpf_skb_load_bytes(skb, offset + (way == sent ? source : destination), address, 4) < 0 ||
        !is_vip4(address))
        return TC_ACT_UNSPEC;
    return drop(way == sent ? fence_packets_out : fence_packets_in);
}

// Solicitations come to a multicast group, and advertisements may leave from another address, so
// that neither need have the VIP in the packet's header. Extension headers before them are not
// looked behind: the answer to such a solicitation has none, and is dropped.
static __always_inline int judge_ipv6(struct __sk_buff* skb, __u32 offset, enum direction way) {
    struct ipv6_header ip;
    struct ndp_message ndp;
    if (bpf_skb_load_bytes(skb, offset, &ip, sizeof ip) < 0) return TC_ACT_UNSPEC;
    if (ip.next_header == ICMPV6 &&
        bpf_skb_load_bytes(skb, offset + sizeof ip, &ndp, sizeof ndp) == 0 &&
        ndp.type == (way == sent ? ADVERTISEMENT : SOLICITATION) && is_vip(ndp.target))
        return drop(way == sent ? fence_answers : fence_questions);
    if (!is_vip(way == sent ? ip.source : ip.destination)) return TC_ACT_UNSPEC;
    return drop(way == sent ? fence_packets_out : fence_packets_in);
}

static __always_inline int judge(struct __sk_buff* skb, enum direction way) {
    if (lease_stands()) return TC_ACT_UNSPEC;
    __u32 offset = 2 * ETH_ALEN;
    __be16 type;
#pragma unroll
    for (int tag = 0; tag <= TAGS_MAX; ++tag) {
        if (bpf_skb_load_bytes(skb, offset, &type, sizeof type) < 0) return TC_ACT_UNSPEC;
        if (type != bpf_htons(ETH_P_8021Q) && type != bpf_htons(ETH_P_8021AD)) break;
        offset += 4;
    }
    offset += sizeof type;
    if (type == bpf_htons(ETH_P_ARP)) return judge_arp(skb, offset, way);
    if (type == bpf_htons(ETH_P_IP)) return judge_ipv4(skb, offset, way);
    if (type == bpf_htons(ETH_P_IPV6)) return judge_ipv6(skb, offset, way);
    return TC_ACT_UNSPEC;
}

// What is received for another hardware address is not for this host's own stack, and only passes
// through to whoever sits on top of this interface (macvlan, a bridge).
SEC("tc")
int komainu_in(struct __sk_buff* skb) {
    return skb->pkt_type == PACKET_OTHERHOST ? TC_ACT_UNSPEC : judge(skb, received);
}

SEC("tc")
int komainu_out(struct __sk_buff* skb) { return judge(skb, sent); }

char komainu_license[] SEC("license") = "Dual BSD/GPL";
