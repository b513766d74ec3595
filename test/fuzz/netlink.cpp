// What the kernel says over netlink (netlink/messages.h). We trust the kernel, but not that we know
// all that it will ever say.
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <array>

#include "base/overload.h"
#include "netlink/messages.h"
#include "test/fuzz/fuzz.h"
#include "test/unit/netlink_bytes.h"

namespace komainu::fuzz {

namespace {

void can_be_asked_for(const AddressRecord& record) {
    must_hold(record.interface > no_interface, "an address is on an interface");
    must_hold(record.address.length <= record.address.address.size() * 8,
              "a prefix is no longer than its address");
    AddressRequest request;
    request.interface = record.interface;
    request.address = record.address;
    alignas(netlink_alignment) std::array<std::byte, netlink_request_bytes_max> room{};
    const auto size = build_address_request(room, 1, request);
    const auto event = parse_event(Bytes(room).first(size));
    const auto* added = event ? std::get_if<AddressAdded>(&*event) : nullptr;
    must_hold(added && added->address.interface == record.interface &&
                  added->address.address == record.address &&
                  added->address.origin() == AddressOrigin::ours,
              "what we would ask for reads as what was reported");
}

void makes_sense(const NetlinkEvent& event) {
    std::visit(Overload{[](const AddressAdded& e) { can_be_asked_for(e.address); },
                        [](const AddressRemoved& e) { can_be_asked_for(e.address); },
                        [](const LinkChanged& e) {
                            must_hold(e.link.interface > no_interface, "a link has an index");
                            must_hold(!e.link.name.empty(), "a link has a name");
                        },
                        [](const LinkRemoved& e) {
                            must_hold(e.interface > no_interface, "a link has an index");
                        },
                        [](const Overrun&) { must_hold(false, "no message says overrun"); }},
               event);
}

}  // namespace

void examine(Bytes input) {
    Bytes rest = input;
    while (!rest.empty()) {
        const Bytes before = rest;
        const Bytes message = next_message(rest);
        must_hold(rest.size() < before.size(), "each message takes something off the datagram");
        if (message.empty()) break;
        must_hold(message.data() == before.data() && message.size() <= before.size(),
                  "a message lies within its datagram");
        if (const auto event = parse_event(message)) makes_sense(*event);
        if (const auto answer = parse_acknowledgement(message))
            must_hold(answer->error >= 0, "an acknowledgement has an errno, or none");
    }
}

std::vector<std::string> seeds() {
    const auto whole = [](const MessageBytes& message) { return text_of(message.message()); };
    ifaddrmsg address{AF_INET, 24, IFA_F_PERMANENT, 0, 2};
    const std::array<std::uint8_t, 4> ipv4{10, 77, 0, 100};
    const auto added = whole(MessageBytes(RTM_NEWADDR, address)
                                 .attribute(IFA_ADDRESS, ipv4)
                                 .attribute(IFA_LOCAL, ipv4)
                                 .text(IFA_LABEL, "eth0")
                                 .attribute(IFA_FLAGS, std::uint32_t{IFA_F_NODAD})
                                 .attribute(IFA_CACHEINFO, ifa_cacheinfo{5, 5, 0, 0})
                                 .attribute(11, std::uint8_t{komainu_address_proto}));
    address.ifa_family = AF_INET6;
    address.ifa_prefixlen = 64;
    const auto removed =
        whole(MessageBytes(RTM_DELADDR, address)
                  .attribute(IFA_ADDRESS, std::array<std::uint8_t, 16>{0xfd, 0x77}));
    ifinfomsg link{};
    link.ifi_index = 2;
    link.ifi_flags = IFF_UP | IFF_RUNNING;
    const auto changed = whole(MessageBytes(RTM_NEWLINK, link)
                                   .text(IFLA_IFNAME, "eth0")
                                   .attribute(IFLA_ADDRESS, std::array<std::uint8_t, 6>{2, 1}));
    const auto gone = whole(MessageBytes(RTM_DELLINK, link));
    const auto refused = whole(MessageBytes(NLMSG_ERROR, nlmsgerr{-EEXIST, {}}).sequence(7));
    return {added, removed, changed, gone, refused, added + removed + changed + refused};
}

}  // namespace komainu::fuzz
