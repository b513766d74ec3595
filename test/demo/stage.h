// The demo's cluster: three nodes with an echo-service on each, and a client that calls it by the
// virtual IP every millisecond. Knows what was done to each node, so that it can be shown and
// undone.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "test/lab/client.h"
#include "test/lab/cluster.h"
#include "test/lab/watcher.h"

namespace komainu::demo {

inline constexpr int nodes = 3;

struct NodePicture {
    int number = 0;
    std::string role;                    ///< as the node itself says, or "down"
    std::vector<std::string> addresses;  ///< the virtual ones that the kernel has on its eth0
    std::string trouble;                 ///< what was done to it; empty when nothing was
};

struct Picture {
    std::vector<NodePicture> nodes;
    std::size_t answers_per_second = 0;
    std::string timeline;  ///< who answered the client lately: a node's number, or '.' for nobody
};

class Stage {
public:
    Stage();

    /// Starts services and daemons, and the client once it is answered. False if nobody took over.
    bool open();

    lab::Cluster& cluster() { return cluster_; }
    lab::Client& client() { return *client_; }
    lab::AddressWatcher& watcher() { return watcher_; }

    void kill_daemon(int node) { cluster_.kill_main(node); }
    void kill_service(int node) { cluster_.kill_service(node); }
    void unplug(int node);
    void plug(int node);
    void silence(int node);
    void heal(int node);
    /// Starts what does not run: the service, the daemon.
    void start(int node);

    Picture picture();
    /// Who answered the client's probes since a mark, one character for each, at most so many.
    std::string probes_since(std::uint64_t mark, std::size_t characters_max) const;
    /// The longest time for which any virtual IP was on two nodes since a mark of the watcher's.
    Duration overlap_since(std::size_t mark) const;

private:
    enum class Cable { whole, pulled, silent };

    Cable& cable(int node) { return cables_.at(static_cast<std::size_t>(node - 1)); }
    NodePicture picture_of(int node);
    std::string trouble_of(int node);

    lab::Cluster cluster_;
    lab::AddressWatcher watcher_;
    std::optional<lab::Client> client_;
    std::array<Cable, nodes> cables_{};
};

}  // namespace komainu::demo
