// Whether what the sections of routes and rules say goes together: the kernel would refuse it, and
// that only when the node becomes the active.
#pragma once

#include "conf/config.h"
#include "conf/problem.h"

namespace komainu {

void check_routes(const Config& config, const Lines& lines, Problems& problems);

}  // namespace komainu
