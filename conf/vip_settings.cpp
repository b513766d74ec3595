#include "conf/vip_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace komainu {

namespace {

template <class Value>
void add(SettingList& settings, const std::string& section, std::string_view key,
         const std::optional<Value>& value) {
    if (value) settings.push_back({fmt::format("{}.{}", section, key), to_string(*value)});
}

void add_vip(SettingList& settings, const VipConfig& vip) {
    add(settings, "vip." + vip.name, "address", std::optional(vip.address));
}

void add_route(SettingList& settings, const RouteConfig& route) {
    const std::string section = "route." + route.name;
    add(settings, section, "destination", std::optional(route.network()));
    add(settings, section, "via", route.via);
    add(settings, section, "source", route.source);
    settings.push_back({section + ".table", std::to_string(route.table)});
    settings.push_back({section + ".metric", std::to_string(route.metric)});
}

void add_rule(SettingList& settings, const RuleConfig& rule) {
    const std::string section = "rule." + rule.name;
    add(settings, section, "from", rule.from);
    add(settings, section, "to", rule.to);
    settings.push_back({section + ".table", std::to_string(rule.table)});
    settings.push_back({section + ".priority", std::to_string(rule.priority)});
}

void add_backend(SettingList& settings, const BackendConfig& backend) {
    add(settings, fmt::format("backend.{}", backend.id), "address", std::optional(backend.address));
}

struct Values {
    std::string_view ours = "nothing";
    std::string_view theirs = "nothing";
};

constexpr std::string_view too_many =
    "the VIPs, routes, rules or backends: there are too many of them to say which";

std::string told(std::string_view key, std::string_view here, std::string_view there,
                 NodeId other) {
    return fmt::format("{}: {} here, {} on node {}", key, here, there, number(other));
}

}  // namespace

SettingList vip_settings(const Config& config) {
    SettingList settings;
    for (const VipConfig& vip : config.all_vips()) add_vip(settings, vip);
    for (const RouteConfig& route : config.routes) add_route(settings, route);
    for (const RuleConfig& rule : config.rules) add_rule(settings, rule);
    for (const BackendConfig& backend : config.backend_list) add_backend(settings, backend);
    std::ranges::sort(settings);
    return settings;
}

std::string text_of(const SettingList& settings) {
    std::string text;
    for (const Setting& setting : settings)
        text += fmt::format("{} = {}\n", setting.key, setting.value);
    return text;
}

Difference difference(NodeId us, const SettingList& ours, NodeId them, const SettingList& theirs,
                      ListEnd their_end) {
    std::map<std::string_view, Values> values;
    for (const Setting& setting : ours) values[setting.key].ours = setting.value;
    for (const Setting& setting : theirs) values[setting.key].theirs = setting.value;
    std::erase_if(values, [&](const auto& item) {
        const bool is_behind =
            their_end == ListEnd::cut_off && (theirs.empty() || item.first > theirs.back().key);
        return is_behind || item.second.ours == item.second.theirs;
    });
    if (values.empty() && their_end == ListEnd::whole) return {};
    if (values.empty()) return {std::string(too_many), std::string(too_many)};
    const auto& [key, first] = *values.begin();
    const std::string more =
        values.size() > 1 ? fmt::format(", and {} more", values.size() - 1) : "";
    return {told(key, first.ours, first.theirs, them) + more,
            told(key, first.theirs, first.ours, us) + more};
}

}  // namespace komainu
