// The seeded generator that is handed to the core (SplitMix64): the same seed, the same run.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace komainu {

class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }

    /// Evenly in [0, limit); 0 when the limit is 0.
    std::uint64_t below(std::uint64_t limit) { return limit == 0 ? 0 : next() % limit; }
    Duration below(Duration limit) {
        return Duration{
            static_cast<Duration::rep>(below(static_cast<std::uint64_t>(limit.count())))};
    }

private:
    std::uint64_t state_;
};

}  // namespace komainu
