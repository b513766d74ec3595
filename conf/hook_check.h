// Whether a hook can be told what it asks for, when it asks for it.
#pragma once

#include "conf/config.h"
#include "conf/problem.h"

namespace komainu {

void check_hooks(const Config& config, const Lines& lines, Problems& problems);

}  // namespace komainu
