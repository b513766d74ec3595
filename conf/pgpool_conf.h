// The text of a pgpool.conf, of pgpool-II 3.4 to 4.7, as its parameters. Nothing is known here
// about which parameters there are. It takes more than pgpool-II does: also the value 10.0.0.1
// without quotes, and '' for a quote in a quoted value.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conf/problem.h"

namespace komainu {

inline constexpr std::size_t pgpool_parameters_max = 4096;

/// `name = 'value'`
struct PgpoolParameter {
    std::string name;
    std::string value;
    int line = 0;
};

struct PgpoolConf {
    /// Each name once, where it first stood; of several values the last, as with pgpool-II.
    std::vector<PgpoolParameter> parameters;
    std::vector<PgpoolParameter> includes;  ///< files that are read in its place, by their names
    Problems problems;
};

PgpoolConf read_pgpool_conf(std::string_view text);

}  // namespace komainu
