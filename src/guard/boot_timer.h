// A timer on CLOCK_BOOTTIME, for the lease. The loop's own deadlines are waited for on a clock that
// stands still while the machine is suspended; a lease runs on, and when the machine wakes up again
// the VIPs must go before anything else happens. A timer descriptor also wakes to the microsecond,
// where a time-out may be late by the process's timer slack.
#pragma once

#include <optional>

#include "base/fd.h"
#include "base/result.h"
#include "base/time.h"

namespace komainu {

class BootTimer {
public:
    static Result<BootTimer> create();

    int fd() const { return fd_.get(); }  ///< readable once the instant has come
    void set(Instant deadline);           ///< at once, if it has passed
    void clear();

    /// To be called when fd() is readable: it no longer is, and the timer is unset.
    void take();

private:
    explicit BootTimer(Fd fd) : fd_(std::move(fd)) {}

    Fd fd_;
};

}  // namespace komainu
