// Whether each service has the keys that its kind of check needs and no others, and asks itself and
// not a VIP.
#pragma once

#include "conf/config.h"
#include "conf/problem.h"

namespace komainu {

void check_services(const Config& config, const Lines& lines, Problems& problems);

}  // namespace komainu
