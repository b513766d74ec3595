// Being scheduled before ordinary processes. A lease is as exact as the scheduler that wakes up
// whoever has to let it go, so both processes ask for it; where it is not permitted they go on
// without. The kernel keeps a twentieth of each second for others (sched(7), RLIMIT_RTTIME).
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

}  // namespace komainu
