#include "test/bench/takeover.h"

#include <algorithm>

#include "test/lab/clock.h"

namespace komainu::bench {

namespace {

using lab::Frame;
using lab::patience;

constexpr Duration at_rest = 300ms;     // before a strike: what the last one stirred up has settled
constexpr Duration afterwards = 300ms;  // after it: the last probes and events are in

// Offsets in a frame that carries a datagram of the protocol, or ARP, over IPv4 and Ethernet.
constexpr std::size_t ether_type_at = 12;
constexpr std::size_t ip_source_at = 26;
constexpr std::size_t ip_destination_at = 30;
constexpr std::size_t message_type_at = 14 + 20 + 8 + 5;
constexpr std::size_t arp_sender_at = 28;
constexpr std::size_t arp_target_at = 38;
constexpr int ether_type_ipv4 = 0x0800;
constexpr int ether_type_arp = 0x0806;
constexpr int message_vote_request = 2;
constexpr int message_vote = 3;

bool has_address(const Frame& frame, std::size_t offset, const IpAddress& address) {
    for (std::size_t i = 0; i < address.size(); ++i)
        if (frame.u8(offset + i) != address.bytes[i]) return false;
    return true;
}

bool is_message(const Frame& frame, int type) {
    return frame.u16(ether_type_at) == ether_type_ipv4 && frame.u8(message_type_at) == type;
}

bool announces(const Frame& frame, const IpAddress& vip) {
    return frame.u16(ether_type_at) == ether_type_arp && has_address(frame, arp_sender_at, vip) &&
           has_address(frame, arp_target_at, vip);
}

/// In a cluster of three the first vote decides: with the candidate's own it is a majority.
std::optional<Duration> vote_to_announcement(const std::vector<Frame>& frames,
                                             const IpAddress& winner, const IpAddress& vip) {
    const Frame* vote = nullptr;
    for (const auto& frame : frames) {
        if (is_message(frame, message_vote_request) && has_address(frame, ip_source_at, winner))
            vote = nullptr;  // those for an earlier term do not count
        if (vote == nullptr && is_message(frame, message_vote) &&
            has_address(frame, ip_destination_at, winner))
            vote = &frame;
        if (vote != nullptr && announces(frame, vip)) return frame.at - vote->at;
    }
    return {};
}

}  // namespace

Takeovers::Takeovers(lab::Cluster& cluster)
    : cluster_(cluster),
      watcher_(cluster.network()),
      client_(cluster.client_host(), cluster.service()) {}

std::optional<Takeover> Takeovers::measure(const Way& way) {
    if (!cluster_.wait_until_whole()) return {};
    lab::sleep_for(at_rest);
    const auto active = cluster_.active();
    if (!active) return {};

    const lab::Capture capture(cluster_.network(), "udp port 9694 or arp");
    const auto events_before = watcher_.mark();
    const auto mark = client_.mark();
    const auto struck = lab::now();
    way.strike(cluster_, *active);
    const auto answer = answer_of_another(*active, mark);
    lab::sleep_for(afterwards);
    const auto outage = client_.outage_since(mark);
    const auto overlap = watcher_.overlap(cluster_.vip(), events_before);
    way.repair(cluster_, *active);
    if (!answer || !outage.over) return {};

    const auto& winner = cluster_.host(answer->tag).ipv4;
    return Takeover{outage.gap, answer->received - struck, overlap,
                    vote_to_announcement(capture.frames(), winner, cluster_.vip())};
}

std::optional<lab::Answer> Takeovers::answer_of_another(int node, std::uint64_t mark) const {
    std::optional<lab::Answer> found;
    lab::wait_until(
        [&] {
            const auto answers = client_.answers_since(mark);
            const auto other = std::ranges::find_if(
                answers, [node](const lab::Answer& answer) { return answer.tag != node; });
            if (other != answers.end()) found = *other;
            return found.has_value();
        },
        patience);
    return found;
}

}  // namespace komainu::bench
