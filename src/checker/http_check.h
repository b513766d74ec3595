// One GET by libcurl. Blocks until there is an answer, or the service's timeout is over.
#pragma once

#include "checker/outcome.h"
#include "conf/config.h"

namespace komainu {

Outcome check_http(const ServiceConfig& service);

}  // namespace komainu
