// The configuration as a model: plain values with their defaults, in this one place. It is built
// once by the reader (conf/reader.h), checked (conf/check.h) and never changed afterwards.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/ids.h"
#include "base/quorum_rule.h"
#include "base/time.h"
#include "conf/backend_config.h"
#include "conf/command.h"
#include "conf/pgpool_config.h"
#include "conf/status_list.h"

namespace komainu {

inline constexpr std::size_t vips_max = 1024;
inline constexpr std::size_t routes_max = 256;
inline constexpr std::size_t rules_max = 256;
inline constexpr std::size_t services_max = 32;
inline constexpr std::size_t hooks_max = 32;
inline constexpr std::size_t outside_checks_max = 64;  ///< of a node's, at the others' services
inline constexpr std::size_t command_vips_max = 16;
inline constexpr std::size_t trusted_servers_max = 8;
inline constexpr std::size_t tracked_interfaces_max = 16;
inline constexpr std::size_t links_max = 4;  ///< and addresses of a node

/// What a starting node does when somebody who is no active of its cluster answers for a VIP.
enum class ConflictRule : std::uint8_t {
    wait,       ///< holds nothing until nobody does
    refuse,     ///< ends
    take_over,  ///< announces the address all the same
};

/// `[node.N]`
struct NodeConfig {
    NodeId id = no_node;
    std::vector<IpAddress> addresses;  ///< one per link, in the order of the file
    std::uint16_t priority = 100;      ///< the higher is preferred in an election
    bool witness = false;              ///< votes and never holds a VIP
    bool operator==(const NodeConfig&) const = default;
};

enum class HeartbeatMode : std::uint8_t { unicast, multicast };

/// `[heartbeat]`
struct HeartbeatConfig {
    HeartbeatMode mode = HeartbeatMode::unicast;
    std::optional<IpAddress> group;  ///< the multicast group, for mode = multicast
    Duration interval = 100ms;
    Duration deadtime = 500ms;
    std::uint16_t port = 9694;
    bool operator==(const HeartbeatConfig&) const = default;
};

/// `[link.N]`. What it leaves out is as in `[heartbeat]`.
struct LinkConfig {
    int number = 1;  ///< its nodes' addresses are the number-th of each
    std::optional<HeartbeatMode> mode;
    std::string interface;  ///< empty: whichever has the node's own address
    std::optional<IpAddress> group;
    std::optional<std::uint16_t> port;
    bool operator==(const LinkConfig&) const = default;
};

/// How heartbeats travel on one link: its section, completed from `[heartbeat]`.
struct HeartbeatLink {
    HeartbeatMode mode = HeartbeatMode::unicast;
    std::string interface;           ///< empty: whichever has the node's own address
    std::optional<IpAddress> group;  ///< of a multicast link only
    std::uint16_t port = 0;
};

/// `[vip.NAME]`
struct VipConfig {
    std::string name;
    Prefix address;  ///< a host prefix when the file gives no length
    std::string interface;
    std::string label = {};                     ///< IPv4 only; empty: none of its own
    AddressScope scope = AddressScope::global;  ///< IPv4 only
    bool noprefixroute = false;  ///< no route to the prefix's network comes with the address
    /// What moves it in place of komainu, in a cloud for instance. Both or neither.
    Argv up_command = {};
    Argv down_command = {};
    Duration command_timeout = 60s;
    bool operator==(const VipConfig&) const = default;

    bool has_commands() const { return !up_command.empty() || !down_command.empty(); }
};

/// The routing table that the kernel looks into by its own rules.
inline constexpr std::uint32_t main_table = 254;

/// `[route.NAME]`: comes and goes with the VIPs.
struct RouteConfig {
    std::string name;
    std::optional<Prefix> destination;  ///< nothing: "default"
    std::optional<IpAddress> via;       ///< nothing: on the interface's own network
    std::string interface;
    std::optional<IpAddress> source;  ///< of what this host sends by it on its own behalf
    std::uint32_t table = main_table;
    std::uint32_t metric = 0;  ///< 0: none given
    bool operator==(const RouteConfig&) const = default;

    /// The destination; that of "default" is all of the family that the other addresses have.
    Prefix network() const;
    /// The one that the kernel compares: it gives a route of IPv6 one if it has none.
    std::uint32_t effective_metric() const;
};

/// `[rule.NAME]`: which packets look into a routing table. Comes and goes with the VIPs.
struct RuleConfig {
    std::string name;
    std::optional<Prefix> from;  ///< one of these two
    std::optional<Prefix> to;
    std::string interface;  ///< by which a packet came in; empty: any, or it is the host's own
    std::uint32_t table = 0;
    std::uint32_t priority = 0;  ///< the lower is asked first
    bool operator==(const RuleConfig&) const = default;

    Family family() const { return (from ? *from : *to).address.family; }
};

/// Which services must be well for a node to be fit; those with a weight do not count here.
enum class Require : std::uint8_t { all, any };

/// How a node's service is watched from outside, so that one that works for its own node alone does
/// not keep the VIPs.
enum class LifecheckMethod : std::uint8_t {
    heartbeat,  ///< not at all: what a node says of itself counts
    query,      ///< the nodes ask one another's services
    external,   ///< a program of the operator's reports nodes alive or dead (komainuctl report)
};

/// `[lifecheck]`
struct LifecheckConfig {
    LifecheckMethod method = LifecheckMethod::heartbeat;
    Require require = Require::all;
    /// Those that a node needs to be fit, beside those that carry its VIPs.
    std::vector<std::string> track_interface;
    Duration track_delay = 1s;  ///< of being up without a break, after which an interface counts
    bool operator==(const LifecheckConfig&) const = default;
};

enum class CheckKind : std::uint8_t { process, tcp, http, query, command };

/// What a service counts as before its first result.
enum class InitialState : std::uint8_t {
    unknown,  ///< not well, and one success is enough
    well,     ///< until `fall` failures in a row
    ill,      ///< until `rise` successes in a row
};

/// What an error counts as that a living SQL server reports.
enum class ErrorAnswers : std::uint8_t { ill, well };

/// `[service.NAME]`
struct ServiceConfig {
    std::string name;
    CheckKind check = CheckKind::process;
    std::string pid_file;             ///< check = process
    std::optional<Endpoint> address;  ///< check = tcp

    std::string url;                   ///< check = http
    StatusList status = {{200, 299}};  ///< which of them are good
    std::optional<std::string> body;   ///< what must occur in it
    std::string unix_socket;           ///< to connect to instead of the URL's host; empty: none

    std::string conninfo;  ///< check = query; may hold a password
    std::string query = "SELECT 1";
    std::optional<std::string> expect;  ///< the first column of the first row
    ErrorAnswers error_answers = ErrorAnswers::ill;

    /// Of no key: where a service of check = http or query is to be found, in place of the host
    /// that its URL or conninfo names (conf/outside.h).
    std::optional<IpAddress> connect_to = {};

    Argv command;      ///< check = command; exit status 0 is a success
    std::string user;  ///< whom it runs as; empty: the daemon's own

    Duration interval = 1s;
    Duration timeout = 1s;
    int rise = 1;  ///< successes in a row that make a failed service healthy
    int fall = 2;  ///< failures in a row that make a healthy service failed
    InitialState initial = InitialState::unknown;
    /// By how much the node's priority is lower while the service is not well. 0: it makes the node
    /// unfit instead.
    std::uint8_t weight = 0;
    /// What is asked is not this node's own service, but that backend: a node is as fit as it is
    /// without it, and reports what it finds.
    std::optional<int> backend = {};
    bool operator==(const ServiceConfig&) const = default;
};

/// What a hook may be told of.
enum class HookEvent : std::uint8_t {
    active,     ///< this node became it
    standby,    ///< this node no longer is the active
    fault,      ///< this node is no longer fit to be active
    peer_lost,  ///< another node fell silent, or left
    conflict,   ///< somebody else answers for a VIP
    backend,    ///< the cluster has agreed on an event of a backend
};
/// Before or after the VIPs have moved.
enum class HookWhen : std::uint8_t { before, after };

/// `[hook.NAME]`: a command that is run when something happens.
struct HookConfig {
    std::string name;
    std::vector<HookEvent> on;
    HookWhen when = HookWhen::after;
    Argv command;
    std::string user;  ///< whom it runs as; empty: the daemon's own
    Duration timeout = 30s;
    bool wait = false;  ///< the VIPs do not move before it has ended

    bool operator==(const HookConfig&) const = default;
    bool is_for(HookEvent event, HookWhen moment) const {
        return when == moment && std::ranges::find(on, event) != on.end();
    }
};

/// `[control]`
struct ControlConfig {
    std::string socket = "/run/komainu/control.sock";
    std::string state_dir = "/var/lib/komainu";
    std::string monitor_group = "komainu-monitor";  ///< may look, and change nothing
    bool operator==(const ControlConfig&) const = default;
};

/// Whether the kernel itself is to keep this node from answering for a VIP without the lease.
enum class FenceMode : std::uint8_t {
    automatic,  ///< where it is permitted
    require,    ///< no node without it becomes active
    off,
};

/// `[daemon]`
struct DaemonConfig {
    FenceMode fence = FenceMode::automatic;
    bool realtime = true;  ///< before ordinary processes, and never swapped out, where permitted
    bool operator==(const DaemonConfig&) const = default;
};

struct Config {
    std::string cluster_name;
    std::string key_file = "/etc/komainu/cluster.key";
    QuorumRule quorum = QuorumRule::majority;
    QuorumLoss on_quorum_loss = QuorumLoss::release;
    std::vector<IpAddress> trusted_servers;  ///< hosts that answer a ping while the network works
    ConflictRule conflict = ConflictRule::wait;
    bool preempt = false;           ///< a higher priority than the active's takes the VIPs
    Duration preempt_delay = 10s;   ///< after it has been the better one for so long
    NodeId self = no_node;          ///< from node_id, --node-id, or a matching local address
    std::vector<NodeConfig> nodes;  ///< ascending by id
    HeartbeatConfig heartbeat;
    std::vector<LinkConfig> links;  ///< only those that have a section, in the order of the file
    std::vector<VipConfig> vips;    ///< that komainu moves by itself, in the order of the file
    std::vector<VipConfig> command_vips;  ///< that commands move, in the order of the file
    std::vector<RouteConfig> routes;      ///< in the order of the file, in which they are put on
    std::vector<RuleConfig> rules;        ///< in the order of the file
    LifecheckConfig lifecheck;
    std::vector<ServiceConfig> services;
    std::vector<HookConfig> hooks;            ///< in the order of the file
    BackendsConfig backends;                  ///< of all of them
    std::vector<BackendConfig> backend_list;  ///< ascending by id
    std::optional<PgpoolConfig> pgpool;
    ControlConfig control;
    DaemonConfig daemon;

    std::vector<VipConfig> all_vips() const;
    /// How many addresses, routes and rules the guard puts on and removes.
    std::size_t guarded() const { return vips.size() + routes.size() + rules.size(); }
    /// Unset: a higher priority takes nothing.
    std::optional<Duration> preempt_after() const {
        return preempt ? std::optional(preempt_delay) : std::nullopt;
    }
    /// How many nodes must find a backend down for it to be detached.
    int reports_needed() const {
        return backends.consensus.value_or(static_cast<int>(nodes.size()) / 2 + 1);
    }
    /// Null: there is none.
    const BackendConfig* backend(int id) const;
    const NodeConfig& node(NodeId id) const;
    /// As many as a node has addresses; in a checked configuration all have the same number.
    std::size_t link_count() const { return nodes.front().addresses.size(); }
    /// Of index 0 on: index 0 is link 1 to the operator.
    HeartbeatLink link(std::size_t index) const;
};

}  // namespace komainu
