#include "netlink/records.h"

#include <cerrno>

namespace komainu {

bool AddressRequest::fulfilled() const {
    if (verb != Verb::remove) return error == 0;
    // EADDRNOTAVAIL: no such address there. ENODEV: no such interface, or none with IPv4.
    // ENXIO: an interface without IPv6.
    return error == 0 || error == EADDRNOTAVAIL || error == ENODEV || error == ENXIO;
}

}  // namespace komainu
