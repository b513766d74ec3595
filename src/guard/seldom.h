// Keeps a log line that others can cause from flooding the log: at most one in a while, and it says
// how many were left out.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "base/time.h"

namespace komainu {

class Seldom {
public:
    static constexpr Duration at_most_every = 10s;

    /// How many lines this one stands for, itself included; 0 when it is too soon for a line.
    std::uint64_t count(Instant now) {
        ++waiting_;
        if (last_ && now < *last_ + at_most_every) return 0;
        last_ = now;
        return std::exchange(waiting_, 0);
    }

private:
    std::optional<Instant> last_;
    std::uint64_t waiting_ = 0;
};

}  // namespace komainu
