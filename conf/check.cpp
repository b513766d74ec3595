#include "conf/check.h"

#include <fmt/ranges.h>
#include <sys/un.h>

#include <algorithm>
#include <map>

#include "base/deadtime.h"
#include "conf/backend_check.h"
#include "conf/hook_check.h"
#include "conf/link_check.h"
#include "conf/names.h"
#include "conf/quorum_check.h"
#include "conf/route_check.h"
#include "conf/service_check.h"
#include "conf/title.h"
#include "conf/value_text.h"
#include "conf/vip_check.h"

namespace komainu {

namespace {

std::string node_numbers(const Config& config) {
    std::vector<int> numbers;
    for (const auto& node : config.nodes) numbers.push_back(number(node.id));
    return fmt::format("{}", fmt::join(numbers, ", "));
}

/// The first (host bits all zero) or last (all one) address of an IPv4 network, which is no host's.
bool is_network_or_broadcast(const Prefix& prefix) {
    constexpr int point_to_point_length = 31;  // RFC 3021: both addresses are hosts
    if (!prefix.address.is_ipv4() || prefix.length >= point_to_point_length) return false;
    std::uint32_t address = 0;
    for (int i = 0; i < 4; ++i)
        address = address << 8 | prefix.address.bytes[static_cast<std::size_t>(i)];
    const std::uint32_t host_bits = 0xffffffffu >> prefix.length;
    return (address & host_bits) == 0 || (address & host_bits) == host_bits;
}

class Checker {
public:
    Checker(const Config& config, const Lines& lines, Problems& problems)
        : config_(config), lines_(lines), problems_(problems) {}

    void run() {
        check_membership();
        for (const auto& node : config_.nodes) check_node(node);
        check_heartbeat();
        for (const auto& vip : config_.all_vips()) check_vip(vip);
        check_control();
    }

private:
    void check_membership() {
        if (config_.nodes.empty())
            return problems_.error(lines_.section("node.1"),
                                   "there is no node; write [node.1] and address = ... under it");
        if (std::ranges::all_of(config_.nodes, &NodeConfig::witness))
            problems_.error(lines_.place(title_of(config_.nodes.front()), "witness"),
                            "every node is a witness, so none could be active; let one node be "
                            "without it");
        if (config_.all_vips().empty())
            problems_.warning(lines_.section("vip.NAME"),
                              "there is no VIP; write [vip.NAME] with address and interface");
    }

    void check_node(const NodeConfig& node) {
        const auto title = title_of(node);
        for (const auto& address : node.addresses) {
            const auto place = lines_.place(title, "address");
            check_is_host(place, address);
            if (address.is_ipv6_link_local())
                problems_.error(place,
                                "{} is link-local and means nothing without an interface; "
                                "write a global or unique local address (fd00::/8)",
                                to_string(address));
            if (address.is_loopback())
                problems_.warning(place,
                                  "{} is a loopback address, which only nodes on this very "
                                  "host can reach; write an address of the LAN",
                                  to_string(address));
            const auto [same, is_new] = node_addresses_.try_emplace(address, title);
            if (!is_new)
                problems_.error(place, "{} is the address of [{}] as well; each node needs its own",
                                to_string(address), same->second);
        }
    }

    void check_is_host(const Place& place, const IpAddress& address) {
        if (address.is_multicast() || address.is_unspecified())
            problems_.error(place, "{} is {} address; write that of one host", to_string(address),
                            address.is_multicast() ? "a multicast" : "the unspecified");
    }

    void check_heartbeat() {
        const Duration interval = config_.heartbeat.interval;
        const Duration deadtime = config_.heartbeat.deadtime;
        const bool is_known =
            !is_refused("heartbeat", "interval") && !is_refused("heartbeat", "deadtime");
        if (is_known && deadtime < 2 * interval) {
            const bool is_given = lines_.of_key("heartbeat", "deadtime") != 0;
            problems_.error(lines_.place("heartbeat", is_given ? "deadtime" : "interval"),
                            "the deadtime ({}) is less than twice the interval ({}); make the "
                            "deadtime at least {}, or the interval at most {}",
                            to_string(deadtime), to_string(interval), to_string(2 * interval),
                            to_string(std::chrono::floor<std::chrono::milliseconds>(deadtime / 2)));
        }
        if (is_known) check_lease();
    }

    /// What is spared of the deadtime for the removal must leave most of it.
    void check_lease() {
        const Duration deadtime = config_.heartbeat.deadtime;
        const Duration removal = removal_of(config_.guarded());
        if (leaves_time_for_lease(deadtime, config_.guarded())) return;
        problems_.error(lines_.place("heartbeat", "deadtime"),
                        "the deadtime ({}) is too short for {} VIPs, routes and rules, whose "
                        "removal may take {} "
                        "of it; make it at least {}",
                        to_string(deadtime), config_.guarded(),
                        to_string(std::chrono::ceil<std::chrono::milliseconds>(removal)),
                        to_string(std::chrono::ceil<std::chrono::milliseconds>(removal * 16 / 7)));
    }

    void check_vip(const VipConfig& vip) {
        const auto place = lines_.place(title_of(vip), "address");
        if (is_refused(title_of(vip), "address")) return;
        const auto& address = vip.address.address;
        check_is_host(place, address);
        if (address.is_loopback())
            problems_.error(place,
                            "{} is a loopback address, which no client can reach; write an "
                            "address of the LAN",
                            to_string(address));
        if (vip.address.length == 0 || is_network_or_broadcast(vip.address))
            problems_.error(place,
                            "{} is not the address of one host in its network; write such "
                            "an address, and the network's own prefix length",
                            to_string(vip.address));
        if (const auto node = node_addresses_.find(address); node != node_addresses_.end())
            problems_.error(place,
                            "{} is the own address of [{}]; a VIP needs an address of its "
                            "own, since it moves",
                            to_string(address), node->second);
        const auto [same, is_new] = vip_addresses_.try_emplace(address, title_of(vip));
        if (!is_new)
            problems_.error(place, "{} is the address of [{}] as well; remove one of the two",
                            to_string(address), same->second);
    }

    void check_control() {
        constexpr std::size_t path_bytes_max = sizeof(sockaddr_un{}.sun_path) - 1;
        const auto& path = config_.control.socket;
        if (path.size() > path_bytes_max)
            problems_.error(lines_.place("control", "socket"),
                            "has {} letters, and the path of a socket may have {}; write a shorter "
                            "one",
                            path.size(), path_bytes_max);
    }

    /// Whether the reader has refused the key's value: then the model has the default in its place,
    /// and what would be said of that only leads astray.
    bool is_refused(std::string_view section, std::string_view key) const {
        return problems_.has_error_at(lines_.place(section, key));
    }

    const Config& config_;
    const Lines& lines_;
    Problems& problems_;
    std::map<IpAddress, std::string> node_addresses_;  ///< to the title of the section
    std::map<IpAddress, std::string> vip_addresses_;
};

bool has_node(const Config& config, NodeId id) {
    return std::ranges::find(config.nodes, id, &NodeConfig::id) != config.nodes.end();
}

std::vector<NodeId> nodes_on_host(const Config& config, std::span<const LocalAddress> local) {
    std::vector<NodeId> found;
    for (const auto& node : config.nodes)
        for (const auto& address : node.addresses)
            if (std::ranges::any_of(
                    local,
                    [&](const LocalAddress& mine) { return mine.address.address == address; }) &&
                (found.empty() || found.back() != node.id))
                found.push_back(node.id);
    return found;
}

/// The same file with its node_id on every host, for instance. The addresses may come later.
void doubt_self(const Config& config, const std::vector<NodeId>& on_host, const Place& place,
                Problems& problems) {
    if (on_host.empty() || std::ranges::count(on_host, config.self) > 0) return;
    problems.warning(place,
                     "is {}, but this host has an address of node {} and none of node {}; write "
                     "{}, or remove it: then the address tells",
                     number(config.self), number(on_host.front()), number(config.self),
                     number(on_host.front()));
}

}  // namespace

bool leaves_time_for_lease(Duration deadtime, std::size_t vips) {
    return lease_span(deadtime, removal_of(vips)) >= deadtime / 2;
}

void check(const Config& config, const Lines& lines, Problems& problems) {
    Checker(config, lines, problems).run();
    check_vip_properties(config, lines, problems);
    check_routes(config, lines, problems);
    check_links(config, lines, problems);
    check_services(config, lines, problems);
    check_backends(config, lines, problems);
    check_quorum(config, lines, problems);
    check_hooks(config, lines, problems);
}

void find_self(Config& config, std::optional<NodeId> option, std::span<const LocalAddress> local,
               Severity severity, const Lines& lines, Problems& problems) {
    if (config.nodes.empty()) return;
    const auto place = option ? Place{0, "--node-id"} : lines.place("cluster", "node_id");
    if (option) config.self = *option;
    if (config.self != no_node) {
        if (!has_node(config, config.self))
            problems.error(place, "{} is not among the nodes; write one of {}", number(config.self),
                           node_numbers(config));
        else
            doubt_self(config, nodes_on_host(config, local), place, problems);
        return;
    }
    if (lines.of_key("cluster", "node_id") != 0) return;  // it was refused by the reader
    const auto found = nodes_on_host(config, local);
    if (found.size() == 1)
        config.self = found.front();
    else
        problems.add(severity, place,
                     fmt::format("is not given, and {} an address of this host; write it, or "
                                 "start with --node-id, as one of {}",
                                 found.empty() ? "no node has" : "more than one node has",
                                 node_numbers(config)));
}

void check_vip_networks(const Config& config, std::span<const LocalAddress> local,
                        const Lines& lines, Problems& problems) {
    // A VIP that was left behind must not count as its own network, nor as another VIP's.
    std::vector<LocalAddress> own;
    std::ranges::copy_if(local, std::back_inserter(own), [&](const LocalAddress& mine) {
        return std::ranges::none_of(config.vips, [&](const VipConfig& vip) {
            return vip.address.address == mine.address.address;
        });
    });
    for (const auto& vip : config.vips) {
        const auto reaches = [&](const LocalAddress& mine) {
            return mine.interface == vip.interface && mine.address.contains(vip.address.address);
        };
        if (std::ranges::none_of(own, reaches))
            problems.warning(lines.place(title_of(vip), "address"),
                             "{} is on no network of {}; check address and interface, clients may "
                             "not reach it",
                             to_string(vip.address.address), vip.interface);
    }
}

}  // namespace komainu
