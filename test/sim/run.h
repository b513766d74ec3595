// One run: a cluster drawn from a seed, faults for a while during which the invariants hold
// (safety), and then a majority that heals and has a holder in bounded time (liveness). Each seed
// also draws an agreement about the table of backends (ledger_run.h).
#pragma once

#include <string>
#include <vector>

#include "base/time.h"

namespace komainu::sim {

struct Outcome {
    std::string violation;  ///< empty when all promises held
    Duration simulated{};
    int faults = 0;
    int takeovers = 0;
    Duration until_held{};           ///< how long it took the healed majority to have a holder
    Duration bound{};                ///< and how long it may
    std::vector<std::string> story;  ///< when it was to be told
};

enum class Telling : bool { silent, told };

Outcome run_seed(std::uint64_t seed, Telling telling);

}  // namespace komainu::sim
