// What comes by the links, and what goes out by them.
#include "daemon/daemon.h"
#include "daemon/words.h"
#include "io/clock.h"

namespace komainu {

/// A promise counts from the hearing, which must not be dated back: a datagram that is drained in
/// this wake-up may have come, and even have been sent, after the wake-up read the clock, if this
/// process was stopped in between. The promise would end before the lease that stands on it.
void Daemon::on_datagram(std::size_t link, Bytes bytes, const Endpoint& source) {
    heard_at_ = boot_now();
    Received& received = std::get<Received>(received_);
    const auto place = place_of(source.address, link);
    if (const auto refusal = datagrams_.open(bytes, received.envelope, received.message)) {
        if (place) arrivals_.refuse(*place, link, word(*refusal), heard_at_);
        return refusals_.refused(*refusal, source, loop_.now());
    }
    if (received.envelope.sender == config_.self) {
        if (received.envelope.incarnation == node_.settings().incarnation) return;
        if (place) arrivals_.refuse(*place, link, "own_id", heard_at_);
        return refusals_.own_id_used(config_.self, source, loop_.now());
    }
    on_message(link, place);
}

/// Of the peer that has that address on the link.
std::optional<std::size_t> Daemon::place_of(const IpAddress& address, std::size_t link) const {
    std::size_t place = 0;
    for (const NodeConfig& node : config_.nodes) {
        if (node.id == config_.self) continue;
        if (node.addresses[link] == address) return place;
        ++place;
    }
    return {};
}

/// The core hears the first copy only, and the book tells copies by their numbers. What has none of
/// its own is heard each time: the guard's last will, sealed once for all links and long before it
/// is sent; and what comes by another link than it was sealed for, which is that or a replay.
void Daemon::on_message(std::size_t link, std::optional<std::size_t> place) {
    const auto& [envelope, message] = std::get<Received>(received_);
    const auto peer = place_of_peer_.find(envelope.sender);
    if (peer == place_of_peer_.end()) return;
    if (place == peer->second)
        arrivals_.enter(peer->second, link, message, heard_at_);
    else if (place)
        arrivals_.refuse(*place, link, "other_node", heard_at_);
    const bool has_number = envelope.link == link && !std::holds_alternative<Release>(message);
    if (!has_number || !link_book_.is_copy(peer->second, envelope)) step(received_);
    if (!has_number || !node_.peers()[peer->second].is_proven(envelope)) return;
    if (const auto news = link_book_.enter(peer->second, envelope, message, heard_at_))
        log_link(peer->second, *news);
}

void Daemon::transmit(std::uint64_t sequence, const Message& message, NodeId to) {
    std::array<std::byte, datagram_bytes_max> room;
    if (std::holds_alternative<Heartbeat>(message)) {
        counters_.add_heartbeat();
        link_book_.sent(sequence, now());
    }
    for (std::size_t link = 0; link < links_.size(); ++link) {
        const Envelope envelope{config_.self, node_.settings().incarnation, sequence,
                                static_cast<std::uint8_t>(link)};
        const Bytes datagram = datagrams_.seal(envelope, message, room);
        if (to == no_node)
            links_.send_all(link, datagram);
        else
            links_.send_to(link, place_of_peer_.at(to), datagram);
    }
}

/// The release of the term, sealed now, for the guard to send when main no longer can.
LastWillBytes Daemon::last_will(Term term) const {
    std::array<std::byte, datagram_bytes_max> room;
    const Envelope envelope{config_.self, node_.settings().incarnation, 1, 0};
    LastWillBytes will;
    for (const std::byte b : datagrams_.seal(envelope, Release{term.round, no_node}, room))
        will.push_back(b);
    return will;
}

}  // namespace komainu
