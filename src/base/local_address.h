// An address that this host has, and the interface that has it. The configuration's checks compare
// with these; src/io/local_addresses.h asks the kernel for them.
#pragma once

#include <string>

#include "base/address.h"

namespace komainu {

struct LocalAddress {
    std::string interface;
    Prefix address;
};

}  // namespace komainu
