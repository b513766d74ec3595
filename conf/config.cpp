#include "conf/config.h"

#include <algorithm>

#include "base/assert.h"

namespace komainu {

const BackendConfig* Config::backend(int id) const {
    const auto found = std::ranges::find(backend_list, id, &BackendConfig::id);
    return found == backend_list.end() ? nullptr : &*found;
}

const NodeConfig& Config::node(NodeId id) const {
    const auto found = std::ranges::find(nodes, id, &NodeConfig::id);
    KOMAINU_ASSERT(found != nodes.end());
    return *found;
}

HeartbeatLink Config::link(std::size_t index) const {
    HeartbeatLink link{heartbeat.mode, {}, heartbeat.group, heartbeat.port};
    const auto given = std::ranges::find(links, static_cast<int>(index) + 1, &LinkConfig::number);
    if (given != links.end()) {
        link.mode = given->mode.value_or(link.mode);
        link.interface = given->interface;
        if (given->group) link.group = given->group;
        link.port = given->port.value_or(link.port);
    }
    if (link.mode == HeartbeatMode::unicast) link.group.reset();
    return link;
}

Prefix RouteConfig::network() const {
    if (destination) return *destination;
    Prefix all;
    if (via) all.address.family = via->family;
    if (!via && source) all.address.family = source->family;
    return all;
}

std::uint32_t RouteConfig::effective_metric() const {
    constexpr std::uint32_t kernel_metric = 1024;  // IP6_RT_PRIO_USER
    return metric == 0 && !network().address.is_ipv4() ? kernel_metric : metric;
}

std::vector<VipConfig> Config::all_vips() const {
    std::vector<VipConfig> all = vips;
    all.insert(all.end(), command_vips.begin(), command_vips.end());
    return all;
}

}  // namespace komainu
