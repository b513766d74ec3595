#include "test/lab/clock.h"

#include <sched.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>

namespace komainu::lab {

namespace {

constexpr Duration ask_again_after = 2ms;

Duration read_clock(clockid_t clock) {
    timespec t{};
    ::clock_gettime(clock, &t);
    return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

}  // namespace

Instant now() { return Instant(read_clock(CLOCK_BOOTTIME)); }

Duration wall_clock_offset() {
    const auto before = read_clock(CLOCK_BOOTTIME);
    const auto wall = read_clock(CLOCK_REALTIME);
    const auto after = read_clock(CLOCK_BOOTTIME);
    return wall - (before + after) / 2;
}

void sleep_until(Instant t) {
    const auto ns = nanoseconds(t);
    const timespec at{ns / 1'000'000'000, ns % 1'000'000'000};
    while (::clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &at, nullptr) == EINTR) {
    }
}

void sleep_for(Duration d) { sleep_until(now() + d); }

bool wait_until(const std::function<bool()>& is_true, Duration limit) {
    const auto give_up = now() + limit;
    while (!is_true()) {
        if (now() >= give_up) return false;
        sleep_for(ask_again_after);
    }
    return true;
}

void prefer_this_thread() {
    // One above the lowest, which is for what the lab itself starves others with.
    const sched_param low_real_time{.sched_priority = 2};
    // 0 names the calling thread. Not permitted to an ordinary user, who measures a little coarser.
    static_cast<void>(::sched_setscheduler(0, SCHED_FIFO, &low_real_time));
}

}  // namespace komainu::lab
