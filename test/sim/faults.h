// What goes wrong in a run, and what the cluster is like that it happens to.
#pragma once

#include <string_view>

#include "test/sim/cluster.h"

namespace komainu::sim {

/// A cluster as the seed has it.
Options draw_options(std::uint64_t seed);

/// About half of all kinds of faults. A few that go on together lead farther than all of them,
/// which mostly undo one another.
class Faults {
public:
    explicit Faults(std::uint64_t seed);

    /// One fault happens to the cluster, which may run a little meanwhile.
    void strike(Cluster& cluster);

private:
    Random random_;
    std::vector<std::size_t> allowed_;  ///< places in the table, once for each unit of weight
};

}  // namespace komainu::sim
