// What many runs add up to. Lives in memory that processes share, so it owns nothing.
#pragma once

#include <algorithm>
#include <string>

#include "test/sim/run.h"

namespace komainu::sim {

struct Tally {
    std::uint64_t runs = 0;
    std::uint64_t faults = 0;
    std::uint64_t takeovers = 0;
    Duration simulated{};
    std::uint64_t slowest_seed = 0;  ///< whose majority took the largest part of its bound
    Duration slowest{}, slowest_bound{1};
    /// Of the run that is under way, or that failed: it stays when a worker aborts. 0: all held.
    std::uint64_t seed = 0;

    void add(const Outcome& outcome);
    void add(const Tally& other);
    std::string summary() const;

private:
    void consider(std::uint64_t of_seed, Duration took, Duration bound);
};

}  // namespace komainu::sim
