// From the watchdog's part of a pgpool.conf, of pgpool-II 3.4 to 4.7, to a komainu.conf that says
// the same. Nothing is lost silently: what is not taken over is named at the end, with the reason.
#pragma once

#include <string>
#include <string_view>

#include "conf/problem.h"

namespace komainu {

struct PgpoolImport {
    std::string text;        ///< a komainu.conf; empty when there are problems
    int changes = 0;         ///< how often it says CHANGE: what the operator has to do
    Problems problems;       ///< of the pgpool.conf
    Problems text_problems;  ///< of the text, for which the pgpool.conf is to blame
};

/// `node_id` is what stands in the file pgpool_node_id beside the pgpool.conf; empty: there is
/// none.
PgpoolImport import_pgpool(std::string_view pgpool_conf, std::string_view node_id = {});

}  // namespace komainu
