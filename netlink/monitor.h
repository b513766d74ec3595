// The kernel's event stream: what happens to links and addresses, whoever causes it, ourselves
// included. Only reports; what it means is decided elsewhere.
#pragma once

#include <functional>
#include <memory>

#include "base/result.h"
#include "netlink/kernel_socket.h"
#include "netlink/records.h"

namespace komainu {

class Monitor {
public:
    /// Bytes that the kernel is asked to keep for us. One event takes about 1 to 2 KiB of them.
    static constexpr int default_receive_bytes = 4 << 20;

    /// Events count from here on: open before the first inventory is taken, and nothing is missed.
    static Result<Monitor> open(int receive_bytes = default_receive_bytes);

    Monitor(Monitor&&) noexcept;
    Monitor& operator=(Monitor&&) noexcept;
    ~Monitor();

    int fd() const;  ///< to be watched for EPOLLIN

    /// Reports what has come, in the kernel's order, and returns when nothing is left (or after a
    /// bounded number, so that a flood cannot hold the caller; the descriptor then stays readable).
    /// An Overrun comes last, once the queue was read empty: until then the kernel drops what is
    /// new, so only an inventory taken at the Overrun, and not earlier, misses nothing.
    Status drain(const std::function<void(const NetlinkEvent&)>& report);

private:
    struct Buffer;

    Monitor(KernelSocket socket, std::unique_ptr<Buffer> buffer);

    KernelSocket socket_;
    std::unique_ptr<Buffer> buffer_;
    bool overrun_ = false;  ///< set when the kernel says so, until it is reported
};

}  // namespace komainu
