// Whether the sections about backends fit one another.
#pragma once

#include "conf/config.h"
#include "conf/problem.h"

namespace komainu {

void check_backends(const Config& config, const Lines& lines, Problems& problems);

}  // namespace komainu
