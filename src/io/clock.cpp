#include "io/clock.h"

#include <ctime>

#include "base/assert.h"

namespace komainu {

namespace {

std::chrono::nanoseconds read_clock(clockid_t clock) {
    timespec time{};
    KOMAINU_ASSERT(clock_gettime(clock, &time) == 0);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

Instant boot_now() { return Instant(read_clock(CLOCK_BOOTTIME)); }

std::uint64_t wall_clock_ms() {
    const auto since_1970 = read_clock(CLOCK_REALTIME);
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count());
}

std::uint64_t monotonic_us() {
    const auto since_boot = read_clock(CLOCK_MONOTONIC);
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(since_boot).count());
}

}  // namespace komainu
