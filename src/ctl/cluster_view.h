// What `status` shows, taken from the daemon's JSON. Whatever is missing there, or of another type,
// is simply not known: an older or newer daemon must not blind the operator.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace komainu {

struct LinkView {
    std::string address;
    std::optional<bool> alive;
    std::optional<double> rtt_us;
    std::optional<int> loss_percent;
    // What has come from the peer by this link; nothing where the daemon does not say.
    std::optional<std::int64_t> received;
    std::optional<std::int64_t> received_ms_ago;  ///< nothing: never
    std::optional<std::int64_t> refused_ms_ago;   ///< the same of what was not believed
    std::string refused_why;                      ///< a word, of the newest of those
};

struct NodeView {
    int id = 0;
    std::string role;
    std::string host;     ///< empty: not known
    std::string version;  ///< of its komainu; empty: not known
    std::optional<bool> alive;
    std::optional<bool> healthy;
    std::string reason;  ///< why it is not healthy
    bool quarantined = false;
    bool paused = false;      ///< with the cluster or alone
    bool on_standby = false;  ///< by the operator
    std::optional<int> priority;
    std::optional<std::int64_t> started_ms;  ///< wall clock
    std::vector<LinkView> links;
    std::vector<int> out_of_reach_of;         ///< nodes that cannot reach its service
    std::string out_of_reach_reason;          ///< of the node that was asked, if it is among them
    std::string refused;                      ///< why it may not join, by the node that was asked
    std::optional<std::vector<int>> hears;    ///< the nodes that a peer says it hears
    std::int64_t stale = 0;                   ///< genuine datagrams that nothing proved to be fresh
    bool has_stream = false;                  ///< of the node that was asked to this peer
    std::vector<std::string> other_settings;  ///< than the node that was asked has: groups of keys
};

struct VipView {
    std::string name;
    std::string address;
    std::string interface;
    std::optional<bool> held;  ///< by the node that was asked
};

/// A service of the node that was asked.
struct ServiceView {
    std::string name;
    std::string check;
    std::string state;  ///< "well", "ill", or "unknown"
    std::string reason;
    std::optional<std::int64_t> since_ms;  ///< wall clock
    int weight = 0;                        ///< 0: it makes the node unfit
};

struct TrustedServerView {
    std::string address;
    std::optional<bool> answers;
};

/// Another host that claimed a VIP while the node that was asked held it.
struct RivalView {
    std::string vip;
    std::string interface;
    std::string mac;
    std::optional<std::int64_t> times;
    std::optional<std::int64_t> last_ms;  ///< wall clock
};

struct TakeoverView {
    int from = 0;
    int to = 0;
    std::string why;
    std::optional<std::int64_t> at_ms;  ///< wall clock
};

struct FenceView {
    std::string state;
    std::string reason;
    std::int64_t dropped = 0;
};

/// How late the node that was asked was woken up.
struct LatenessView {
    std::int64_t p50_us = 0;
    std::int64_t p999_us = 0;
    std::int64_t max_us = 0;
};

/// What the kernel kept from going out or coming in, of the node that was asked.
struct DatagramView {
    std::int64_t dropped = 0;
    std::int64_t forbidden = 0;
    std::int64_t unreachable = 0;
};

struct BackendView {
    int id = 0;
    std::string address;
    std::string state;  ///< "up", "down" (for all nodes), or "quarantined"
    std::string role;
    int recovered_by = 0;  ///< node; 0: not in online recovery
};

/// How the node that was asked stands to what the nodes agree on about the backends.
struct BackendTableView {
    bool agreed = true;  ///< an active has told it, since it started, what counts
    bool lost = false;
    std::int64_t pending = 0;  ///< events that do not count yet
    std::int64_t commands_pending = 0;
    std::int64_t command_ms = 0;  ///< for how long the next of them has not ended
    std::string command_failed;   ///< in words; empty: the last that ended did its work
    std::string disk_trouble;     ///< why it cannot be stored; empty: it can
};

struct ClusterView {
    std::string name;
    std::string version;  ///< of the komainu that was asked
    int node_id = 0;      ///< who was asked
    int active = 0;       ///< 0: nobody
    std::optional<std::int64_t> term;
    std::optional<bool> quorum;
    int votes_heard = 0;
    int votes_needed = 0;          ///< 0: not known
    int port = 0;                  ///< of the heartbeats; 0: not known
    std::int64_t deadtime_ms = 0;  ///< 0: not known
    std::string config_file;       ///< where the daemon has its configuration from
    std::string config_digest;     ///< of that text
    std::vector<NodeView> nodes;
    std::vector<VipView> vips;
    std::vector<ServiceView> services;  ///< of the node that was asked
    bool paused = false;                ///< all of it
    bool stale = false;                 ///< the node that was asked holds the VIPs without a quorum
    std::vector<TrustedServerView> trusted_servers;  ///< of the node that was asked
    std::vector<RivalView> rivals;
    std::vector<BackendView> backends;
    BackendTableView backend_table;
    std::optional<TakeoverView> takeover;
    std::optional<LatenessView> lateness;
    std::string stream_trouble;  ///< why it has no stream to the active
    std::string runner_trouble;  ///< of that node as well; empty: its runner works
    std::string pgpool_caution;  ///< of the pgpool-II beside that node
    DatagramView datagrams;
    FenceView fence;  ///< of the node that was asked; without a state when it does not say
};

ClusterView view_of(const nlohmann::json& status);

/// Of the list of backends that the status has, and the daemon's answer to `backends`.
std::vector<BackendView> backend_views(const nlohmann::json& list);

/// "2026-11-23T12:00:00.123Z" as milliseconds since 1970, to the second.
std::optional<std::int64_t> parse_utc(std::string_view text);

}  // namespace komainu
