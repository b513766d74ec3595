// For how long a promise of this node's may bind its next run: kept in a file of the state
// directory, since that run will have forgotten the promise, and may be configured for a shorter
// deadtime.
#pragma once

#include <string>

#include "base/result.h"
#include "base/time.h"

namespace komainu {

/// Zero when none is recorded; what is no record counts as none as well.
Duration recorded_deadtime(const std::string& state_dir);

/// Blocks until it is on the disk. Makes the directory if it is missing.
Status record_deadtime(const std::string& state_dir, Duration deadtime);

}  // namespace komainu
