#include "io/realtime.h"

#include <sched.h>
#include <sys/mman.h>

namespace komainu {

namespace {

// Low among real-time priorities: there may be others on this host.
constexpr int base_priority = 10;

}  // namespace

bool run_in_real_time(Urgency urgency) {
    const sched_param parameters{.sched_priority = base_priority + static_cast<int>(urgency)};
    return sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &parameters) == 0;
}

bool lock_memory() { return mlockall(MCL_CURRENT | MCL_ONFAULT) == 0; }

}  // namespace komainu
