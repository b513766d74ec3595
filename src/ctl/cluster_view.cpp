#include "ctl/cluster_view.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "ctl/control.h"

namespace komainu {

namespace {

using nlohmann::json;

/// The member of that name; null when there is none.
const json& at(const json& object, const char* key) {
    static const json null;
    if (!object.is_object()) return null;
    const auto found = object.find(key);
    return found == object.end() ? null : *found;
}

std::string text_of(const json& value) {
    return value.is_string() ? printable(value.get<std::string>()) : "";
}

std::string text_at(const json& object, const char* key) { return text_of(at(object, key)); }

std::optional<bool> flag_at(const json& object, const char* key) {
    const json& value = at(object, key);
    if (!value.is_boolean()) return {};
    return value.get<bool>();
}

template <class Number>
std::optional<Number> number_of(const json& value) {
    const bool fits = std::is_integral_v<Number> ? value.is_number_integer() : value.is_number();
    if (!fits) return {};
    return value.get<Number>();
}

template <class Number>
std::optional<Number> number_at(const json& object, const char* key) {
    return number_of<Number>(at(object, key));
}

int node_of(const json& value) { return number_of<int>(value).value_or(0); }

std::optional<std::int64_t> time_at(const json& object, const char* key) {
    return parse_utc(text_at(object, key));
}

/// A view of each element of the list; none when it is no list.
template <class View>
std::vector<View> views_of(const json& list, View (*view)(const json&)) {
    std::vector<View> views;
    if (list.is_array())
        for (const json& item : list) views.push_back(view(item));
    return views;
}

LinkView link_view(const json& link) {
    return {text_at(link, "address"),
            flag_at(link, "alive"),
            number_at<double>(link, "rtt_us"),
            number_at<int>(link, "loss_percent"),
            number_at<std::int64_t>(link, "received"),
            number_at<std::int64_t>(link, "received_ms_ago"),
            number_at<std::int64_t>(link, "refused_ms_ago"),
            text_at(link, "refused_why")};
}

NodeView node_view(const json& node) {
    NodeView view;
    view.id = number_at<int>(node, "id").value_or(0);
    view.role = text_at(node, "role");
    view.alive = flag_at(node, "alive");
    view.healthy = flag_at(node, "healthy");
    view.reason = text_at(node, "reason");
    view.quarantined = flag_at(node, "quarantined").value_or(false);
    view.paused = flag_at(node, "paused").value_or(false);
    view.on_standby = flag_at(node, "on_standby").value_or(false);
    view.priority = number_at<int>(node, "priority");
    view.started_ms = time_at(node, "started");
    view.links = views_of<LinkView>(at(node, "links"), link_view);
    view.out_of_reach_of = views_of<int>(at(node, "out_of_reach_of"), node_of);
    view.out_of_reach_reason = text_at(node, "out_of_reach_reason");
    view.host = text_at(node, "host");
    view.version = text_at(node, "version");
    view.refused = text_at(node, "refused");
    if (at(node, "hears").is_array()) view.hears = views_of<int>(at(node, "hears"), node_of);
    view.stale = number_at<std::int64_t>(node, "stale").value_or(0);
    view.has_stream = at(node, "stream").is_string();
    view.other_settings = views_of<std::string>(at(node, "other_settings"), text_of);
    return view;
}

VipView vip_view(const json& vip) {
    return {text_at(vip, "name"), text_at(vip, "address"), text_at(vip, "interface"),
            flag_at(vip, "held")};
}

ServiceView service_view(const json& service) {
    return {text_at(service, "name"),  text_at(service, "check"),
            text_at(service, "state"), text_at(service, "reason"),
            time_at(service, "since"), number_at<int>(service, "weight").value_or(0)};
}

TrustedServerView trusted_server_view(const json& server) {
    return {text_at(server, "address"), flag_at(server, "answers")};
}

RivalView rival_view(const json& rival) {
    return {text_at(rival, "vip"), text_at(rival, "interface"), text_at(rival, "mac"),
            number_at<std::int64_t>(rival, "times"), time_at(rival, "last")};
}

BackendView backend_view(const json& backend) {
    return {number_at<int>(backend, "id").value_or(0), text_at(backend, "address"),
            text_at(backend, "state"), text_at(backend, "role"),
            node_of(at(backend, "recovered_by"))};
}

BackendTableView backend_table_view(const json& table) {
    return {flag_at(table, "agreed").value_or(true),
            flag_at(table, "lost").value_or(false),
            number_at<std::int64_t>(table, "pending").value_or(0),
            number_at<std::int64_t>(table, "commands_pending").value_or(0),
            number_at<std::int64_t>(table, "command_ms").value_or(0),
            text_at(table, "command_failed"),
            text_at(table, "disk")};
}

std::optional<TakeoverView> takeover_view(const json& takeover) {
    if (!takeover.is_object()) return {};
    return TakeoverView{number_at<int>(takeover, "from").value_or(0),
                        number_at<int>(takeover, "to").value_or(0), text_at(takeover, "why"),
                        time_at(takeover, "at")};
}

std::optional<LatenessView> lateness_view(const json& lateness) {
    const auto p50 = number_at<std::int64_t>(lateness, "p50_us");
    const auto p999 = number_at<std::int64_t>(lateness, "p999_us");
    const auto most = number_at<std::int64_t>(lateness, "max_us");
    if (!p50 || !p999 || !most) return {};
    return LatenessView{*p50, *p999, *most};
}

int count_alive(const std::vector<NodeView>& nodes) {
    return static_cast<int>(
        std::ranges::count_if(nodes, [](const NodeView& n) { return n.alive.value_or(false); }));
}

}  // namespace

ClusterView view_of(const json& status) {
    ClusterView view;
    view.name = text_at(status, "cluster");
    view.version = text_at(status, "version");
    view.node_id = number_at<int>(status, "node_id").value_or(0);
    view.active = number_at<int>(status, "active").value_or(0);
    view.term = number_at<std::int64_t>(status, "term");
    view.quorum = flag_at(status, "quorum");
    view.nodes = views_of<NodeView>(at(status, "nodes"), node_view);
    view.vips = views_of<VipView>(at(status, "vips"), vip_view);
    view.paused = flag_at(status, "paused").value_or(false);
    view.services = views_of<ServiceView>(at(status, "services"), service_view);
    view.stale = flag_at(status, "stale").value_or(false);
    view.trusted_servers =
        views_of<TrustedServerView>(at(status, "trusted_servers"), trusted_server_view);
    view.rivals = views_of<RivalView>(at(status, "rivals"), rival_view);
    view.backends = backend_views(at(status, "backends"));
    view.backend_table = backend_table_view(at(status, "backend_table"));
    view.stream_trouble = text_at(at(status, "streams"), "trouble");
    view.runner_trouble = text_at(at(status, "runner"), "reason");
    view.pgpool_caution = text_at(at(status, "pgpool"), "caution");
    const json& fence = at(status, "fence");
    view.fence = {text_at(fence, "state"), text_at(fence, "reason"),
                  number_at<std::int64_t>(fence, "dropped").value_or(0)};
    view.lateness = lateness_view(at(status, "lateness"));
    view.takeover = takeover_view(at(status, "last_takeover"));
    view.votes_needed = number_at<int>(at(status, "votes"), "needed").value_or(0);
    view.port = number_at<int>(status, "port").value_or(0);
    view.deadtime_ms =
        static_cast<std::int64_t>(number_at<double>(status, "deadtime_ms").value_or(0));
    view.config_file = text_at(at(status, "config"), "file");
    view.config_digest = text_at(at(status, "config"), "digest");
    const json& datagrams = at(status, "datagrams");
    const auto count = [&](const char* key) {
        return number_at<std::int64_t>(datagrams, key).value_or(0);
    };
    view.datagrams = {count("dropped"), count("forbidden"), count("unreachable")};
    view.votes_heard =
        number_at<int>(at(status, "votes"), "heard").value_or(count_alive(view.nodes));
    return view;
}

std::vector<BackendView> backend_views(const json& list) {
    return views_of<BackendView>(list, backend_view);
}

std::optional<std::int64_t> parse_utc(std::string_view text) {
    int year = 0;
    unsigned month = 0, day = 0;
    int hour = 0, minute = 0, second = 0;
    const std::string terminated(text);
    if (std::sscanf(terminated.c_str(), "%4d-%2u-%2uT%2d:%2d:%2d", &year, &month, &day, &hour,
                    &minute, &second) != 6)
        return {};
    using namespace std::chrono;
    const year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                              std::chrono::day{day}};
    if (!date.ok()) return {};
    const auto time = sys_days{date} + hours{hour} + minutes{minute} + seconds{second};
    return duration_cast<milliseconds>(time.time_since_epoch()).count();
}

}  // namespace komainu
