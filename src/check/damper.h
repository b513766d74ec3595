// Turns the results of a check into health that does not flap: a healthy service fails after `fall`
// failures in a row, or at once when it is known to have died; a failed one is healthy again after
// `rise` successes in a row.
//
// Unless it is told otherwise, a service is unhealthy until its first success: a node must not be
// elected for a service that nobody has ever seen there. That first success is enough by itself,
// unless a failure came before it; `rise` guards against a service that comes and goes, and at the
// start none has gone yet.
#pragma once

#include <cstdint>

#include "check/check.h"

namespace komainu {

enum class Health : std::uint8_t { unseen, healthy, failed };

class Damper {
public:
    /// rise and fall: at least 1.
    Damper(int rise, int fall, Health initial = Health::unseen);

    Health health() const { return health_; }
    /// How many results in a row speak against that, and are too few.
    int doubts() const { return in_a_row_; }

    /// Takes the next result in, and gives the health after it.
    Health add(Verdict verdict);

    /// A failed service counts as healthy again, as if its checks began now.
    void pardon() {
        health_ = Health::healthy;
        in_a_row_ = 0;
    }

private:
    Health after_success();
    Health after_failure(int weight);

    int rise_;
    int fall_;
    int in_a_row_ = 0;  // results that speak against health_, since the last that spoke for it
    Health health_;
};

}  // namespace komainu
