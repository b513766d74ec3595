#include "io/realtime.h"

#include <sched.h>
#include <sys/mman.h>

#include <array>
#include <cstddef>

namespace komainu {

namespace {

// Low among real-time priorities: there may be others on this host.
constexpr int base_priority = 10;

}  // namespace

bool run_in_real_time(Urgency urgency) {
    const sched_param parameters{.sched_priority = base_priority + static_cast<int>(urgency)};
    return sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &parameters) == 0;
}

namespace {

/// As far as the stack may ever need to go.
constexpr std::size_t stack_bytes_max = 1 << 20;

/// A locked stack that grows counts against RLIMIT_MEMLOCK, which programs and libraries alone may
/// use up. Without the privilege to exceed it, which is given up next, the kernel answers with
/// SIGSEGV. So it grows before; that costs the one page that is touched.
[[gnu::noinline]] void grow_stack() {
    std::array<volatile char, stack_bytes_max> room;
    room.front() = 0;
}

}  // namespace

bool lock_memory() {
    grow_stack();
    return mlockall(MCL_CURRENT | MCL_ONFAULT) == 0;
}

}  // namespace komainu
