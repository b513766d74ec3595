#include "ctl/status_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "ctl/troubles.h"

namespace komainu {

namespace {

constexpr const char* unknown = "?";

Cell yes_or_no_cell(std::optional<bool> flag) {
    if (!flag) return {unknown, Tone::plain};
    return *flag ? Cell{"yes", Tone::plain} : Cell{"no", Tone::bad};
}

Cell role_cell(const NodeView& node, const ClusterView& cluster) {
    if (cluster.stale && node.id == cluster.node_id) return {"stale", Tone::bad};
    const Tone tone = node.role == "active" ? Tone::good
                      : node.role == "down" ? Tone::bad
                                            : Tone::plain;
    return {node.role.empty() ? unknown : node.role, tone};
}

std::string duration_text(double us) {
    return us < 1000 ? fmt::format("{:.0f} us", us) : fmt::format("{:.1f} ms", us / 1000);
}

Cell link_cell(const LinkView& link) {
    if (!link.alive.value_or(true)) return {link.address + " (silent)", Tone::bad};
    if (!link.rtt_us) return {link.address};
    const bool loses = link.loss_percent.value_or(0) > 0;
    return {fmt::format("{} ({}{})", link.address, duration_text(*link.rtt_us),
                        loses ? fmt::format(", {} % lost", *link.loss_percent) : "")};
}

/// What a node that is down once said of itself is of no use now. Its links follow.
Row node_row(const NodeView& node, const ClusterView& cluster, std::int64_t now_ms) {
    const bool is_down = !node.alive.value_or(true);
    const bool is_witness = node.role == "witness";
    const Cell none{"-"};
    return {{fmt::format("{}{}{}{}", node.id, node.id == cluster.node_id ? " *" : "",
                         node.host.empty() ? "" : " ", node.host)},
            role_cell(node, cluster),
            yes_or_no_cell(node.alive),
            is_down ? none : yes_or_no_cell(node.healthy),
            is_witness ? none : Cell{node.priority ? std::to_string(*node.priority) : unknown},
            is_down            ? none
            : !node.started_ms ? Cell{unknown}
                               : Cell{age_text(now_ms - *node.started_ms)}};
}

/// The first link beside the node, each other one on a line of its own.
void add_node(const NodeView& node, const ClusterView& cluster, std::int64_t now_ms,
              std::vector<Row>& rows) {
    Row row = node_row(node, cluster, now_ms);
    const std::size_t columns = row.size();
    for (const auto& link : node.links) {
        row.push_back(link_cell(link));
        rows.push_back(std::move(row));
        row = Row(columns, Cell{""});
    }
    if (node.links.empty()) rows.push_back(std::move(row));
}

std::string node_table(const ClusterView& cluster, std::int64_t now_ms, Colors colors) {
    constexpr Tone heading = Tone::heading;
    std::vector<Row> rows{{{"NODE", heading},
                           {"ROLE", heading},
                           {"ALIVE", heading},
                           {"HEALTHY", heading},
                           {"PRIORITY", heading},
                           {"UP FOR", heading},
                           {"LINK (ROUND TRIP)", heading}}};
    for (const auto& node : cluster.nodes) add_node(node, cluster, now_ms, rows);
    return layout(rows, colors);
}

/// Who holds it, as far as the node that was asked can tell.
Cell holder_cell(const VipView& vip, const ClusterView& cluster) {
    if (vip.held.value_or(false))
        return {fmt::format("node {} (this node)", cluster.node_id), Tone::good};
    if (cluster.active == 0 || cluster.active == cluster.node_id) return {"nobody", Tone::bad};
    return {fmt::format("node {}", cluster.active), Tone::plain};
}

std::string vip_table(const ClusterView& cluster, Colors colors) {
    if (cluster.vips.empty()) return "";
    constexpr Tone heading = Tone::heading;
    std::vector<Row> rows{
        {{"VIP", heading}, {"ADDRESS", heading}, {"INTERFACE", heading}, {"HELD BY", heading}}};
    for (const auto& vip : cluster.vips)
        rows.push_back({{vip.name}, {vip.address}, {vip.interface}, holder_cell(vip, cluster)});
    return "\n" + layout(rows, colors);
}

Row service_row(const ServiceView& service, std::int64_t now_ms) {
    return {{service.name},
            {service.check},
            {service.state.empty() ? unknown : service.state,
             service.state == "ill" ? Tone::bad : Tone::plain},
            {service.since_ms ? age_text(now_ms - *service.since_ms) : unknown},
            {service.weight == 0 ? "-" : std::to_string(service.weight)},
            {service.reason.empty() ? "-" : service.reason}};
}

std::string service_table(const ClusterView& cluster, std::int64_t now_ms, Colors colors) {
    if (cluster.services.empty()) return "";
    constexpr Tone heading = Tone::heading;
    std::vector<Row> rows{{{"SERVICE", heading},
                           {"CHECK", heading},
                           {"STATE", heading},
                           {"FOR", heading},
                           {"WEIGHT", heading},
                           {"REASON", heading}}};
    for (const auto& service : cluster.services) rows.push_back(service_row(service, now_ms));
    return "\n" + layout(rows, colors);
}

Row backend_row(const BackendView& backend) {
    const int node = backend.recovered_by;
    return {{std::to_string(backend.id)},
            {backend.address},
            {backend.state.empty() ? unknown : backend.state,
             backend.state == "up" ? Tone::plain : Tone::bad},
            {backend.role},
            {node == 0 ? "-" : fmt::format("node {}", node)}};
}

/// A claim that is not long ago is a trouble; later it is only worth knowing.
bool is_recent(const RivalView& rival, std::int64_t now_ms) {
    constexpr std::int64_t recent_ms = 60'000;
    return !rival.last_ms || now_ms - *rival.last_ms < recent_ms;
}

std::string rival_text(const RivalView& rival, std::int64_t now_ms) {
    return fmt::format("vip.{}: claimed by {} on {}, {} time{}{}", rival.vip, rival.mac,
                       rival.interface, rival.times ? std::to_string(*rival.times) : unknown,
                       rival.times == 1 ? "" : "s",
                       rival.last_ms ? ", last " + age_text(now_ms - *rival.last_ms) + " ago" : "");
}

std::string recent_rivals(const ClusterView& cluster, std::int64_t now_ms, Colors colors) {
    std::string text;
    for (const auto& rival : cluster.rivals)
        if (is_recent(rival, now_ms))
            text += paint("! " + rival_text(rival, now_ms), Tone::bad, colors) + "\n";
    return text;
}

std::string earlier_rivals(const ClusterView& cluster, std::int64_t now_ms) {
    std::string text;
    for (const auto& rival : cluster.rivals)
        if (!is_recent(rival, now_ms)) text += rival_text(rival, now_ms) + "\n";
    return text;
}

std::string headline(const ClusterView& cluster, Colors colors) {
    const bool has_active = cluster.active != 0;
    const auto who =
        has_active ? fmt::format("node {} is active", cluster.active) : "no node is active";
    const auto term = cluster.term ? fmt::format(", term {}", *cluster.term) : "";
    const auto quorum =
        cluster.quorum ? fmt::format(", quorum {} ({} of {} votes)", *cluster.quorum ? "yes" : "no",
                                     cluster.votes_heard, cluster.nodes.size())
                       : "";
    return fmt::format("Cluster {}: {}{}{}\n", cluster.name.empty() ? unknown : cluster.name,
                       paint(who, has_active ? Tone::good : Tone::bad, colors), term, quorum);
}

std::string takeover_line(const ClusterView& cluster, std::int64_t now_ms) {
    if (!cluster.takeover) return "";
    const auto& [from, to, why, at_ms] = *cluster.takeover;
    return fmt::format("Last takeover{}{}{}{}{}\n",
                       at_ms ? ", " + age_text(now_ms - *at_ms) + " ago" : "",
                       from ? fmt::format(", from node {}", from) : "",
                       to ? fmt::format(", to node {}", to) : "", why.empty() ? "" : ": ", why);
}

std::string fence_line(const FenceView& fence) {
    if (fence.state.empty()) return "";
    return fmt::format("Fence of this node: {}{}{}\n", fence.state,
                       fence.reason.empty() ? "" : " (" + fence.reason + ")",
                       fence.state == "off" || fence.state == "unavailable"
                           ? ""
                           : fmt::format(", {} packets of VIPs held back", fence.dropped));
}

std::string lateness_line(const ClusterView& cluster) {
    if (!cluster.lateness) return "";
    const auto& [p50, p999, most] = *cluster.lateness;
    const auto in_words = [](std::int64_t us) { return duration_text(static_cast<double>(us)); };
    return fmt::format("This node wakes up within {} mostly, {} in 999 of 1000, at worst {} late\n",
                       in_words(p50), in_words(p999), in_words(most));
}

}  // namespace

std::string age_text(std::int64_t milliseconds) {
    struct Unit {
        std::int64_t seconds;
        const char* name;
    };
    constexpr std::array<Unit, 4> units{{{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}}};
    // The wall clocks of two nodes may differ a little: nothing is younger than new.
    const std::int64_t seconds = std::max<std::int64_t>(milliseconds / 1000, 0);
    for (std::size_t i = 0; i + 1 < units.size(); ++i)
        if (seconds >= units[i].seconds)
            return fmt::format("{}{} {}{}", seconds / units[i].seconds, units[i].name,
                               seconds % units[i].seconds / units[i + 1].seconds,
                               units[i + 1].name);
    return fmt::format("{}s", seconds);
}

std::string backend_table(const std::vector<BackendView>& backends, bool agreed, Colors colors) {
    constexpr Tone heading = Tone::heading;
    std::vector<Row> rows{{{"BACKEND", heading},
                           {"ADDRESS", heading},
                           {"STATE", heading},
                           {"ROLE", heading},
                           {"RECOVERED BY", heading}}};
    for (const auto& backend : backends) rows.push_back(backend_row(backend));
    return layout(rows, colors) +
           (agreed ? "" : "no active node has confirmed this since komainud started here\n");
}

std::string status_text(const nlohmann::json& status, std::int64_t now_ms, Colors colors) {
    const auto cluster = view_of(status);
    std::string text = headline(cluster, colors);
    for (const auto& trouble : troubles_of(cluster))
        text += paint("! " + trouble, Tone::bad, colors) + "\n";
    text += recent_rivals(cluster, now_ms, colors);
    text += "\n" + node_table(cluster, now_ms, colors) + vip_table(cluster, colors);
    text += earlier_rivals(cluster, now_ms) + service_table(cluster, now_ms, colors);
    if (!cluster.backends.empty())
        text += "\n" + backend_table(cluster.backends, cluster.backend_table.agreed, colors);
    text += fmt::format("\n* the node that was asked\n");
    return text + takeover_line(cluster, now_ms) + fence_line(cluster.fence) +
           lateness_line(cluster);
}

}  // namespace komainu
