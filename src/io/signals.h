// The signals that a program answers to, as a descriptor for the loop.
#pragma once

#include <optional>

#include "base/fd.h"
#include "base/result.h"

namespace komainu {

class Signals {
public:
    /// Blocks SIGTERM, SIGINT, SIGHUP and SIGCHLD, which come by next() from then on, and ignores
    /// SIGPIPE: a peer or a log reader that went away is an error of the write. Both settings are
    /// inherited; whoever starts a foreign program undoes them with restore() after fork().
    static Result<Signals> open();
    static void restore();

    int fd() const { return fd_.get(); }

    /// The next signal's number, or nothing when none is waiting.
    std::optional<int> next();

private:
    explicit Signals(Fd fd) : fd_(std::move(fd)) {}

    Fd fd_;
};

}  // namespace komainu
