// A cluster of real daemons on a LAN of the lab: nodes 1 to N, each a host with a komainud, and
// with an echo-service when its service is to be watched. A further host, "client", is there to
// call them. Nothing starts by itself: a scenario says when.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "test/lab/network.h"
#include "test/lab/process.h"

namespace komainu::lab {

inline constexpr std::uint16_t service_port = 7777;
inline constexpr int client_number = 200;

/// How long anything may take that a healthy cluster does at once. Generous: a limit of the lab,
/// not a promise of komainu's, and reached only by what is broken.
inline constexpr Duration patience = 10s;

enum class ServiceCheck { none, process, tcp };

/// A link by which LAN of the lab (0 is the clients'), and with which of the addresses there.
struct LabLink {
    int lan = 0;
    Family family = Family::ipv4;
};

struct ClusterOptions {
    int nodes = 3;
    Duration interval = 20ms;
    Duration deadtime = 200ms;
    std::vector<std::string> vips = {"10.77.0.100/24"};
    std::map<std::size_t, std::string> vip_keys = {};  ///< more lines, for some of those
    std::set<int> witnesses = {};
    std::map<int, int> priorities = {};  ///< of those nodes that shall not have the default
    std::string quorum = "majority";
    std::string cluster_keys = {};           ///< more lines under [cluster]
    Family heartbeat_family = Family::ipv4;  ///< of the nodes' addresses
    std::string multicast_group = {};        ///< empty: unicast
    std::vector<LabLink> links = {};         ///< empty: one, of the family above on LAN 0
    Families families = Families::both;
    ServiceCheck check = ServiceCheck::none;
    /// Text at the end of every configuration, in which @directory@ stands for the node's own.
    std::string more = {};
    std::map<int, std::string> keys = {};  ///< hex; of nodes that shall not have the common one
    /// Words before the daemon's own command, such as those of env(1) or prlimit(1).
    std::map<int, std::vector<std::string>> launchers = {};
    /// Of a small file system for each node's files, the sockets and logs included. 0: none.
    int disk_kib = 0;
};

class Cluster {
public:
    explicit Cluster(ClusterOptions options = {});
    Cluster(const Cluster&) = delete;
    Cluster& operator=(const Cluster&) = delete;

    Network& network() { return network_; }
    Host& host(int node) { return at(node).host; }
    Host& client_host() { return *client_host_; }
    int size() const { return options_.nodes; }
    const ClusterOptions& options() const { return options_; }

    /// The i-th virtual IP, and the service behind it.
    IpAddress vip(std::size_t i = 0) const;
    Endpoint service(std::size_t i = 0) const { return {vip(i), service_port}; }

    void start(int node);  ///< the daemon; it must not be running
    void start_all();
    void start_service(int node);
    void start_services();

    /// The daemon's main process. Only after start().
    Process& daemon(int node);
    /// 0 when there is none.
    pid_t guard_pid(int node);
    pid_t runner_pid(int node);
    bool running(int node);
    bool service_running(int node);

    void kill_main(int node);
    void kill_guard(int node);
    /// Main and guard by one system call, so that neither lives to see the other's end.
    void signal_both(int node, int signal);
    void kill_service(int node);
    /// SIGTERM, and waits for the end. Its exit status; nothing if it did not end.
    std::optional<int> stop(int node);

    /// What the daemon says of itself and the others (DESIGN 10); nothing when it does not answer.
    std::optional<nlohmann::json> status(int node);
    /// Asks that node to hand over, to the given one or to whom it thinks best. Its answer.
    std::optional<nlohmann::json> switchover(int asked, std::optional<int> to = {});

    /// The node that says it is active, when nobody who answers names another.
    std::optional<int> active();
    std::optional<int> wait_for_active(Duration limit = patience);
    /// The same, when it is another than that one.
    std::optional<int> wait_for_active_other_than(int node, Duration limit = patience);

    /// Whether one is active, and hears every other alive, healthy and ready to take over.
    bool whole();
    bool wait_until_whole(Duration limit = patience);

    std::string control_socket(int node) const;
    std::string configuration_file(int node) const;
    const std::string& directory() const { return directory_; }  ///< of them all
    std::string directory(int node) const;  ///< with everything that the node reads and writes
    std::string log(int node) const;        ///< what the node's processes printed

private:
    struct Node {
        Host& host;
        std::optional<Process> daemon;
        std::optional<Process> service;
    };

    Node& at(int node);
    pid_t child_named(int node, const std::string& name);
    std::string configuration(int node) const;
    void write_files(int node) const;

    ClusterOptions options_;
    std::string directory_;
    Network network_;
    std::deque<Node> nodes_;
    Host* client_host_;
};

}  // namespace komainu::lab
