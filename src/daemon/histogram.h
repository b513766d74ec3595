// Durations, counted by how long they were, for the metrics and the status: how late main was woken
// up, what a link's round trips took. The buckets are fixed, each reaches twice as far as the one
// before, so that microseconds and minutes fit into a few hundred bytes, and nothing is allocated.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "base/time.h"

namespace komainu {

class Histogram {
public:
    /// Bucket i has those of up to 2^i microseconds, beginning where the one before ends; the last
    /// one has those that are longer than 2^30 us, some 18 minutes.
    static constexpr std::size_t buckets = 32;

    void note(Duration duration) {
        const Duration counted = std::max(duration, Duration{0});
        const auto us = static_cast<std::uint64_t>(counted / 1us + (counted % 1us > 0ns));
        const auto bucket = static_cast<std::size_t>(us == 0 ? 0 : std::bit_width(us - 1));
        ++counts_[std::min(bucket, buckets - 1)];
        ++count_;
        sum_us_ += us;
        most_ = std::max(most_, counted);
    }

    std::uint64_t count() const { return count_; }
    std::uint64_t sum_us() const { return sum_us_; }
    Duration most() const { return most_; }
    const std::array<std::uint64_t, buckets>& counts() const { return counts_; }

    /// Microseconds, a power of two, which this share of all did not exceed; 0 when there was none.
    std::uint64_t within(std::uint64_t per_mille) const {
        std::uint64_t seen = 0;
        for (std::size_t i = 0; i < buckets; ++i)
            if ((seen += counts_[i]) * 1000 >= count_ * per_mille && seen > 0)
                return std::uint64_t{1} << i;
        return 0;
    }

private:
    std::array<std::uint64_t, buckets> counts_{};
    std::uint64_t count_ = 0;
    std::uint64_t sum_us_ = 0;
    Duration most_{};
};

}  // namespace komainu
