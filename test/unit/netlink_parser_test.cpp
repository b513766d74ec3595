#include <gtest/gtest.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>

#include <array>
#include <cerrno>
#include <random>

#include "netlink/messages.h"
#include "test/unit/netlink_bytes.h"

namespace komainu {
namespace {

using Bytes4 = std::array<std::uint8_t, 4>;
using Mac = std::array<std::uint8_t, 6>;

constexpr Bytes4 vip{10, 77, 0, 100};
constexpr Bytes4 peer{10, 77, 0, 1};
constexpr std::uint16_t address_proto = 11;

ifaddrmsg ipv4_header() { return {AF_INET, 24, IFA_F_PERMANENT, 0, 3}; }

MessageBytes ipv4_address(std::uint16_t type = RTM_NEWADDR) {
    return MessageBytes(type, ipv4_header())
        .attribute(IFA_ADDRESS, vip)
        .attribute(IFA_LOCAL, vip)
        .text(IFA_LABEL, "eth0")
        .attribute(IFA_FLAGS, std::uint32_t{IFA_F_NOPREFIXROUTE | IFA_F_SECONDARY})
        .attribute(IFA_CACHEINFO, ifa_cacheinfo{4, 5, 1000, 1000})
        .attribute(address_proto, komainu_address_proto);
}

ifinfomsg link_header(unsigned flags = IFF_UP | IFF_RUNNING) {
    ifinfomsg header{};
    header.ifi_type = ARPHRD_ETHER;
    header.ifi_index = 3;
    header.ifi_flags = flags;
    return header;
}

MessageBytes link(unsigned flags = IFF_UP | IFF_RUNNING) {
    return MessageBytes(RTM_NEWLINK, link_header(flags))
        .text(IFLA_IFNAME, "eth0")
        .attribute(IFLA_MTU, std::uint32_t{1500})
        .attribute(IFLA_ADDRESS, Mac{2, 0, 0, 0, 0, 1});
}

// An attribute whole, to be the value of another.
template <class Value>
struct Nested {
    Nested(std::uint16_t type, const Value& inner) : header{sizeof(Nested), type}, value(inner) {}
    nlattr header;
    Value value;
};

std::optional<NetlinkEvent> parsed(const MessageBytes& bytes) {
    const auto message = bytes.message();
    return parse_event(message);
}

AddressRecord address_in(const MessageBytes& bytes) {
    const auto event = parsed(bytes);
    return event ? std::get<AddressAdded>(*event).address : AddressRecord{};
}

LinkRecord link_in(const MessageBytes& bytes) {
    const auto event = parsed(bytes);
    return event ? std::get<LinkChanged>(*event).link : LinkRecord{};
}

TEST(NetlinkParser, ReadsAnAddress) {
    const auto record = address_in(ipv4_address());
    EXPECT_EQ(record.interface, InterfaceIndex{3});
    EXPECT_EQ(to_string(record.address), "10.77.0.100/24");
    EXPECT_EQ(record.flags, std::uint32_t{IFA_F_NOPREFIXROUTE | IFA_F_SECONDARY});
    EXPECT_EQ(record.valid_seconds, 5U);
    EXPECT_EQ(record.origin(), AddressOrigin::ours);
}

TEST(NetlinkParser, ReadsAnIpv6AddressWhichHasNoLocalAttribute) {
    const auto expected = *parse_prefix("fd77::64/64");
    const auto record = address_in(MessageBytes(RTM_NEWADDR, ifaddrmsg{AF_INET6, 64, 0, 0, 3})
                                       .attribute(IFA_ADDRESS, expected.address.bytes));
    EXPECT_EQ(record.address, expected);
}

TEST(NetlinkParser, TakesTheLocalAddressAndNotThePeersOnAPointToPointLink) {
    const auto record = address_in(MessageBytes(RTM_NEWADDR, ipv4_header())
                                       .attribute(IFA_ADDRESS, peer)
                                       .attribute(IFA_LOCAL, vip));
    EXPECT_EQ(to_string(record.address), "10.77.0.100/24");
}

TEST(NetlinkParser, AssumesWhatAnOldKernelDoesNotSay) {
    const auto record =
        address_in(MessageBytes(RTM_NEWADDR, ipv4_header()).attribute(IFA_LOCAL, vip));
    EXPECT_EQ(record.flags, std::uint32_t{IFA_F_PERMANENT});
    EXPECT_EQ(record.valid_seconds, valid_forever);
    EXPECT_EQ(record.origin(), AddressOrigin::foreign);
}

TEST(NetlinkParser, CallsAnotherDaemonsMarkForeign) {
    const auto record = address_in(MessageBytes(RTM_NEWADDR, ipv4_header())
                                       .attribute(IFA_LOCAL, vip)
                                       .attribute(address_proto, std::uint8_t{18}));
    EXPECT_EQ(record.origin(), AddressOrigin::foreign);
}

TEST(NetlinkParser, ReportsARemovedAddress) {
    const auto event = parsed(ipv4_address(RTM_DELADDR));
    ASSERT_TRUE(event);
    EXPECT_EQ(to_string(std::get<AddressRemoved>(*event).address.address), "10.77.0.100/24");
}

TEST(NetlinkParser, RefusesAnAddressThatCannotBe) {
    const auto with = [](ifaddrmsg header) {
        return parsed(MessageBytes(RTM_NEWADDR, header).attribute(IFA_LOCAL, vip));
    };
    EXPECT_TRUE(with({AF_INET, 32, 0, 0, 3}));
    EXPECT_FALSE(with({AF_INET, 33, 0, 0, 3})) << "prefix longer than the address";
    EXPECT_FALSE(with({AF_INET6, 64, 0, 0, 3})) << "four bytes for IPv6";
    EXPECT_FALSE(with({AF_BRIDGE, 24, 0, 0, 3})) << "neither IPv4 nor IPv6";
    EXPECT_FALSE(with({AF_INET, 24, 0, 0, 0})) << "no interface";
    EXPECT_FALSE(with({AF_INET, 24, 0, 0, 0x80000000})) << "a negative interface";
    EXPECT_FALSE(parsed(MessageBytes(RTM_NEWADDR, ipv4_header()))) << "no address";
}

TEST(NetlinkParser, ReadsALink) {
    const auto record = link_in(link());
    EXPECT_EQ(record.interface, InterfaceIndex{3});
    EXPECT_EQ(record.name, "eth0");
    EXPECT_EQ(to_string(record.mac), "02:00:00:00:00:01");
    EXPECT_EQ(record.type, ARPHRD_ETHER);
    EXPECT_TRUE(record.up);
    EXPECT_TRUE(record.running);
    EXPECT_FALSE(record.promotes_secondaries);
}

TEST(NetlinkParser, TellsALinkWithoutCarrierFromOneThatIsSetDown) {
    EXPECT_TRUE(link_in(link(IFF_UP)).up);
    EXPECT_FALSE(link_in(link(IFF_UP)).running);
    EXPECT_FALSE(link_in(link(0)).up);
}

TEST(NetlinkParser, LeavesAHardwareAddressThatIsNotEthernetsAtZeros) {
    const auto record = link_in(MessageBytes(RTM_NEWLINK, link_header())
                                    .text(IFLA_IFNAME, "ib0")
                                    .attribute(IFLA_ADDRESS, std::array<std::uint8_t, 20>{9}));
    EXPECT_EQ(record.mac, MacAddress{});
}

TEST(NetlinkParser, ReadsWhetherSecondariesArePromoted) {
    constexpr int promote_secondaries = 20;  // IPV4_DEVCONF_PROMOTE_SECONDARIES, counted from 1
    std::array<int, 33> settings{};
    settings[promote_secondaries - 1] = 1;
    const auto families = Nested(AF_INET, Nested(IFLA_INET_CONF, settings));
    EXPECT_TRUE(link_in(link().attribute(IFLA_AF_SPEC, families)).promotes_secondaries);
}

TEST(NetlinkParser, ReportsARemovedLink) {
    const auto event = parsed(MessageBytes(RTM_DELLINK, link_header()).text(IFLA_IFNAME, "eth0"));
    ASSERT_TRUE(event);
    EXPECT_EQ(std::get<LinkRemoved>(*event).interface, InterfaceIndex{3});
}

TEST(NetlinkParser, DoesNotTakeAPortThatLeftItsBridgeForARemovedLink) {
    auto header = link_header();
    header.ifi_family = AF_BRIDGE;
    EXPECT_FALSE(parsed(MessageBytes(RTM_DELLINK, header).text(IFLA_IFNAME, "eth0")));
    EXPECT_FALSE(parsed(MessageBytes(RTM_NEWLINK, header).text(IFLA_IFNAME, "eth0")));
}

TEST(NetlinkParser, DoesNotTakeAWirelessNoticeForALinkWithoutHardwareAddress) {
    EXPECT_FALSE(parsed(link().attribute(IFLA_WIRELESS, std::uint32_t{1})));
}

TEST(NetlinkParser, RefusesALinkWithoutAProperName) {
    const auto named = [](std::string_view name) {
        return parsed(MessageBytes(RTM_NEWLINK, link_header()).text(IFLA_IFNAME, name));
    };
    EXPECT_TRUE(named("fifteen-letters"));
    EXPECT_FALSE(named("sixteen--letters"));
    EXPECT_FALSE(named(""));
    EXPECT_FALSE(parsed(MessageBytes(RTM_NEWLINK, link_header())));
    EXPECT_FALSE(
        parsed(MessageBytes(RTM_NEWLINK, link_header()).attribute_bytes(IFLA_IFNAME, "eth0", 4)));
}

TEST(NetlinkParser, PassesOverOtherKindsOfMessages) {
    EXPECT_FALSE(parsed(MessageBytes(RTM_NEWROUTE, ipv4_header()).attribute(IFA_LOCAL, vip)));
    EXPECT_FALSE(parsed(MessageBytes(NLMSG_DONE, std::uint32_t{0})));
}

TEST(NetlinkParser, ReadsAnAcknowledgement) {
    const auto answer = [](std::uint16_t type, int error) {
        nlmsgerr payload{};
        payload.error = error;
        return parse_acknowledgement(MessageBytes(type, payload).sequence(7).message());
    };
    EXPECT_EQ(answer(NLMSG_ERROR, 0)->error, 0);
    EXPECT_EQ(answer(NLMSG_ERROR, -EEXIST)->error, EEXIST);
    EXPECT_EQ(answer(NLMSG_ERROR, 0)->sequence, 7U);
    EXPECT_FALSE(answer(NLMSG_ERROR, 1)) << "the kernel's errors are negative";
    EXPECT_FALSE(answer(NLMSG_ERROR, INT32_MIN)) << "has no positive counterpart";
    EXPECT_FALSE(answer(NLMSG_DONE, 0));
}

TEST(NetlinkParser, CutsADatagramIntoItsMessages) {
    auto datagram = ipv4_address().message();
    const auto second = link().message();
    datagram.insert(datagram.end(), second.begin(), second.end());
    std::span<const std::byte> rest(datagram);
    EXPECT_TRUE(std::holds_alternative<AddressAdded>(*parse_event(next_message(rest))));
    EXPECT_TRUE(std::holds_alternative<LinkChanged>(*parse_event(next_message(rest))));
    EXPECT_TRUE(next_message(rest).empty());
}

TEST(NetlinkParser, EndsADatagramAtAMessageThatClaimsTooMuchOrTooLittle) {
    for (const std::uint32_t claimed : {0U, 15U, 1000U, UINT32_MAX}) {
        auto datagram = ipv4_address().message();
        std::memcpy(datagram.data(), &claimed, sizeof claimed);
        std::span<const std::byte> rest(datagram);
        EXPECT_TRUE(next_message(rest).empty());
        EXPECT_TRUE(rest.empty());
        EXPECT_FALSE(parse_event(datagram));
    }
}

// What the parsers must not do to bytes of any kind is to read outside of them, which the address
// sanitizer watches: each message lies in an allocation of exactly its size.
void parse_anything(std::span<const std::byte> bytes) {
    const std::vector<std::byte> exact(bytes.begin(), bytes.end());
    std::span<const std::byte> rest(exact);
    (void)parse_acknowledgement(exact);
    for (auto message = next_message(rest); !message.empty(); message = next_message(rest)) {
        const auto event = parse_event(message);
        if (!event || !std::holds_alternative<AddressAdded>(*event)) continue;
        const auto& prefix = std::get<AddressAdded>(*event).address.address;
        EXPECT_LE(prefix.length, prefix.address.size() * 8);
    }
}

std::vector<std::vector<std::byte>> samples() {
    nlmsgerr error{};
    return {ipv4_address().message(), link().message(),
            link().attribute(IFLA_AF_SPEC, std::array<int, 40>{160, 2, 140, 1}).message(),
            MessageBytes(NLMSG_ERROR, error).message()};
}

TEST(NetlinkParser, StaysWithinAMessageCutOffAnywhere) {
    for (const auto& whole : samples())
        for (std::uint32_t length = 0; length <= whole.size(); ++length) {
            auto cut = whole;
            cut.resize(length);
            parse_anything(cut);
            if (length < sizeof(nlmsghdr)) continue;
            std::memcpy(cut.data(), &length, sizeof length);  // And one that admits to be short.
            parse_anything(cut);
        }
}

TEST(NetlinkParser, StaysWithinAMessageWithWrongBytes) {
    constexpr int rounds = 50'000;
    std::mt19937 random(20240229);
    const auto originals = samples();
    for (int round = 0; round < rounds; ++round) {
        auto mutated = originals[random() % originals.size()];
        for (unsigned changes = 1 + random() % 4; changes > 0; --changes)
            mutated[random() % mutated.size()] = static_cast<std::byte>(random());
        parse_anything(mutated);
    }
}

TEST(NetlinkParser, ReadsWhatTheBuilderWrote) {
    alignas(netlink_alignment) std::array<std::byte, netlink_request_bytes_max> room{};
    for (const char* prefix : {"10.77.0.100/24", "fd77::64/64"}) {
        const AddressRequest request{AddressRequest::Verb::add, InterfaceIndex{3},
                                     *parse_prefix(prefix), 5};
        const auto length = build_address_request(room, 1, request);
        const auto event = parse_event(std::span(room).first(length));
        ASSERT_TRUE(event);
        const auto& record = std::get<AddressAdded>(*event).address;
        EXPECT_EQ(record.address, request.address);
        EXPECT_EQ(record.valid_seconds, 5U);
        EXPECT_EQ(record.origin(), AddressOrigin::ours);
    }
}

TEST(NetlinkParser, ReadsWhoHasOurPlaceAmongTheFilters) {
    alignas(netlink_alignment) std::array<std::byte, netlink_request_bytes_max> room{};
    const FilterRequest put{FilterRequest::Verb::put, InterfaceIndex{3}, Hook::egress, 9};
    const auto whole = std::span(room).first(build_filter_request(room, 7, put));
    EXPECT_EQ(parse_filter_answer(whole), (FilterAnswer{7, "bpf", "komainu-fence"}));
    for (std::size_t length = 0; length < whole.size(); ++length)
        EXPECT_FALSE(parse_filter_answer(whole.first(length)));
    const FilterRequest look{FilterRequest::Verb::look, InterfaceIndex{3}};
    EXPECT_FALSE(parse_filter_answer(std::span(room).first(build_filter_request(room, 7, look))));
}

}  // namespace
}  // namespace komainu
