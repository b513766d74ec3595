// Everything there is: all links and addresses of this network namespace, asked for at the start
// and whenever the event stream has lost something.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "netlink/records.h"

namespace komainu {

struct Inventory {
    std::vector<LinkRecord> links;
    std::vector<AddressRecord> addresses;

    const LinkRecord* link(std::string_view name) const;  ///< null when there is none
};

/// A dump that something changed under is repeated, a bounded number of times. Needs no privilege.
Result<Inventory> take_inventory();

}  // namespace komainu
