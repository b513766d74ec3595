// Being scheduled before ordinary processes, and not waiting for a disk. A lease is as exact as the
// scheduler that wakes up whoever has to let it go, so both processes ask for it; where it is not
// permitted they go on without. The kernel keeps a twentieth of each second for others (sched(7),
// RLIMIT_RTTIME).
#pragma once

#include <cstdint>

namespace komainu {

enum class Urgency : std::uint8_t {
    deciding,   ///< main
    releasing,  ///< the guard: before main, since it takes away what main may still want
};

/// SCHED_FIFO for this process and not for those that it starts. Whether it was permitted: that
/// takes root, CAP_SYS_NICE or RLIMIT_RTPRIO, and is to be asked before privileges go.
bool run_in_real_time(Urgency urgency);

/// Keeps what this process has mapped from being swapped out, once it has been used (mlockall(2),
/// MCL_ONFAULT). What is mapped later may be: it must not count against a limit that ends the
/// process. Whether it was permitted: that takes root, CAP_IPC_LOCK or RLIMIT_MEMLOCK.
bool lock_memory();

}  // namespace komainu
