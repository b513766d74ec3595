// One fault on trial: a fresh cluster of real daemons, and the witnesses of what it does. The wire
// tells who answered for the VIP, the kernels tell who had it, the client feels the outage.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "test/lab/claims.h"
#include "test/lab/client.h"
#include "test/lab/clock.h"
#include "test/lab/cluster.h"
#include "test/lab/watcher.h"

namespace komainu::faults {

/// interval 10 ms, deadtime 50 ms, three nodes.
lab::ClusterOptions usual_cluster();

/// What the witnesses saw since the mark.
struct Sight {
    std::vector<int> path;       ///< who had the VIP, one after another, the first at the mark
    bool lost = false;           ///< the VIP went from a host, be it to come back
    Duration wire_overlap{};     ///< two nodes answered for the VIP
    Duration address_overlap{};  ///< two interfaces had the VIP, answering or not
    lab::Outage outage;
    Duration pause{};  ///< for so long the machine itself stood still, as the client saw it
};

std::string in_words(const std::vector<int>& path);  ///< "1 -> 3"

class Trial {
public:
    explicit Trial(lab::ClusterOptions options = usual_cluster());
    Trial(const Trial&) = delete;
    Trial& operator=(const Trial&) = delete;

    /// Starts everything. False when nobody serves the client within patience.
    bool begin();

    /// From here on the witnesses' reports count; the active and the standbys are who they are now.
    /// False when the cluster is not whole within patience.
    bool mark();

    lab::Cluster& cluster() { return cluster_; }
    lab::Network& network() { return cluster_.network(); }
    IpAddress vip() const { return cluster_.vip(); }

    int active() const { return active_; }    ///< at the mark
    int standby() const { return standby_; }  ///< at the mark: one of them, and
    int other() const { return other_; }      ///< the other
    lab::Host& host_of_active() { return cluster_.host(active_); }
    lab::Host& host_of_standby() { return cluster_.host(standby_); }

    /// What a supervisor does: waits until a daemon has ended, and starts it again at once. False
    /// when it does not end within patience.
    bool supervise(int node);
    void start_what_does_not_run();

    /// Whether the client is served by another than the active of the mark.
    bool has_moved() const;
    bool wait_until_moved(Duration limit) const;
    /// Whether the cluster is whole and its active serves the client.
    bool is_well();
    bool wait_until_well(Duration limit);

    Sight sight() const;

    /// Lines in the nodes' logs that no fault excuses: failed assertions, findings of sanitizers.
    std::string bugs() const;

private:
    std::vector<int> path() const;

    lab::Cluster cluster_;
    lab::AddressWatcher addresses_;
    lab::ClaimWatcher claims_;
    lab::Client client_;
    lab::Asker asker_;

    int active_ = 0;
    int standby_ = 0;
    int other_ = 0;
    std::size_t address_mark_ = 0;
    std::uint64_t client_mark_ = 0;
    Instant marked_at_;
};

}  // namespace komainu::faults
