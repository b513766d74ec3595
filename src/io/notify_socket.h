// How a program tells the supervisor that started it how it is: datagrams of lines NAME=VALUE to
// the socket that NOTIFY_SOCKET names. The protocol is described in sd_notify(3), which calls it
// stable and open to be implemented. It is implemented here, since libsystemd opens the socket anew
// for each message and may wait for room in it: main must do neither. A supervisor that hangs is no
// reason for a heartbeat to be late, and none to lose the VIPs.
#pragma once

#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/result.h"
#include "base/time.h"

namespace komainu {

/// What the supervisor wants of this process, as its environment says.
struct Supervision {
    std::string socket;   ///< NOTIFY_SOCKET; empty: it does not want to be told anything
    Duration watchdog{};  ///< WATCHDOG_USEC: how often at least it wants to hear; zero: never
};

/// Takes it out of the environment: what this process starts is supervised by nobody but it.
Supervision take_supervision();

class NotifySocket {
public:
    /// One to which nobody listens.
    NotifySocket() = default;
    /// By the value of NOTIFY_SOCKET: a path, or an abstract name that begins with '@'. Connects,
    /// so that nothing is looked up later, nor with fewer privileges.
    static Result<NotifySocket> open(const std::string& address);

    explicit operator bool() const { return static_cast<bool>(socket_); }

    /// At once or not at all. False: it was not taken, for the supervisor does not read or is gone.
    bool send(std::string_view lines) const;

private:
    explicit NotifySocket(Fd socket) : socket_(std::move(socket)) {}

    Fd socket_;
};

}  // namespace komainu
