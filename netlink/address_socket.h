// The takeover path: adds, renews and removes addresses, many in one system call, and waits for the
// kernel's word on each. Needs CAP_NET_ADMIN to change anything, not to be opened.
//
// On IPv4 an address is "primary" when it is the first of its subnet on the interface, else
// "secondary". When a primary address goes, the kernel removes its secondaries with it, unless
// promote_secondaries is set. So a VIP may go with the node's own address, and worse, where the VIP
// came first (at boot, or since DHCP has put the node's own address on anew) the node's own address
// goes with the VIP; also when the kernel itself ends an expired VIP. Whoever is to add an IPv4 VIP
// with a prefix shorter than /32 therefore sees to it first that the interface promotes.
#pragma once

#include <memory>
#include <span>

#include "base/result.h"
#include "netlink/kernel_socket.h"
#include "netlink/records.h"

namespace komainu {

class AddressSocket {
public:
    static Result<AddressSocket> open();

    AddressSocket(AddressSocket&&) noexcept;
    AddressSocket& operator=(AddressSocket&&) noexcept;
    ~AddressSocket();

    /// Applies the requests in their order and fills in each one's error. Does not stop at one that
    /// is refused. An error is returned only if the exchange with the kernel itself failed; the
    /// requests that then have no answer carry ETIMEDOUT, and may have been applied. Allocates
    /// nothing. The notification of what changed may come later than the acknowledgement.
    Status apply(std::span<AddressRequest> requests);

    /// Lets the interface's secondary IPv4 addresses survive their primary. Left as it is when we
    /// end: what the kernel removes after our end must not take others with it either.
    Status promote_secondaries(InterfaceIndex interface);

private:
    struct Buffers;

    AddressSocket(KernelSocket socket, std::unique_ptr<Buffers> buffers);

    Status apply_batch(std::span<AddressRequest> requests);

    KernelSocket socket_;
    std::unique_ptr<Buffers> buffers_;
    std::uint32_t sequence_ = 0;  ///< of the last request that was built
};

}  // namespace komainu
