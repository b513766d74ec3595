// The lab's clock: the same CLOCK_BOOTTIME that the daemons decide by, so that what a client saw,
// what the kernel reported and what a daemon logged can be laid on one time line.
#pragma once

#include <sys/types.h>

#include <functional>

#include "base/time.h"

namespace komainu::lab {

Instant now();

/// CLOCK_REALTIME minus CLOCK_BOOTTIME: what turns libpcap's wall-clock stamps into Instants.
Duration wall_clock_offset();

void sleep_for(Duration);
void sleep_until(Instant);

/// Asks again every few milliseconds until it is true or the limit has passed. Returns whether it
/// became true.
bool wait_until(const std::function<bool()>& is_true, Duration limit);

/// Runs this thread before ordinary ones, where that is permitted: a measuring thread stands for
/// another machine and should not wait for a processor behind the machines that it measures.
void prefer_this_thread();

}  // namespace komainu::lab
