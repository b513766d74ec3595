// Whether what a VIP's section says of its address goes together: the kernel would ignore some of
// it, or refuse the address, and that only when the node becomes the active.
#pragma once

#include "conf/config.h"
#include "conf/problem.h"

namespace komainu {

void check_vip_properties(const Config& config, const Lines& lines, Problems& problems);

}  // namespace komainu
