// Whether the quorum rule, the number of nodes and the trusted servers fit together.
#pragma once

#include "conf/config.h"
#include "conf/problem.h"

namespace komainu {

void check_quorum(const Config& config, const Lines& lines, Problems& problems);

}  // namespace komainu
