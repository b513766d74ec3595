// The password of PCP, from a file as the tools of pgpool-II read it (.pcppass): lines of
// host:port:user:password, of which the first that fits counts. A * fits anything, and a backslash
// makes what follows ordinary, be it a colon or a backslash.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "conf/pgpool_config.h"

namespace komainu {

/// For localhost the file may say so, or give the address; for a Unix socket localhost, or the
/// directory that it is in.
std::optional<std::string> find_password(std::string_view text, const PcpAddress& address,
                                         std::string_view user);

/// Blocks as a file may. Refused when others than its owner can read the file.
Result<std::string> read_password(const PgpoolConfig& pgpool);

}  // namespace komainu
