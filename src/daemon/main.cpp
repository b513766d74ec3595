// komainud: reads its command line and its configuration, and becomes a node.
#include <cstdio>

#include "conf/load.h"
#include "conf/summary.h"
#include "daemon/options.h"
#include "daemon/start.h"
#include "io/local_addresses.h"

namespace komainu {

namespace {

int run(const Options& options) {
    const auto local = local_addresses();
    if (!local) {
        std::fprintf(stderr, "komainud: %s\n", local.error().what.c_str());
        return exit_failed;
    }
    LoadedConfig loaded =
        load_config(options.config,
                    {.purpose = Purpose::run, .node_id = options.node_id, .local = local.value()});
    std::fputs(report(options.config, loaded.problems).c_str(), stderr);
    if (loaded.problems.has_errors()) return exit_usage;
    if (options.check) {
        std::fputs(describe(loaded.config).c_str(), stdout);
        return 0;
    }
    return run_node({options.config, options.node_id}, std::move(loaded));
}

}  // namespace

}  // namespace komainu

int main(int argc, char** argv) {
    using namespace komainu;
    const auto parsed = parse_options(argc, argv);
    if (const auto* printed = std::get_if<Printed>(&parsed)) return printed->exit_status;
    return run(std::get<Options>(parsed));
}
