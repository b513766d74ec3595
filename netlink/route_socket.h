// Puts routes and rules there and removes them, many in one system call, as AddressSocket does with
// addresses. Needs CAP_NET_ADMIN to change anything, not to be opened.
#pragma once

#include <memory>
#include <span>

#include "base/result.h"
#include "netlink/kernel_socket.h"
#include "netlink/route_records.h"

namespace komainu {

class RouteSocket {
public:
    static Result<RouteSocket> open();

    RouteSocket(RouteSocket&&) noexcept;
    RouteSocket& operator=(RouteSocket&&) noexcept;
    ~RouteSocket();

    /// Applies the requests in their order and fills in each one's error. Does not stop at one that
    /// is refused. An error is returned only if the exchange with the kernel itself failed; the
    /// requests that then have no answer carry ETIMEDOUT, and may have been applied. Allocates
    /// nothing.
    Status apply(std::span<RouteRequest> requests);

private:
    struct Buffers;

    RouteSocket(KernelSocket socket, std::unique_ptr<Buffers> buffers);

    /// As many of them, from the first on, as go into one datagram.
    Status apply_batch(std::span<RouteRequest>& requests);

    KernelSocket socket_;
    std::unique_ptr<Buffers> buffers_;
    std::uint32_t sequence_ = 0;  ///< of the last request that was sent
};

}  // namespace komainu
