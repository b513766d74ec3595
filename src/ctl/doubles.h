// Whether another host of the LAN has an address of this one, which the host itself would never
// notice: nothing reaches it any more. Asked by a probe that tells nobody anything (RFC 5227, RFC
// 4862). Needs CAP_NET_RAW.
#pragma once

#include <map>
#include <vector>

#include "base/address.h"
#include "base/local_address.h"
#include "base/result.h"
#include "base/time.h"

namespace komainu {

/// Where else each of the addresses lives; only those that answered within the time are there. The
/// error says that this user may not ask.
Result<std::map<IpAddress, MacAddress>> find_doubles(const std::vector<LocalAddress>& addresses,
                                                     Duration patience);

}  // namespace komainu
