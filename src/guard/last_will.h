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
#include "netlink/inventory.h"

namespace komainu {

class LastWill {
public:
    /// The inventory tells on which interface our own address is, which matters for multicast.
    static Result<LastWill> open(const Config& config, const Inventory& inventory);

    void deposit(const LastWillBytes& bytes) { deposited_ = bytes; }
    void forget() { deposited_.reset(); }

    /// Sends what was deposited, once, on all links, and forgets it. Never blocks. Returns to how
    /// many destinations it went.
    std::size_t send();

private:
    /// Of one link.
    struct Path {
        Fd socket;
        IpAddress own;
        std::string interface;  ///< the only one; empty: any, or not known yet
        bool to_group = false;
        std::vector<Endpoint> destinations;
    };

    static Result<Path> open_path(const Config& config, std::size_t link,
                                  const Inventory& inventory);
    static bool aim_at_interface(Path& path);

    std::vector<Path> paths_;
    std::optional<LastWillBytes> deposited_;
};

}  // namespace komainu
