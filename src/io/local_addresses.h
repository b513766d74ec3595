// The addresses that this host has at this moment.
#pragma once

#include <vector>

#include "base/local_address.h"
#include "base/result.h"

namespace komainu {

Result<std::vector<LocalAddress>> local_addresses();

}  // namespace komainu
