// Whether this host routes IPv6 on an interface, which its neighbor advertisements have to say.
#pragma once

#include <string>

#include "packet/ndp.h"

namespace komainu {

/// By net.ipv6.conf.INTERFACE.forwarding; a host where that cannot be read.
Forwarding ipv6_forwarding(const std::string& interface);

}  // namespace komainu
