// What komainu-check is told of the service that it checks: one environment variable for each key,
// KOMAINU_CHECK_ and the key in capitals. By the environment and not by the command line, which
// everybody on the host may read: a connection string may hold a password.
//
// Both ends are here, the writer for whoever starts the program and the reader for the program.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "conf/config.h"
#include "conf/environment.h"

namespace komainu {

/// "NAME=value" each, of a service with check = http or query. A key that is not given and has no
/// default has none.
std::vector<std::string> check_environment(const ServiceConfig& service);

/// The service again, of the kind that is named. KOMAINU_CHECK_URL or KOMAINU_CHECK_CONNINFO, and
/// KOMAINU_CHECK_TIMEOUT_MS, must be set; the others have the defaults of the configuration. The
/// error names the variable, and shows no secret.
Result<ServiceConfig> read_check_environment(std::string_view kind, const Lookup& lookup);

}  // namespace komainu
