#include "conf/pgpool_nodes.h"

#include <algorithm>
#include <set>

#include "conf/config.h"

namespace komainu {

namespace {

/// pgpool-II begins to count at 0.
constexpr int number_of(int pgpool_node_id) { return pgpool_node_id + 1; }

bool is_address(const PgpoolHost& host) { return parse_address(host.text).has_value(); }

class Reader {
public:
    Reader(PgpoolWatchdog& watchdog, PgpoolDraft& draft) : watchdog_(watchdog), draft_(draft) {}

    PgpoolNodes run() {
        network(0);
        nodes_.each_has_a_file = !watchdog_.has_numbered("hostname") && is_of_old_version();
        nodes_.each_has_a_file ? read_own_file() : read_common_file();
        join_same_networks();
        drop_networks_of_names();
        drop_networks_too_many();
        number_nodes();
        return std::move(nodes_);
    }

private:
    bool is_of_old_version() const {
        return watchdog_.mentions("wd_hostname") || watchdog_.mentions("other_pgpool_hostname") ||
               watchdog_.mentions("heartbeat_destination");
    }

    bool is_within_bound(int node, const PgpoolParameter& parameter) {
        if (node <= nodes_max) return true;
        draft_.refuse(parameter, fmt::format("komainu has at most {} nodes", nodes_max));
        return false;
    }

    PgpoolNetwork& network(std::size_t index) {
        if (nodes_.networks.size() <= index) nodes_.networks.resize(index + 1);
        return nodes_.networks[index];
    }

    void put_host(std::size_t index, int node, std::string_view text,
                  const PgpoolParameter* parameter) {
        if (is_within_bound(node, *parameter))
            network(index).hosts[node] = {std::string(text), parameter};
    }

    void put_device(std::size_t index, int node, std::string_view text,
                    const PgpoolParameter* parameter) {
        if (is_within_bound(node, *parameter))
            network(index).devices[node] = {std::string(text), parameter};
    }

    // Network 0 is that of the nodes themselves, those of the heartbeats follow.
    void read_common_file() {
        for (const auto& [id, parameter] : watchdog_.take_numbered("hostname"))
            put_host(0, number_of(id), parameter->value, parameter);
        for (const auto& [id, parameter] : watchdog_.take_numbered("heartbeat_hostname")) {
            std::size_t index = 0;
            for (const auto item : some_of(*parameter))
                put_host(++index, number_of(id), item, parameter);
        }
        for (const auto& [id, parameter] : watchdog_.take_numbered("heartbeat_device")) {
            std::size_t index = 0;
            for (const auto item : some_of(*parameter))
                put_device(++index, number_of(id), item, parameter);
        }
    }

    std::vector<std::string_view> some_of(const PgpoolParameter& list) {
        auto items = items_of(list.value, ';');
        if (items.empty()) draft_.leave_out(list, "names nothing");
        if (items.size() <= links_max) return items;
        draft_.refuse(list, too_many_links());
        items.resize(links_max);
        return items;
    }

    static std::string too_many_links() {
        return fmt::format("komainu has at most {} links", links_max);
    }

    // The others come after the node itself, in their order.
    void read_own_file() {
        if (const auto* self = watchdog_.take("wd_hostname")) put_host(0, 1, self->value, self);
        const auto others = watchdog_.take_numbered("other_pgpool_hostname");
        int node = 1;
        for (const auto& [id, parameter] : others) put_host(0, ++node, parameter->value, parameter);
        read_destinations(others.size());
    }

    // Heartbeats go to one other node on several networks, or to several others on one. What else
    // there may be does not stand in the file.
    void read_destinations(std::size_t others) {
        const auto hosts = watchdog_.take_numbered("heartbeat_destination");
        const auto devices = watchdog_.take_numbered("heartbeat_device");
        int place = 0;
        for (const auto& [id, parameter] : hosts) {
            ++place;
            if (others != 1 && others != hosts.size()) {
                draft_.refuse(*parameter,
                              "to which of the others it leads does not stand here; write an "
                              "address of every node in this network below the first one");
                continue;
            }
            const auto index = others == 1 ? static_cast<std::size_t>(place) : 1;
            const int node = others == 1 ? 2 : place + 1;
            put_host(index, node, parameter->value, parameter);
            if (const auto device = devices.find(id); device != devices.end())
                put_device(index, node, device->second->value, device->second);
        }
        for (const auto& [id, parameter] : devices)
            if (hosts.count(id) == 0 || (others != 1 && others != hosts.size()))
                draft_.leave_out(*parameter, "belongs to a heartbeat_destination that is not used");
    }

    // Mostly the heartbeats travel between the very hosts that the nodes are named by.
    void join_same_networks() {
        for (std::size_t i = 1; i < nodes_.networks.size();) {
            PgpoolNetwork& first = nodes_.networks.front();
            PgpoolNetwork& other = nodes_.networks[i];
            const bool same = std::ranges::all_of(other.hosts, [&](const auto& host) {
                const auto found = first.hosts.find(host.first);
                return found != first.hosts.end() && found->second.text == host.second.text;
            });
            if (!same) {
                ++i;
                continue;
            }
            for (const auto& [node, host] : other.hosts)
                first.hosts[node].also_from += ", " + host.from->name;
            first.devices.merge(other.devices);
            for (const auto& [node, device] : other.devices) leave_out_device(device);
            nodes_.networks.erase(nodes_.networks.begin() + static_cast<std::ptrdiff_t>(i));
        }
    }

    void leave_out_device(const PgpoolHost& device) {
        draft_.leave_out(*device.from, "its network is not taken over, or is one with another");
    }

    void drop(std::size_t index, std::string_view why) {
        for (const auto& [node, host] : nodes_.networks[index].hosts)
            draft_.leave_out(*host.from, why);
        for (const auto& [node, device] : nodes_.networks[index].devices) leave_out_device(device);
        nodes_.networks.erase(nodes_.networks.begin() + static_cast<std::ptrdiff_t>(index));
    }

    static bool has_addresses(const PgpoolNetwork& network) {
        return std::ranges::any_of(network.hosts,
                                   [](const auto& host) { return is_address(host.second); });
    }

    // Where no network has an address the names of one are enough for the operator.
    void drop_networks_of_names() {
        for (const PgpoolNetwork& network : nodes_.networks) keep_nodes(network);
        const bool only_names = std::ranges::none_of(nodes_.networks, has_addresses);
        for (std::size_t i = nodes_.networks.size(); i-- > 0 && nodes_.networks.size() > 1;) {
            const PgpoolNetwork& network = nodes_.networks[i];
            if (network.hosts.empty() || (only_names ? i > 0 : !has_addresses(network)))
                drop(i,
                     "a name, and komainu takes addresses; if it stands for another network than "
                     "that of the nodes above, write an address in it for every node");
        }
    }

    void drop_networks_too_many() {
        while (nodes_.networks.size() > links_max)
            drop(nodes_.networks.size() - 1, too_many_links());
    }

    void keep_nodes(const PgpoolNetwork& network) {
        for (const auto& [node, host] : network.hosts) numbers_.insert(node);
    }

    // A file that names fewer than two nodes is a sample, or that of a node not set up: three are
    // written then, for the operator to complete.
    void number_nodes() {
        if (nodes_.each_has_a_file) numbers_.insert(1);
        constexpr int nodes_of_a_good_cluster = 3;
        if (numbers_.size() < 2)
            for (int node = 1; node <= nodes_of_a_good_cluster; ++node) numbers_.insert(node);
        nodes_.numbers.assign(numbers_.begin(), numbers_.end());
    }

    PgpoolWatchdog& watchdog_;
    PgpoolDraft& draft_;
    PgpoolNodes nodes_;
    std::set<int> numbers_;  ///< of all nodes, on whichever network
};

}  // namespace

bool PgpoolNodes::has_address(const IpAddress& address) const {
    return std::ranges::any_of(networks, [&](const PgpoolNetwork& network) {
        return std::ranges::any_of(network.hosts, [&](const auto& host) {
            return parse_address(host.second.text) == address;
        });
    });
}

PgpoolNodes read_pgpool_nodes(PgpoolWatchdog& watchdog, PgpoolDraft& draft) {
    return Reader(watchdog, draft).run();
}

}  // namespace komainu
