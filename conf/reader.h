// The file's text as a model. Everything that is wrong is found in one go: a line that cannot be
// used is reported and left out, and reading goes on. Whether the parts of the model fit together
// is asked afterwards (conf/check.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conf/config.h"
#include "conf/problem.h"

namespace komainu {

struct ReadConfig {
    Config config;  ///< to be used only when there are no errors
    Lines lines;
    Problems problems;
};

ReadConfig read_config(std::string_view text);

/// Every key that a file may have: "cluster.name", "node.N.address", "vip.NAME.interface", …
std::vector<std::string> known_keys();

}  // namespace komainu
