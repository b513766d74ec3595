// The parsers of netlink/messages.h. Their bounds are their own: libmnl's would take a message's
// end rounded up to the alignment for its end, and a length of 0xffffffff for -1.
#include "netlink/messages.h"

#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstring>
#include <string_view>

#include "netlink/wire.h"

namespace komainu {

namespace {

using Bytes = std::span<const std::byte>;

template <class T>
std::optional<T> read(Bytes bytes) {
    if (bytes.size() < sizeof(T)) return {};
    T value;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
}

// What follows the first length bytes and their padding.
Bytes without(Bytes bytes, std::size_t length) {
    return bytes.subspan(std::min(bytes.size(), MNL_ALIGN(length)));
}

// The payloads of the attributes by their type, which is below N; empty where there is none. Stops
// at the first that does not fit.
template <std::size_t N>
std::array<Bytes, N> attributes(Bytes bytes) {
    std::array<Bytes, N> found{};
    while (const auto attribute = read<nlattr>(bytes)) {
        const std::size_t type = attribute->nla_type & NLA_TYPE_MASK;
        const std::size_t length = attribute->nla_len;
        if (length < sizeof *attribute || length > bytes.size()) break;
        if (type < N) found[type] = bytes.first(length).subspan(sizeof *attribute);
        bytes = without(bytes, length);
    }
    return found;
}

// The header, if the bytes begin with a whole message.
std::optional<nlmsghdr> header_of(Bytes bytes) {
    const auto header = read<nlmsghdr>(bytes);
    if (!header || header->nlmsg_len < sizeof *header || header->nlmsg_len > bytes.size())
        return {};
    return header;
}

Bytes payload_of(const nlmsghdr& header, Bytes message) {
    return without(message.first(header.nlmsg_len), sizeof header);
}

std::optional<IpAddress> parse_ip_address(int family, Bytes bytes) {
    IpAddress address;
    if (family != AF_INET && family != AF_INET6) return {};
    address.family = family == AF_INET ? Family::ipv4 : Family::ipv6;
    if (bytes.size() != address.size()) return {};
    std::memcpy(address.bytes.data(), bytes.data(), bytes.size());
    return address;
}

std::optional<AddressRecord> parse_address_record(Bytes payload) {
    const auto header = read<ifaddrmsg>(payload);
    if (!header || header->ifa_index == 0 || header->ifa_index > INT_MAX) return {};
    const auto found = attributes<address_proto_attribute + 1>(without(payload, sizeof *header));
    // IFA_ADDRESS is the peer's on a point-to-point link; IPv6 gives IFA_LOCAL only there.
    const Bytes local = found[IFA_LOCAL].empty() ? found[IFA_ADDRESS] : found[IFA_LOCAL];
    const auto address = parse_ip_address(header->ifa_family, local);
    if (!address || header->ifa_prefixlen > address->size() * 8) return {};

    AddressRecord record;
    record.interface = static_cast<InterfaceIndex>(header->ifa_index);
    record.address = {*address, header->ifa_prefixlen};
    record.proto = read<std::uint8_t>(found[address_proto_attribute]).value_or(0);
    record.flags = read<std::uint32_t>(found[IFA_FLAGS]).value_or(header->ifa_flags);
    if (const auto lifetime = read<ifa_cacheinfo>(found[IFA_CACHEINFO]))
        record.valid_seconds = lifetime->ifa_valid;
    return record;
}

// Empty when no zero ends it.
std::string_view text(Bytes bytes) {
    const auto end = std::ranges::find(bytes, std::byte{0});
    if (end == bytes.end()) return {};
    return {static_cast<const char*>(static_cast<const void*>(bytes.data())),
            static_cast<std::size_t>(end - bytes.begin())};
}

// Empty unless it is a name that an interface can have.
std::string_view interface_name(Bytes bytes) {
    const auto name = text(bytes);
    return name.size() < IF_NAMESIZE ? name : std::string_view();
}

bool promotes_secondaries(Bytes af_spec) {
    const Bytes ipv4 = attributes<AF_INET + 1>(af_spec)[AF_INET];
    const Bytes settings = attributes<IFLA_INET_CONF + 1>(ipv4)[IFLA_INET_CONF];
    constexpr std::size_t offset = sizeof(int) * (IPV4_DEVCONF_PROMOTE_SECONDARIES - 1);
    return settings.size() > offset && read<int>(settings.subspan(offset)).value_or(0) != 0;
}

std::optional<LinkRecord> parse_link_record(const ifinfomsg& header, Bytes attribute_bytes) {
    const auto found = attributes<IFLA_AF_SPEC + 1>(attribute_bytes);
    // A notice of a wireless driver has the name and no other properties.
    if (!found[IFLA_WIRELESS].empty()) return {};
    const auto name = interface_name(found[IFLA_IFNAME]);
    if (name.empty()) return {};

    LinkRecord link;
    link.interface = static_cast<InterfaceIndex>(header.ifi_index);
    link.name = name;
    link.type = header.ifi_type;
    link.up = (header.ifi_flags & IFF_UP) != 0;
    link.running = (header.ifi_flags & IFF_RUNNING) != 0;
    link.promotes_secondaries = promotes_secondaries(found[IFLA_AF_SPEC]);
    if (const Bytes mac = found[IFLA_ADDRESS]; mac.size() == link.mac.bytes.size())
        std::memcpy(link.mac.bytes.data(), mac.data(), mac.size());
    return link;
}

std::optional<NetlinkEvent> parse_link_event(std::uint16_t type, Bytes payload) {
    const auto header = read<ifinfomsg>(payload);
    // A bridge tells in its own family (AF_BRIDGE) what happens to its ports. Its RTM_DELLINK says
    // that an interface is no longer a port, and not that it is gone.
    if (!header || header->ifi_family != AF_UNSPEC || header->ifi_index <= 0) return {};
    if (type == RTM_DELLINK) return LinkRemoved{static_cast<InterfaceIndex>(header->ifi_index)};
    auto link = parse_link_record(*header, without(payload, sizeof *header));
    if (!link) return {};
    return LinkChanged{std::move(*link)};
}

std::optional<NetlinkEvent> parse_address_event(std::uint16_t type, Bytes payload) {
    const auto record = parse_address_record(payload);
    if (!record) return {};
    if (type == RTM_DELADDR) return AddressRemoved{*record};
    return AddressAdded{*record};
}

}  // namespace

std::span<const std::byte> next_message(std::span<const std::byte>& datagram) {
    const auto header = header_of(datagram);
    if (!header) {
        datagram = {};
        return {};
    }
    const Bytes message = datagram.first(header->nlmsg_len);
    datagram = without(datagram, header->nlmsg_len);
    return message;
}

std::optional<NetlinkEvent> parse_event(std::span<const std::byte> message) {
    const auto header = header_of(message);
    if (!header) return {};
    const Bytes payload = payload_of(*header, message);
    switch (header->nlmsg_type) {
        case RTM_NEWADDR:
        case RTM_DELADDR:
            return parse_address_event(header->nlmsg_type, payload);
        case RTM_NEWLINK:
        case RTM_DELLINK:
            return parse_link_event(header->nlmsg_type, payload);
        default:
            return {};  // The kernel's kinds are many and grow.
    }
}

std::optional<FilterAnswer> parse_filter_answer(std::span<const std::byte> message) {
    const auto header = header_of(message);
    if (!header || (header->nlmsg_type != RTM_NEWTFILTER && header->nlmsg_type != RTM_NEWQDISC))
        return {};
    const auto found =
        attributes<TCA_OPTIONS + 1>(without(payload_of(*header, message), sizeof(tcmsg)));
    const Bytes name = attributes<TCA_BPF_NAME + 1>(found[TCA_OPTIONS])[TCA_BPF_NAME];
    return FilterAnswer{header->nlmsg_seq, std::string(text(found[TCA_KIND])),
                        std::string(text(name))};
}

std::optional<Acknowledgement> parse_acknowledgement(std::span<const std::byte> message) {
    const auto header = header_of(message);
    if (!header || header->nlmsg_type != NLMSG_ERROR) return {};
    const auto answer = read<nlmsgerr>(payload_of(*header, message));
    if (!answer || answer->error > 0 || answer->error == INT_MIN) return {};
    return Acknowledgement{header->nlmsg_seq, -answer->error};
}

}  // namespace komainu
