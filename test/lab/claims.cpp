#include "test/lab/claims.h"

#include <fmt/format.h>
#include <net/if.h>
#include <poll.h>

#include <algorithm>
#include <set>

#include "packet/arp.h"
#include "packet/bytes.h"
#include "packet/frame_socket.h"
#include "test/lab/clock.h"
#include "test/lab/fail.h"

namespace komainu::lab {

namespace {

constexpr int look_at_stop_every_ms = 20;

constexpr std::uint16_t hardware_ethernet = 1;
constexpr std::uint16_t protocol_ipv4 = 0x0800;
constexpr std::uint16_t operation_request = 1;

std::uint32_t word(const IpAddress& address, std::size_t i) {
    std::uint32_t value = 0;
    for (std::size_t byte = 4 * i; byte < 4 * i + 4; ++byte)
        value = value << 8 | address.bytes[byte];
    return value;
}

/// ARP (RFC 826): the sender's protocol address at 14. Neighbor advertisement (RFC 4861 section
/// 4.4): ICMPv6 type 136, the target at 8 behind the 40 bytes of the IPv6 header.
std::string claims_of(const IpAddress& address) {
    const auto text = to_string(address);
    if (address.is_ipv4())
        return fmt::format("(arp and arp[14:4] = {:#x}) or src host {}", word(address, 0), text);
    std::string target = "icmp6 and ip6[40] = 136";
    for (std::size_t i = 0; i < 4; ++i)
        target += fmt::format(" and ip6[{}:4] = {:#x}", 48 + 4 * i, word(address, i));
    return fmt::format("({}) or src host {}", target, text);
}

struct Taking {
    Instant seen;
    int host = 0;
};

/// When the address came to a host that did not have it. A renewal is an event too.
std::vector<Taking> takings_of(const std::vector<AddressEvent>& events, const IpAddress& address) {
    std::set<int> holders;
    std::vector<Taking> takings;
    for (const auto& event : events) {
        if (event.address != address) continue;
        if (event.kind == AddressEvent::Kind::removed)
            holders.erase(event.host);
        else if (holders.insert(event.host).second)
            takings.push_back({event.seen, event.host});
    }
    return takings;
}

ArpFrame who_has(const IpAddress& wanted, const Host& asking) {
    ArpFrame frame{};
    const MacAddress mac = mac_of(asking);
    Writer writer(frame);
    write_ethernet_header(writer, {mac_broadcast, mac, ethertype_arp});
    writer.u16(hardware_ethernet);
    writer.u16(protocol_ipv4);
    writer.u8(static_cast<std::uint8_t>(mac.bytes.size()));
    writer.u8(static_cast<std::uint8_t>(wanted.size()));
    writer.u16(operation_request);
    writer.bytes(wire_bytes(mac));
    writer.bytes(wire_bytes(asking.ipv4));
    writer.bytes(wire_bytes(MacAddress{}));
    writer.bytes(wire_bytes(wanted));
    if (!writer.ok()) fail("an ARP request does not fit");
    return frame;
}

}  // namespace

Duration overlap_of(const std::vector<Claim>& claims, const std::vector<AddressEvent>& events,
                    const IpAddress& address, Instant since) {
    const auto takings = takings_of(events, address);
    Claim first{};  // of the host that has claimed last to take the address
    Duration longest{};
    for (const auto& claim : claims) {
        if (claim.host == first.host) continue;
        const bool begins_anew = std::ranges::any_of(takings, [&](const Taking& taking) {
            return taking.host == claim.host && taking.seen > first.at &&
                   taking.seen <= claim.at + notice_late_max;
        });
        if (begins_anew || first.host == 0)
            first = claim;
        else if (claim.at >= since)
            longest = std::max(longest, claim.at - first.at);
    }
    return longest;
}

ClaimWatcher::ClaimWatcher(const Network& network, const IpAddress& address)
    : tap_(network, claims_of(address)), thread_([this] { listen(); }) {}

ClaimWatcher::~ClaimWatcher() {
    stop_ = true;
    thread_.join();
}

void ClaimWatcher::listen() {
    prefer_this_thread();
    while (!stop_) {
        pollfd readable{tap_.fd(), POLLIN, 0};
        if (::poll(&readable, 1, look_at_stop_every_ms) <= 0) continue;
        const std::lock_guard lock(mutex_);
        while (const auto frame = tap_.next()) claims_.push_back({frame->at, frame->host});
    }
}

std::vector<Claim> ClaimWatcher::claims() const {
    std::vector<Claim> claims;
    {
        const std::lock_guard lock(mutex_);
        claims = claims_;
    }
    // Two processors may hand in their frames in another order than they stamped them.
    std::ranges::stable_sort(claims, {}, &Claim::at);
    return claims;
}

Asker::Asker(const Host& host, const IpAddress& wanted)
    : thread_([this, &host, wanted] {
          prefer_this_thread();
          host.space.enter();
          auto socket = FrameSocket::open();
          if (!socket) fail(socket.error().what);
          const auto request = who_has(wanted, host);
          const OutgoingFrame frame{static_cast<int>(::if_nametoindex("eth0")), request};
          for (auto due = now(); !stop_; due = std::max(due + asks_every, now())) {
              sleep_until(due);
              socket->send(std::span(&frame, 1));
          }
      }) {}

Asker::~Asker() {
    stop_ = true;
    thread_.join();
}

}  // namespace komainu::lab
