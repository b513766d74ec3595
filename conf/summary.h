// A configuration in words: what would run.
#pragma once

#include <string>

#include "conf/config.h"

namespace komainu {

/// Lines, each with its end.
std::string describe(const Config& config);

}  // namespace komainu
