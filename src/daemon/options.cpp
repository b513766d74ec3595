#include "daemon/options.h"

#include <boost/program_options.hpp>
#include <cstdio>
#include <sstream>

namespace komainu {

namespace {

namespace po = boost::program_options;

constexpr const char* introduction =
    R"(Usage: komainud [--config FILE] [--node-id N] [--check]

One node of a komainu cluster: it holds the cluster's virtual IPs while it is active, and stands by
while another node is. Stays in the foreground and logs to stderr; let systemd supervise it.

)";

constexpr const char* afterword = R"(
Needs CAP_NET_ADMIN and CAP_NET_RAW, and CAP_BPF for the fence (a witness needs none): run it as root,
give its systemd unit AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW CAP_BPF, or the file
setcap cap_net_admin,cap_net_raw,cap_bpf+p. The first two are left to the guard, a process of its own;
whatever parses datagrams has none.

SIGTERM or SIGINT stops it; an active node hands its VIPs over first.

Exit status: 0 stopped as asked, 1 cannot start or cannot go on, 2 wrong usage or configuration.

See also: komainud(8), komainu.conf(5), komainuctl(8); to begin with: komainu(7).
)";

po::options_description describe(Options& options, int& node_id) {
    po::options_description all("Options");
    all.add_options()  //
        ("config", po::value(&options.config)->default_value(options.config)->value_name("FILE"),
         "the configuration, one file for all nodes")  //
        ("node-id", po::value(&node_id)->value_name("N"),
         "which node of the file this is; else node_id under [cluster], else the one whose address "
         "this host has")  //
        ("check", po::bool_switch(&options.check),
         "check the configuration, say what would run, and end")  //
        ("help,h", "this text")                                   //
        ("version,V", "the version");
    return all;
}

}  // namespace

std::variant<Options, Printed> parse_options(int argc, char** argv) {
    Options options;
    int node_id = 0;
    const auto all = describe(options, node_id);
    constexpr int style =
        po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    po::variables_map given;
    try {
        po::store(
            po::command_line_parser(argc, argv).options(all).positional({}).style(style).run(),
            given);
        po::notify(given);
    } catch (const po::error& wrong) {
        std::fprintf(stderr, "komainud: %s; see komainud --help\n", wrong.what());
        return Printed{exit_usage};
    }
    if (given.contains("help")) {
        std::ostringstream text;
        text << introduction << all << afterword;
        std::fputs(text.str().c_str(), stdout);
        return Printed{0};
    }
    if (given.contains("version")) {
        std::puts("komainud " KOMAINU_VERSION);
        return Printed{0};
    }
    if (given.contains("node-id")) {
        if (node_id < 1 || node_id > nodes_max) {
            std::fprintf(stderr, "komainud: --node-id %d: a node id is 1 to %d\n", node_id,
                         nodes_max);
            return Printed{exit_usage};
        }
        options.node_id = NodeId{static_cast<std::uint8_t>(node_id)};
    }
    return options;
}

}  // namespace komainu
