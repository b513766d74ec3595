#include "conf/pgpool_node_sections.h"

#include <algorithm>
#include <array>

#include "conf/config.h"

namespace komainu {

namespace {

/// An address that nobody has (RFC 5737, RFC 3849), in the place of one that is not known.
std::string placeholder(std::size_t link, int node, Family family) {
    if (family == Family::ipv6) return fmt::format("2001:db8:{}::{}", link + 1, node);
    constexpr std::array<std::string_view, links_max> networks{"192.0.2.", "198.51.100.",
                                                               "203.0.113.", "203.0.113.1"};
    return fmt::format("{}{}", networks[link], link + 1 == links_max ? node + 20 : node);
}

Family family_of(const PgpoolNetwork& network) {
    for (const auto& [node, host] : network.hosts)
        if (const auto address = parse_address(host.text)) return address->family;
    return Family::ipv4;
}

class Writer {
public:
    Writer(const PgpoolNodes& nodes, PgpoolWatchdog& watchdog, PgpoolDraft& draft)
        : nodes_(nodes), watchdog_(watchdog), draft_(draft) {}

    void run() {
        read_priority();
        for (const int node : nodes_.numbers) write_node(node);
        write_heartbeat();
        for (std::size_t link = 0; link < nodes_.networks.size(); ++link) write_link(link);
    }

private:
    void read_priority() {
        const auto* given = watchdog_.take("wd_priority");
        if (given == nullptr) return;
        const auto number = read_number(given->value, {0, 65535});
        if (!number) return draft_.refuse(*given, number.error().what);
        priority_ = std::to_string(number.value());
    }

    void write_node(int node) {
        draft_.section(fmt::format("node.{}", node));
        for (std::size_t link = 0; link < nodes_.networks.size(); ++link) write_address(link, node);
        if (!priority_.empty())
            draft_.key("priority", priority_,
                       "wd_priority of this pgpool.conf; see those of other nodes");
    }

    void write_address(std::size_t link, int node) {
        const PgpoolNetwork& network = nodes_.networks[link];
        const auto host = network.hosts.find(node);
        if (host != network.hosts.end())
            if (const auto address = parse_address(host->second.text))
                return draft_.key("address", to_string(*address),
                                  host->second.from->name + host->second.also_from);
        if (host == network.hosts.end())
            draft_.change("the address of this node in this network does not stand in pgpool.conf");
        else
            draft_.change(fmt::format("the address of {}, which is a name ({}{})",
                                      host->second.text, host->second.from->name,
                                      host->second.also_from));
        draft_.key("address", placeholder(link, node, family_of(network)), "");
    }

    void write_heartbeat() {
        draft_.section("heartbeat");
        write_times();
        write_port();
    }

    // Of one without the other the rest is as pgpool-II has it.
    void write_times() {
        const auto* keepalive = watchdog_.take("wd_heartbeat_keepalive");
        const auto* deadtime = watchdog_.take("wd_heartbeat_deadtime");
        if (keepalive == nullptr && deadtime == nullptr)
            return draft_.comment(
                "Nothing is given (pgpool-II: 2s and 30s), so it is interval = 100ms, deadtime = "
                "500ms.");
        const Duration silence = read_time(deadtime, 30s);
        Duration interval = read_time(keepalive, 2s);
        if (interval * 2 > silence) {
            draft_.comment("The interval is at most half of the deadtime, so it is shorter here.");
            interval = std::chrono::floor<std::chrono::milliseconds>(silence / 2);
        }
        draft_.comment(
            "pgpool-II knows whole seconds only. Without these two lines a takeover takes less "
            "than");
        draft_.comment("a second: komainu's own are interval = 100ms, deadtime = 500ms.");
        draft_.key("interval", to_string(interval),
                   keepalive ? keepalive->name : "pgpool-II's default");
        draft_.key("deadtime", to_string(silence),
                   deadtime ? deadtime->name : "pgpool-II's default");
    }

    Duration read_time(const PgpoolParameter* given, Duration otherwise) {
        if (given == nullptr) return otherwise;
        const auto read = read_pgpool_duration(given->value, {100ms, 60min});
        if (!read) draft_.refuse(*given, read.error().what);
        return read ? read.value() : otherwise;
    }

    // Each node has one in pgpool-II, and the cluster has one in komainu.
    void write_port() {
        std::vector<const PgpoolParameter*> given;
        const auto take_all = [&](std::string_view name) {
            for (const auto& [id, parameter] : watchdog_.take_numbered(name))
                given.push_back(parameter);
        };
        if (nodes_.each_has_a_file) {
            if (const auto* own = watchdog_.take("wd_heartbeat_port")) given.push_back(own);
            take_all("heartbeat_destination_port");
        } else {
            take_all("heartbeat_port");
        }
        const auto port = agreed_port(given, "all nodes use the one port of [heartbeat]", draft_);
        if (!port.number.empty()) draft_.key("port", port.number, port.from);
    }

    void write_link(std::size_t link) {
        const auto& devices = nodes_.networks[link].devices;
        std::string taken, from;
        for (const auto& [node, device] : devices) {
            const auto name = read_interface_name(device.text);
            if (!name || !can_stand(device.text)) {
                draft_.refuse(*device.from,
                              name ? "a # cannot stand in a name" : name.error().what);
            } else if (taken.empty() || taken == device.text) {
                taken = device.text;
                from += (from.empty() ? "" : ", ") + device.from->name;
            } else {
                draft_.refuse(*device.from,
                              "a link uses the interface of one name on all nodes; write that, or "
                              "remove interface from the section, and each node uses that of its "
                              "address");
            }
        }
        if (taken.empty()) return;
        draft_.section(fmt::format("link.{}", link + 1));
        draft_.key("interface", taken, from);
    }

    const PgpoolNodes& nodes_;
    PgpoolWatchdog& watchdog_;
    PgpoolDraft& draft_;
    std::string priority_;
};

}  // namespace

void write_node_sections(const PgpoolNodes& nodes, PgpoolWatchdog& watchdog, PgpoolDraft& draft) {
    Writer(nodes, watchdog, draft).run();
}

}  // namespace komainu
