// How late main was woken up, as a histogram: what a busy or suspended host does to it.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "base/time.h"

namespace komainu {

class Lateness {
public:
    void note(Duration late) {
        const auto us = static_cast<std::uint64_t>(late / 1us);
        ++buckets_[std::bit_width(us)];
        ++count_;
        if (late > most_) most_ = late;
    }

    std::uint64_t count() const { return count_; }
    Duration most() const { return most_; }

    /// Microseconds, a power of two, below which this share of all was; 0 when there was none.
    std::uint64_t below(std::uint64_t per_mille) const {
        std::uint64_t seen = 0;
        for (std::size_t i = 0; i < buckets_.size(); ++i)
            if ((seen += buckets_[i]) * 1000 >= count_ * per_mille && seen > 0)
                return std::uint64_t{1} << i;
        return 0;
    }

private:
    std::array<std::uint64_t, 65> buckets_{};  ///< by the bits of the microseconds
    std::uint64_t count_ = 0;
    Duration most_{};
};

}  // namespace komainu
