// The clocks of one host. CLOCK_BOOTTIME has an offset and runs at its own rate, in whole parts per
// million, so that a run is the same on every machine. The wall clock may be set, and is used for
// nothing but incarnations. Good for about two hours of virtual time.
#pragma once

#include "base/time.h"

namespace komainu::sim {

class Clock {
public:
    Clock(int drift_ppm, Duration offset) : drift_ppm_(drift_ppm), offset_(offset) {}

    /// What CLOCK_BOOTTIME shows at the true time.
    Instant local(Instant truth) const {
        return truth + truth.time_since_epoch() * drift_ppm_ / million + offset_;
    }

    /// The first true time at which it shows `local`.
    Instant true_time_of(Instant shown) const {
        const Duration ran = shown.time_since_epoch() - offset_;
        Instant truth{ran * million / (million + drift_ppm_)};  // but for the rounding
        while (local(truth) < shown) truth += 1ns;
        while (local(truth - 1ns) >= shown) truth -= 1ns;
        return truth;
    }

    std::uint64_t wall_ms(Instant truth) const {
        return static_cast<std::uint64_t>((truth.time_since_epoch() + wall_) / 1ms);
    }
    void step_wall(Duration by) { wall_ += by; }

private:
    static constexpr std::int64_t million = 1'000'000;

    std::int64_t drift_ppm_;
    Duration offset_;
    Duration wall_ = 24h * 365 * 56;  ///< what it is ahead of the true time
};

}  // namespace komainu::sim
