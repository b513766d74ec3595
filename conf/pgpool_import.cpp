#include "conf/pgpool_import.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "conf/check.h"
#include "conf/config.h"
#include "conf/pgpool_lifecheck.h"
#include "conf/pgpool_node_sections.h"
#include "conf/pgpool_vip.h"
#include "conf/reader.h"

namespace komainu {

namespace {

constexpr std::string_view servers_unknown =
    "quorum = half asks hosts outside of the cluster; write the addresses of one or more that "
    "always answer a ping";
constexpr std::string_view server_placeholder = "192.0.2.254";

class Importer {
public:
    explicit Importer(PgpoolConf conf)
        : watchdog_(std::move(conf.parameters)), includes_(std::move(conf.includes)) {}

    void run(std::string_view node_id) {
        const auto nodes = read_pgpool_nodes(watchdog_, draft_);
        write_head(nodes, trim(node_id.substr(0, node_id.find('\n'))));
        write_cluster(nodes);
        write_node_sections(nodes, watchdog_, draft_);
        write_vip_section(watchdog_, draft_);
        write_lifecheck_sections(nodes, watchdog_, draft_);
        write_hook_sections(watchdog_, draft_);
        propose_link();
        name_the_rest();
    }

    const PgpoolDraft& draft() const { return draft_; }

private:
    void write_head(const PgpoolNodes& nodes, std::string_view node_id) {
        draft_.comment(
            "The watchdog of a pgpool.conf as a komainu.conf, the same file on every node.");
        draft_.comment("");
        draft_.comment(
            "What stands after \"CHANGE:\" is to be changed by hand. Make the key, and copy it to");
        draft_.comment("all nodes: (umask 077; komainuctl keygen > /etc/komainu/cluster.key)");
        draft_.comment("Then komainuctl check-config tells what is still wrong.");
        draft_.comment("");
        draft_.comment(
            "Write use_watchdog = off into each pgpool.conf before komainud starts: two must not");
        draft_.comment(
            "move one address. The pgpools then no longer tell one another of their backends;");
        draft_.comment("what stands at the end about [pgpool] does that in the watchdog's place.");
        if (const auto* use = watchdog_.take("use_watchdog")) write_use(*use);
        if (nodes.each_has_a_file)
            draft_.comment(
                "Node 1 is the one whose pgpool.conf this was, the others follow in their order.");
        else
            write_own_number(node_id);
    }

    void write_use(const PgpoolParameter& use) {
        const auto on = read_pgpool_switch(use.value);
        if (!on)
            draft_.refuse(use, on.error().what);
        else if (!on.value())
            draft_.comment("It is off already: use_watchdog = " + use.value);
    }

    void write_own_number(std::string_view node_id) {
        draft_.comment("Nodes count from 1 here: hostname0 is node 1, and so on.");
        if (const auto id = read_number(node_id, {0, nodes_max - 1}))
            draft_.comment(
                fmt::format("By its pgpool_node_id, {}, this host is node {}. komainud "
                            "knows by its addresses.",
                            id.value(), id.value() + 1));
    }

    void write_cluster(const PgpoolNodes& nodes) {
        draft_.section("cluster");
        draft_.key("name", "pgpool", "");
        const bool half = take_half(nodes);
        const auto servers = take_servers(nodes);
        if (!servers.empty()) draft_.key("trusted_servers", servers, "trusted_servers");
        if (half && servers.empty()) {
            draft_.change(servers_unknown);
            draft_.key("trusted_servers", server_placeholder, "");
        }
    }

    // Before 4.1 half of the votes was enough, without asking.
    bool take_half(const PgpoolNodes& nodes) {
        const auto* given = watchdog_.take("enable_consensus_with_half_votes");
        const auto on = given ? read_pgpool_switch(given->value) : nodes.each_has_a_file;
        if (!on) draft_.refuse(*given, on.error().what);
        if (!on) return false;
        if (!on.value()) {
            if (given != nullptr) draft_.key("quorum", "majority", given->name);
            return false;
        }
        if (nodes.numbers.size() % 2 == 0) {
            draft_.key("quorum", "half", given ? given->name : "as in versions before 4.1");
            return true;
        }
        if (given != nullptr) draft_.leave_out(*given, "an odd number of nodes has no half");
        return false;
    }

    std::string take_servers(const PgpoolNodes& nodes) {
        const auto* given = watchdog_.take("trusted_servers");
        if (given == nullptr) return {};
        std::vector<IpAddress> servers;
        std::string refused;
        for (const auto item : items_of(given->value, ',')) {
            const auto address = parse_address(item);
            if (address && std::ranges::find(servers, *address) != servers.end()) continue;
            if (address && servers.size() < trusted_servers_max && is_outside(*address, nodes))
                servers.push_back(*address);
            else
                refused += (refused.empty() ? "" : ", ") + std::string(item);
        }
        if (servers.empty() && refused.empty()) draft_.leave_out(*given, "names nothing");
        if (!refused.empty())
            draft_.refuse(*given,
                          fmt::format("komainu takes up to {} addresses, of other hosts than the "
                                      "nodes, and not {}",
                                      trusted_servers_max, refused));
        std::string text;
        for (const auto& server : servers) text += (text.empty() ? "" : " ") + to_string(server);
        return text;
    }

    bool is_outside(const IpAddress& address, const PgpoolNodes& nodes) const {
        for (const char* vip : {"delegate_ip", "delegate_IP"})
            if (const auto* given = watchdog_.find(vip))
                if (parse_address(given->value) == address) return false;
        return !address.is_loopback() && !nodes.has_address(address);
    }

    /// Only the watchdog's part of the file is read, to which the backends do not belong.
    void propose_link() {
        draft_.paragraph();
        draft_.comment(
            "To keep the pgpools' backends in line with one another, write a [backend.N]");
        draft_.comment(
            "with its address for each backend_hostnameN, and, with a user of pcp.conf:");
        draft_.comment("");
        draft_.comment("    [pgpool]");
        draft_.comment("    user = komainu");
        draft_.comment("");
        draft_.comment(
            "komainu.conf.sample says more, and which files show the pgpool.conf for that.");
    }

    void name_the_rest() {
        for (const PgpoolParameter& include : includes_)
            draft_.refuse(include,
                          "not followed; put what stands there into one file with the rest");
        for (const auto* left : watchdog_.untaken()) {
            const auto why = why_not(left->name);
            why.empty() ? draft_.refuse(*left, "komainu does not know it; see pgpool-II's manual")
                        : draft_.leave_out(*left, why);
        }
        name_empty();
    }

    void name_empty() {
        std::vector<std::string_view> names;
        for (const auto* one : watchdog_.empty()) names.push_back(one->name);
        if (!names.empty()) draft_.leave_out_empty(fmt::format("{}", fmt::join(names, ", ")));
    }

    PgpoolWatchdog watchdog_;
    std::vector<PgpoolParameter> includes_;
    PgpoolDraft draft_;
};

}  // namespace

PgpoolImport import_pgpool(std::string_view pgpool_conf, std::string_view node_id) {
    PgpoolImport import;
    PgpoolConf conf = read_pgpool_conf(pgpool_conf);
    import.problems = std::move(conf.problems);
    if (import.problems.has_errors()) return import;
    Importer importer(std::move(conf));
    importer.run(node_id);
    import.text = importer.draft().text();
    import.changes = importer.draft().changes();
    auto read = read_config(import.text);
    check(read.config, read.lines, read.problems);
    import.text_problems = std::move(read.problems);
    return import;
}

}  // namespace komainu
