// The builders of netlink/messages.h.
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>

#include "base/assert.h"
#include "netlink/messages.h"
#include "netlink/wire.h"

namespace komainu {

namespace {

bool is_aligned(const void* bytes) {
    return reinterpret_cast<std::uintptr_t>(bytes) % netlink_alignment == 0;
}

nlmsghdr* start_request(std::span<std::byte> room, std::uint32_t sequence, std::uint16_t type,
                        int flags) {
    KOMAINU_ASSERT(room.size() >= netlink_request_bytes_max && is_aligned(room.data()));
    // libmnl 1.0.4 leaves the padding of attributes as it finds it.
    std::ranges::fill(room.first(netlink_request_bytes_max), std::byte{0});
    nlmsghdr* message = mnl_nlmsg_put_header(room.data());
    message->nlmsg_type = type;
    message->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
    message->nlmsg_seq = sequence;
    return message;
}

template <class Header>
Header* put_header(nlmsghdr* message) {
    return static_cast<Header*>(mnl_nlmsg_put_extra_header(message, sizeof(Header)));
}

std::size_t finished(const nlmsghdr* message) {
    KOMAINU_ASSERT(message->nlmsg_len <= netlink_request_bytes_max);
    return message->nlmsg_len;
}

struct Kind {
    std::uint16_t type;
    int flags;
};

Kind kind_of(AddressRequest::Verb verb) {
    switch (verb) {
        case AddressRequest::Verb::add:
            return {RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL};
        case AddressRequest::Verb::renew:
            return {RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE};
        case AddressRequest::Verb::remove:
            return {RTM_DELADDR, 0};
    }
    KOMAINU_ASSERT(false);
}

unsigned char kernel_scope(AddressScope scope) {
    switch (scope) {
        case AddressScope::global:
            return RT_SCOPE_UNIVERSE;
        case AddressScope::site:
            return RT_SCOPE_SITE;
        case AddressScope::link:
            return RT_SCOPE_LINK;
    }
    KOMAINU_ASSERT(false);
}

// What only an address that is put there has.
void put_properties(nlmsghdr* message, const AddressRequest& request) {
    std::uint32_t flags = request.prefix_route ? 0 : IFA_F_NOPREFIXROUTE;
    ifa_cacheinfo lifetime{};
    lifetime.ifa_valid = request.valid_seconds;
    if (request.address.address.is_ipv4()) {
        // IPv4 source selection pays no regard to the preferred lifetime, so this is only the
        // plainest to read in "ip address".
        lifetime.ifa_prefered = request.valid_seconds;
    } else {
        // Without NODAD the address would be unusable while duplicates are looked for, and for good
        // if the old holder is found: it is the lease that says whose the address is. Preferred for
        // no time at all (RFC 4862, 5.5.4: deprecated), it is never the source of what this node
        // sends on its own behalf as long as the interface has another one.
        lifetime.ifa_prefered = 0;
        flags |= IFA_F_NODAD;
    }
    if (flags != 0) mnl_attr_put_u32(message, IFA_FLAGS, flags);
    if (!request.label.empty()) {
        KOMAINU_ASSERT(request.label.size() < IFNAMSIZ);
        mnl_attr_put_strz(message, IFA_LABEL, request.label.c_str());
    }
    mnl_attr_put(message, IFA_CACHEINFO, sizeof lifetime, &lifetime);
    mnl_attr_put_u8(message, address_proto_attribute, komainu_address_proto);
}

Kind kind_of(FilterRequest::Verb verb) {
    switch (verb) {
        case FilterRequest::Verb::prepare:
            return {RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL};
        case FilterRequest::Verb::kind:
            return {RTM_GETQDISC, NLM_F_ECHO};  // else only the multicast group is answered
        case FilterRequest::Verb::look:
            return {RTM_GETTFILTER, 0};
        case FilterRequest::Verb::put:
            return {RTM_NEWTFILTER, NLM_F_CREATE};
        case FilterRequest::Verb::remove:
            return {RTM_DELTFILTER, 0};
    }
    KOMAINU_ASSERT(false);
}

// Our place at the hook, for whatever protocol.
void put_place(tcmsg& header, Hook hook) {
    const auto minor = hook == Hook::ingress ? TC_H_MIN_INGRESS : TC_H_MIN_EGRESS;
    const auto priority = static_cast<std::uint32_t>(filter_priority) << 16;
    header.tcm_parent = TC_H_MAKE(TC_H_CLSACT, minor);
    header.tcm_handle = filter_handle;
    header.tcm_info = TC_H_MAKE(priority, static_cast<std::uint32_t>(htons(ETH_P_ALL)));
}

// The program itself says what becomes of a packet (direct action). The hardware is kept out of it.
void put_program(nlmsghdr* message, int program) {
    nlattr* options = mnl_attr_nest_start(message, TCA_OPTIONS);
    mnl_attr_put_u32(message, TCA_BPF_FD, static_cast<std::uint32_t>(program));
    mnl_attr_put_strz(message, TCA_BPF_NAME, filter_name);
    mnl_attr_put_u32(message, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
    mnl_attr_put_u32(message, TCA_BPF_FLAGS_GEN, TCA_CLS_FLAGS_SKIP_HW);
    mnl_attr_nest_end(message, options);
}

}  // namespace

std::size_t build_filter_request(std::span<std::byte> room, std::uint32_t sequence,
                                 const FilterRequest& request) {
    using Verb = FilterRequest::Verb;
    const auto [type, flags] = kind_of(request.verb);
    nlmsghdr* message = start_request(room, sequence, type, flags);
    auto* header = put_header<tcmsg>(message);
    header->tcm_family = AF_UNSPEC;
    header->tcm_ifindex = static_cast<int>(request.interface);
    if (request.verb == Verb::prepare || request.verb == Verb::kind) {
        header->tcm_parent = TC_H_CLSACT;
        if (request.verb == Verb::prepare) {
            header->tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0U);
            mnl_attr_put_strz(message, TCA_KIND, "clsact");
        }
        return finished(message);
    }
    put_place(*header, request.hook);
    mnl_attr_put_strz(message, TCA_KIND, "bpf");
    if (request.verb == Verb::put) put_program(message, request.program);
    return finished(message);
}

// A removal, too, carries IFA_LOCAL, IFA_ADDRESS and the prefix length: what is left out the kernel
// does not compare, and then the first match goes, such as the node's own address of that subnet.
std::size_t build_address_request(std::span<std::byte> room, std::uint32_t sequence,
                                  const AddressRequest& request) {
    const auto [type, flags] = kind_of(request.verb);
    nlmsghdr* message = start_request(room, sequence, type, flags);
    const IpAddress& address = request.address.address;
    auto* header = put_header<ifaddrmsg>(message);
    header->ifa_family = address.is_ipv4() ? AF_INET : AF_INET6;
    header->ifa_prefixlen = request.address.length;
    header->ifa_scope = kernel_scope(request.scope);
    header->ifa_index = static_cast<std::uint32_t>(request.interface);
    mnl_attr_put(message, IFA_LOCAL, address.size(), address.bytes.data());
    mnl_attr_put(message, IFA_ADDRESS, address.size(), address.bytes.data());
    if (request.verb != AddressRequest::Verb::remove) put_properties(message, request);
    return finished(message);
}

std::size_t build_promote_secondaries(std::span<std::byte> room, std::uint32_t sequence,
                                      InterfaceIndex interface) {
    nlmsghdr* message = start_request(room, sequence, RTM_SETLINK, 0);
    auto* header = put_header<ifinfomsg>(message);
    header->ifi_family = AF_UNSPEC;
    header->ifi_index = static_cast<int>(interface);
    nlattr* families = mnl_attr_nest_start(message, IFLA_AF_SPEC);
    nlattr* ipv4 = mnl_attr_nest_start(message, AF_INET);
    nlattr* settings = mnl_attr_nest_start(message, IFLA_INET_CONF);
    mnl_attr_put_u32(message, IPV4_DEVCONF_PROMOTE_SECONDARIES, 1);
    mnl_attr_nest_end(message, settings);
    mnl_attr_nest_end(message, ipv4);
    mnl_attr_nest_end(message, families);
    return finished(message);
}

}  // namespace komainu
