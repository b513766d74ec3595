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

}  // namespace

SettingList vip_settings(const Config& config) {
    SettingList settings;
    for (const VipConfig& vip : config.all_vips()) add_vip(settings, vip);
    for (const RouteConfig& route : config.routes) add_route(settings, route);
    for (const RuleConfig& rule : config.rules) add_rule(settings, rule);
    std::ranges::sort(settings);
    return settings;
}

std::string text_of(const SettingList& settings) {
    std::string text;
    for (const Setting& setting : settings)
        text += fmt::format("{} = {}\n", setting.key, setting.value);
    return text;
}

std::string difference(const SettingList& ours, const SettingList& theirs, ListEnd theirs_end,
                       std::string_view here, std::string_view there) {
    struct Pair {
        std::string_view ours = "nothing";
        std::string_view theirs = "nothing";
    };
    std::map<std::string_view, Pair> pairs;
    for (const Setting& setting : ours) pairs[setting.key].ours = setting.value;
    for (const Setting& setting : theirs) pairs[setting.key].theirs = setting.value;
    std::string text;
    int more = 0;
    for (const auto& [key, pair] : pairs) {
        if (theirs_end == ListEnd::cut_off && (theirs.empty() || key > theirs.back().key)) break;
        if (pair.ours == pair.theirs) continue;
        if (text.empty())
            text = fmt::format("{}: {} {}, {} {}", key, pair.ours, here, pair.theirs, there);
        else
            ++more;
    }
    if (more > 0) text += fmt::format(", and {} more", more);
    if (text.empty() && theirs_end == ListEnd::cut_off)
        text = "the VIPs, routes or rules: there are too many of them to say which";
    return text;
}

}  // namespace komainu
