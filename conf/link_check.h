// Whether the nodes' addresses and the sections [link.N] make links that all nodes can use.
#pragma once

#include "conf/config.h"
#include "conf/problem.h"

namespace komainu {

void check_links(const Config& config, const Lines& lines, Problems& problems);

}  // namespace komainu
