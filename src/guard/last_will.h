// The last will: a sealed datagram by which main releases its term, left with the guard in case
// main can no longer send it. The guard cannot read or make one; it only sends what it was given,
// to those to whom main's own datagrams go, and it may do so only when the VIPs are down.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "conf/config.h"
#include "guard/orders.h"
#include "io/socket_address.h"
#include "netlink/inventory.h"

namespace komainu {

class LastWill {
public:
    /// The inventory tells on which interface our own address is, which matters for multicast and
    /// for link-local addresses.
    static Result<LastWill> open(const Config& config, const Inventory& inventory);

    void deposit(const LastWillBytes& bytes) { deposited_ = bytes; }
    void forget() { deposited_.reset(); }

    /// Sends what was deposited, once, and forgets it. Never blocks. Returns to how many
    /// destinations it went.
    std::size_t send();

private:
    LastWill(Fd socket, std::string interface, bool to_group)
        : socket_(std::move(socket)), interface_(std::move(interface)), to_group_(to_group) {}

    std::uint32_t interface_index() const;
    void aim_at_interface(std::uint32_t index);

    Fd socket_;
    std::string interface_;  ///< that of our own address; empty when it does not matter
    bool to_group_ = false;
    std::vector<Endpoint> destinations_;
    std::optional<LastWillBytes> deposited_;
};

}  // namespace komainu
