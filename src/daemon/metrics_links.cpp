// The metrics of the links, of the peers and of the streams to them.
#include "daemon/metric_rows.h"
#include "daemon/metrics.h"
#include "daemon/words.h"

namespace komainu {

namespace {

using nlohmann::json;

void add_sockets(const StatusSources& s, json& metrics) {
    for (std::size_t i = 0; i < s.links.size(); ++i) {
        const std::size_t link = i + 1;
        const DatagramCounters& d = s.links[i].counters();
        add_row(metrics, "link_open", link, s.links[i].is_open() ? 1 : 0);
        add_row(metrics, "datagrams_sent_total", link, d.sent);
        add_row(metrics, "datagrams_received_total", link, d.received);
        add_row(metrics, "datagrams_dropped_total", link, d.dropped);
        add_row(metrics, "datagram_receive_errors_total", link, d.receive_errors);
        add_row(metrics, "datagrams_unsent_total", link, "unreachable", d.unreachable);
        add_row(metrics, "datagrams_unsent_total", link, "forbidden", d.forbidden);
        add_row(metrics, "datagrams_unsent_total", link, "no_room", d.no_room);
        add_row(metrics, "datagrams_unsent_total", link, "other", d.other_send_errors);
    }
}

void add_refusals(const StatusSources& s, json& metrics) {
    for (std::size_t i = 0; i < refusals; ++i) {
        const Refusal refusal{static_cast<std::uint8_t>(i)};
        add_row(metrics, "datagrams_refused_total", word(refusal), s.refusals.count(refusal));
    }
    std::uint64_t stale = 0;
    for (const Peer& peer : s.node.peers()) stale += peer.stale();
    add_row(metrics, "datagrams_refused_total", "stale", stale);
    add_row(metrics, "datagrams_refused_total", "own_id", s.refusals.own_ids());
    for (std::size_t i = 0; i < stream_refusals; ++i) {
        const StreamRefusal refusal{static_cast<std::uint8_t>(i)};
        add_row(metrics, "streams_refused_total", word(refusal), s.refusals.count(refusal));
    }
}

int settings_that_differ(const StatusSources& s, const Peer& peer) {
    int differ = 0;
    for (std::size_t i = 0; i < settings_groups && peer.alive(); ++i)
        differ += peer.digests()[i] != s.node.settings().digests[i];
    return differ;
}

void add_peer(const StatusSources& s, std::size_t place, json& metrics) {
    const Peer& peer = s.node.peers()[place];
    const int id = number(peer.id());
    add_row(metrics, "peer_up", id, peer.alive() ? 1 : 0);
    add_row(metrics, "peer_healthy", id, peer.alive() && peer.conditions().healthy ? 1 : 0);
    add_row(metrics, "peer_settings_differ", id, settings_that_differ(s, peer));
    add_row(metrics, "peer_stream_up", id, s.streams.link_of(peer.id()) ? 1 : 0);
    for (std::size_t i = 0; i < s.links.size(); ++i) {
        const std::size_t link = i + 1;
        const LinkBook::Traffic& traffic = s.link_book.traffic(place, i);
        add_row(metrics, "link_up", id, link, peer.alive() && s.link_book.works(place, i) ? 1 : 0);
        add_row(metrics, "heartbeats_received_total", id, link, traffic.received);
        add_row(metrics, "heartbeats_late_total", id, link, traffic.late);
        add_row(metrics, "heartbeats_lost_total", id, link, traffic.lost);
        add_histogram(metrics, "round_trip_seconds", traffic.round_trips, id, link);
        add_histogram(metrics, "heartbeat_jitter_seconds", traffic.jitter, id, link);
    }
}

constexpr std::array of_peers{
    "peer_up",
    "peer_healthy",
    "peer_settings_differ",
    "peer_stream_up",
    "link_up",
    "heartbeats_received_total",
    "heartbeats_late_total",
    "heartbeats_lost_total",
    "round_trip_seconds",
    "heartbeat_jitter_seconds",
};

}  // namespace

void add_link_metrics(const StatusSources& s, json& metrics) {
    add_sockets(s, metrics);
    add_refusals(s, metrics);
    add_row(metrics, "heartbeats_sent_total", s.counters.heartbeats());
    add_row(metrics, "streams_joined_total", s.streams.joined());
    add_row(metrics, "stream_missing", s.streams.dial_trouble().empty() ? 0 : 1);
    for (const char* name : of_peers) rows_of(metrics, name);  // a lone node has no peers
    for (std::size_t i = 0; i < s.node.peers().size(); ++i) add_peer(s, i, metrics);
}

}  // namespace komainu
