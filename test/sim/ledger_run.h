// One run of the agreement about the table of backends (promise P5), drawn from a seed. Nothing but
// the ledgers: who is active is said by a whim, to each node another if it so pleases, for the
// agreement must not hang on it. Then faults end, one is active, and all must know the same.
#pragma once

#include "test/sim/run.h"

namespace komainu::sim {

Outcome run_ledger_seed(std::uint64_t seed, Telling telling);

}  // namespace komainu::sim
