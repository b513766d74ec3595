// One query by libpq, over a connection of its own. Blocks until there is an answer, or the
// service's timeout is over; only the look-up of a host's name may last longer.
#pragma once

#include "checker/outcome.h"
#include "conf/config.h"

namespace komainu {

Outcome check_query(const ServiceConfig& service);

}  // namespace komainu
