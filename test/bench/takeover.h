// Takeovers, measured: strikes the active node of a running cluster in one way, again and again,
// and notes each time what the client, the kernel and the wire had to say.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "test/lab/capture.h"
#include "test/lab/client.h"
#include "test/lab/cluster.h"
#include "test/lab/watcher.h"

namespace komainu::bench {

struct Way {
    std::string name;
    std::function<void(lab::Cluster&, int active)> strike;
    std::function<void(lab::Cluster&, int struck)> repair;
};

struct Takeover {
    Duration gap{};           ///< of the client
    Duration until_answer{};  ///< from the strike to the first answer of the new active
    Duration overlap{};       ///< the longest time for which a VIP was on two nodes

    /// From the arrival of the deciding vote at the bridge to the first announcement there: an
    /// upper bound of what lies between the lease and the announcement. Nothing when the capture
    /// missed one of them.
    std::optional<Duration> vote_to_announcement;
};

class Takeovers {
public:
    /// The cluster is to have its services and daemons running.
    explicit Takeovers(lab::Cluster&);

    /// Nothing when nobody took over, or the cluster was not whole before or after.
    std::optional<Takeover> measure(const Way&);

private:
    /// The first answer to a probe since the mark that came from another node.
    std::optional<lab::Answer> answer_of_another(int node, std::uint64_t mark) const;

    lab::Cluster& cluster_;
    lab::AddressWatcher watcher_;
    lab::Client client_;
};

}  // namespace komainu::bench
