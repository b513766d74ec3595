#include "guard/boot_timer.h"

#include <sys/timerfd.h>

#include <cerrno>
#include <cstdint>

#include "base/assert.h"

namespace komainu {

namespace {

// An itimerspec of zero unsets the timer.
void settime(int fd, std::int64_t boottime_ns) {
    constexpr std::int64_t ns_per_second = 1'000'000'000;
    itimerspec when{};
    when.it_value.tv_sec = boottime_ns / ns_per_second;
    when.it_value.tv_nsec = boottime_ns % ns_per_second;
    KOMAINU_ASSERT(::timerfd_settime(fd, TFD_TIMER_ABSTIME, &when, nullptr) == 0);
}

}  // namespace

Result<BootTimer> BootTimer::create() {
    Fd fd(::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK));
    if (!fd) return Error::from_errno("cannot create a timer", errno);
    return BootTimer(std::move(fd));
}

void BootTimer::set(Instant deadline) {
    KOMAINU_ASSERT(nanoseconds(deadline) > 0);
    settime(fd_.get(), nanoseconds(deadline));
}

void BootTimer::clear() { settime(fd_.get(), 0); }

// Nothing to read means that it was set anew since it fired, which is as good.
void BootTimer::take() {
    std::uint64_t expirations = 0;
    [[maybe_unused]] const auto got = ::read(fd_.get(), &expirations, sizeof expirations);
}

}  // namespace komainu
