#include "pgpool/servers.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/address.h"

namespace komainu {

namespace {

std::string place_of(const PcpNode& node) { return fmt::format("{}:{}", node.host, node.port); }

bool is_same(const std::string& address, const PcpNode& node) {
    const auto wanted = parse_endpoint(address);
    if (!wanted || wanted->port != node.port) return false;
    const auto numeric = parse_address(node.host);
    return !numeric || *numeric == wanted->address;
}

}  // namespace

std::string difference_of_servers(const WantedBackends& wanted, const std::vector<PcpNode>& nodes) {
    const auto is_used = [&](int id) {
        return static_cast<std::size_t>(id) < nodes.size() &&
               nodes[static_cast<std::size_t>(id)].status != PcpNodeStatus::unused;
    };
    for (const WantedBackend& backend : wanted.list) {
        if (!is_used(backend.id))
            return fmt::format("backend {} is {} to the cluster, and pgpool-II has none",
                               backend.id, backend.address);
        const PcpNode& node = nodes[static_cast<std::size_t>(backend.id)];
        if (!is_same(backend.address, node))
            return fmt::format("backend {} is {} to the cluster, and {} to pgpool-II", backend.id,
                               backend.address, place_of(node));
    }
    for (std::size_t id = 0; id < nodes.size(); ++id)
        if (is_used(static_cast<int>(id)) &&
            std::ranges::find(wanted.list, static_cast<int>(id), &WantedBackend::id) ==
                wanted.list.end())
            return fmt::format("backend {} is {} to pgpool-II, and the cluster has none", id,
                               place_of(nodes[id]));
    return {};
}

}  // namespace komainu
