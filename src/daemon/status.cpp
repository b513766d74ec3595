#include "daemon/status.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "conf/names.h"
#include "conf/settings_digests.h"
#include "daemon/words.h"

namespace komainu {

namespace {

using nlohmann::json;

json number_or_null(NodeId id) { return id == no_node ? json() : json(number(id)); }

json milliseconds(Duration duration) { return static_cast<double>(duration / 1us) / 1000.0; }

/// The interface is this node's own.
json link_json(const StatusSources& s, NodeId node, std::size_t link, bool alive) {
    const std::string_view interface = s.links[link].interface();
    return {{"address", to_string(s.config.node(node).addresses[link])},
            {"alive", alive},
            {"rtt_us", nullptr},
            {"loss_percent", nullptr},
            {"interface", interface.empty() ? json() : json(interface)}};
}

json ms_since(const StatusSources& s, const std::optional<Instant>& at) {
    if (!at) return {};
    return std::max<std::int64_t>((s.now - *at) / 1ms, 0);
}

/// What has come from a peer by one link, believed or not.
void add_arrivals(const StatusSources& s, const Arrivals::OfLink& of, json& link) {
    link["received"] = of.genuine;
    link["received_ms_ago"] = ms_since(s, of.genuine_at);
    link["refused"] = of.refused;
    link["refused_ms_ago"] = ms_since(s, of.refused_at);
    link["refused_why"] = of.why;
}

json own_links_json(const StatusSources& s) {
    json links = json::array();
    for (std::size_t link = 0; link < s.links.size(); ++link)
        links.push_back(link_json(s, s.config.self, link, s.links[link].is_open()));
    return links;
}

json links_json(const StatusSources& s, const Peer& peer) {
    json links = json::array();
    const auto place = static_cast<std::size_t>(&peer - s.node.peers().data());
    for (std::size_t link = 0; link < s.links.size(); ++link) {
        const bool alive = peer.alive() && s.link_book.works(place, link);
        json one = link_json(s, peer.id(), link, alive);
        if (const auto time = s.link_book.round_trip(place, link)) one["rtt_us"] = *time / 1us;
        if (const auto loss = s.link_book.loss_percent(place, link)) one["loss_percent"] = *loss;
        add_arrivals(s, s.arrivals.of(place).links[link], one);
        links.push_back(std::move(one));
    }
    return links;
}

/// Which groups of settings a peer has otherwise than we.
json differing_settings(const StatusSources& s, const Peer& peer) {
    json groups = json::array();
    for (std::size_t i = 0; i < settings_groups && peer.alive(); ++i)
        if (peer.digests()[i] != s.node.settings().digests[i])
            groups.push_back(settings_group_names[i]);
    return groups;
}

/// Who cannot reach the node's service, as far as is known.
json out_of_reach_json(const StatusSources& s, NodeId node) {
    json nodes = json::array();
    const NodeSet others = s.node.out_of_reach_of(node);
    for (const NodeConfig& other : s.config.nodes)
        if (others.contains(other.id)) nodes.push_back(number(other.id));
    return nodes;
}

/// Whom the peer says that it hears; null before it has said so.
json hears_json(const StatusSources& s, const Peer& peer) {
    const auto place = static_cast<std::size_t>(&peer - s.node.peers().data());
    const auto& hears = s.arrivals.of(place).hears;
    if (!hears) return {};
    json nodes = json::array();
    for (const NodeConfig& other : s.config.nodes)
        if (hears->contains(other.id)) nodes.push_back(number(other.id));
    return nodes;
}

/// What a peer has said of itself on a stream; null where there has been none.
void add_facts(const StatusSources& s, NodeId peer, json& node) {
    const PeerFacts* facts = s.streams.facts_of(peer);
    node["host"] = facts ? json(facts->host_name) : json();
    node["version"] = facts ? json(facts->software_version) : json();
    node["service_port"] = facts && facts->service_port != 0 ? json(facts->service_port) : json();
    const auto link = s.streams.link_of(peer);
    node["stream"] = link ? json(to_string(s.config.node(peer).addresses[*link])) : json();
    const auto refused = s.streams.refused().find(peer);
    node["refused"] = refused == s.streams.refused().end() ? "" : refused->second;
}

json self_json(const StatusSources& s) {
    const Node& node = s.node;
    const bool healthy = s.fitness.healthy();
    return {{"id", number(node.settings().self)},
            {"role", word(node.role())},
            {"alive", true},
            {"healthy", healthy},
            {"reason", s.fitness.reason()},
            {"quarantined", node.quarantined()},
            {"paused", node.paused()},
            {"on_standby", node.on_standby()},
            {"priority", node.member().priority},
            {"host", s.streams.host_name()},
            {"version", KOMAINU_VERSION},
            {"other_settings", json::array()},
            {"out_of_reach_of", out_of_reach_json(s, s.config.self)},
            {"started", utc_text(started_ms(node.settings().incarnation))},
            {"links", own_links_json(s)}};
}

json peer_json(const StatusSources& s, const Peer& peer) {
    const bool known = peer.incarnation() != no_incarnation;
    json peer_json{{"id", number(peer.id())},
                   {"role", word(s.node.role_of(peer))},
                   {"alive", peer.alive()},
                   {"healthy", peer.alive() && peer.conditions().healthy},
                   {"quarantined", peer.alive() && peer.conditions().quarantined},
                   {"paused", peer.alive() && peer.conditions().paused},
                   {"on_standby", peer.alive() && peer.conditions().on_standby},
                   {"priority", peer.priority()},
                   {"other_settings", differing_settings(s, peer)},
                   {"out_of_reach_of", out_of_reach_json(s, peer.id())},
                   {"out_of_reach_reason", s.outside.trouble(peer.id())},
                   {"hears", hears_json(s, peer)},
                   {"stale", peer.stale()},
                   {"links", links_json(s, peer)}};
    add_facts(s, peer.id(), peer_json);
    peer_json["started"] = known ? json(utc_text(started_ms(peer.incarnation()))) : json();
    return peer_json;
}

json nodes_json(const StatusSources& s) {
    json nodes = json::array();
    for (const NodeConfig& config : s.config.nodes) {
        if (config.id == s.node.settings().self) {
            nodes.push_back(self_json(s));
            continue;
        }
        for (const Peer& peer : s.node.peers())
            if (peer.id() == config.id) nodes.push_back(peer_json(s, peer));
    }
    return nodes;
}

json vips_json(const StatusSources& s) {
    json vips = json::array();
    for (const VipConfig& vip : s.config.vips)
        vips.push_back({{"name", vip.name},
                        {"address", to_string(vip.address)},
                        {"interface", vip.interface},
                        {"held", s.node.vips_held()}});
    for (std::size_t i = 0; i < s.config.command_vips.size(); ++i) {
        const VipConfig& vip = s.config.command_vips[i];
        vips.push_back({{"name", vip.name},
                        {"address", to_string(vip.address)},
                        {"interface", vip.interface},
                        {"held", s.command_vips.is_up(i)}});
    }
    return vips;
}

std::string_view word(Health health) {
    switch (health) {
        case Health::unseen:
            return "unknown";
        case Health::healthy:
            return "well";
        case Health::failed:
            return "ill";
    }
    return "";
}

json services_json(const StatusSources& s) {
    json services = json::array();
    for (const auto& service : s.services)
        services.push_back({{"name", service.name},
                            {"check", name_of(check_kinds, service.check)},
                            {"state", word(service.health)},
                            {"since", utc_text(service.since_ms)},
                            {"reason", service.reason},
                            {"weight", service.weight}});
    return services;
}

std::string_view word(const Tracking::Interface& interface) {
    switch (interface.carrier) {
        case Carrier::down:
            return "down";
        case Carrier::up:
            return interface.counts() ? "up" : "settling";
        case Carrier::missing:
            return "missing";
    }
    return "";
}

json interfaces_json(const StatusSources& s) {
    json interfaces = json::array();
    for (const auto& [name, interface] : s.tracking.interfaces())
        interfaces.push_back({{"name", name}, {"state", word(interface)}});
    return interfaces;
}

json trusted_json(const StatusSources& s) {
    json trusted = json::array();
    for (const auto& server : s.trusted)
        trusted.push_back({{"address", to_string(server.address)}, {"answers", server.answers}});
    return trusted;
}

/// The VIPs that others have claimed.
json rivals_json(const StatusSources& s) {
    json rivals = json::array();
    for (std::size_t vip = 0; vip < s.config.vips.size(); ++vip) {
        const RivalBook::Entry& entry = s.rivals.entries()[vip];
        if (entry.times == 0) continue;
        rivals.push_back({{"vip", s.config.vips[vip].name},
                          {"interface", s.config.vips[vip].interface},
                          {"mac", to_string(entry.mac)},
                          {"times", entry.times},
                          {"last", utc_text(entry.last_ms)}});
    }
    return rivals;
}

json takeover_json(const Story& story) {
    if (!story.takeover) return {};
    const Takeover& t = *story.takeover;
    return {{"term", t.term.round},
            {"from", number_or_null(t.from)},
            {"to", number(t.term.node)},
            {"why", t.why},
            {"at", utc_text(t.at_ms)}};
}

json counters_json(const StatusSources& s) {
    const DatagramCounters d = s.links.counters();
    json refused;
    for (std::size_t i = 0; i < refusals; ++i)
        refused[std::string(word(Refusal{static_cast<std::uint8_t>(i)}))] =
            s.refusals.count(Refusal{static_cast<std::uint8_t>(i)});
    std::uint64_t stale = 0;
    for (const Peer& peer : s.node.peers()) stale += peer.stale();
    refused["stale"] = stale;
    return {{"sent", d.sent},           {"received", d.received},
            {"dropped", d.dropped},     {"unreachable", d.unreachable},
            {"forbidden", d.forbidden}, {"refused", std::move(refused)}};
}

json streams_json(const StatusSources& s) {
    json refused;
    for (std::size_t i = 0; i < stream_refusals; ++i)
        refused[std::string(word(StreamRefusal{static_cast<std::uint8_t>(i)}))] =
            s.refusals.count(StreamRefusal{static_cast<std::uint8_t>(i)});
    return {{"trouble", s.streams.dial_trouble()}, {"refused", std::move(refused)}};
}

std::string_view word(const FenceState& fence) {
    if (fence.mode == FenceMode::off) return "off";
    if (!fence.counters) return "unavailable";
    return fence.is_armed() ? "armed" : "incomplete";
}

json fence_json(const FenceState& fence) {
    const FenceDrops drops = fence.counters ? fence.counters->read() : FenceDrops{};
    return {{"state", word(fence)},
            {"reason", fence.trouble},
            {"dropped", drops.bites()},
            {"dropped_by_kind",
             {{"packets_in", drops.packets_in},
              {"packets_out", drops.packets_out},
              {"answers", drops.answers},
              {"questions", drops.questions}}}};
}

json lateness_json(const Histogram& lateness) {
    return {{"wake_ups", lateness.count()},
            {"p50_us", lateness.within(500)},
            {"p99_us", lateness.within(990)},
            {"p999_us", lateness.within(999)},
            {"max_us", lateness.most() / 1us}};
}

/// How far the nodes have agreed on the backends, as this node knows.
json table_json(const StatusSources& s) {
    if (!s.backends) return {};
    const Ledger& ledger = s.backends->ledger();
    return {{"index", ledger.committed()},
            {"agreed", ledger.agreed()},
            {"pending", ledger.table().index() - ledger.committed()},
            {"commands_pending", ledger.table().commands_pending()},
            {"command_ms", ms_since(s, s.backends->command_since())},
            {"command_failed", s.backends->failed_command()},
            {"lost", ledger.is_lost()},
            {"disk", s.backends->disk_trouble()}};
}

}  // namespace

json status_json(const StatusSources& s) {
    const Node& node = s.node;
    const Tenancy active = node.active();
    json status{
        {"cluster", s.config.cluster_name},
        {"node_id", number(node.settings().self)},
        {"role", word(node.role())},
        {"term", active ? active.term.round : node.highest_term().round},
        {"active", number_or_null(active.term.node)},
        {"quorum", node.has_quorum()},
        {"votes", {{"heard", node.votes_within_earshot()}, {"needed", node.votes_needed()}}},
        {"port", s.config.heartbeat.port},
        {"interval_ms", milliseconds(node.settings().interval)},
        {"deadtime_ms", milliseconds(node.settings().deadtime)},
        {"config", {{"file", s.loaded.file}, {"digest", to_hex(s.loaded.text)}}},
        {"nodes", nodes_json(s)},
        {"vips", vips_json(s)},
        {"interfaces", interfaces_json(s)},
        {"services", services_json(s)},
        {"stale", node.stale()},
        {"paused", node.maintenance().paused},
        {"trusted_servers", trusted_json(s)},
        {"rivals", rivals_json(s)},
        {"backends", s.backends ? s.backends->list_json() : json::array()},
        {"backend_table", table_json(s)},
        {"last_takeover", takeover_json(s.story)},
        {"datagrams", counters_json(s)},
        {"streams", streams_json(s)},
        {"fence", fence_json(s.fence)},
        {"lateness", lateness_json(s.lateness)},
        {"runner",
         {{"state", s.runner_trouble.empty() ? "ok" : "failed"}, {"reason", s.runner_trouble}}},
        {"pgpool", {{"caution", s.pgpool_caution}}},
        {"version", KOMAINU_VERSION}};
    const auto lease_until = node.lease_until();
    status["lease_ms"] = lease_until ? milliseconds(*lease_until - s.now) : json();
    return status;
}

std::string utc_text(std::uint64_t wall_clock_ms) {
    const auto seconds = static_cast<std::time_t>(wall_clock_ms / 1000);
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(seconds), wall_clock_ms % 1000);
}

}  // namespace komainu
