#include "ctl/pgpool_commands.h"

#include <fmt/core.h>

#include <cstring>
#include <nlohmann/json.hpp>
#include <thread>

#include "conf/load.h"
#include "conf/pgpool_watchdog.h"
#include "conf/value_text.h"
#include "ctl/daemon_commands.h"
#include "ctl/file_commands.h"
#include "ctl/output.h"
#include "ctl/pgpool_reports.h"
#include "ctl/watchdog_info.h"
#include "io/clock.h"
#include "io/unix_request.h"
#include "packet/pgpool_ipc.h"

namespace komainu {

namespace {

using nlohmann::json;

constexpr int usual_pgpool_port = 9999;

}  // namespace

ExitStatus run_watchdog_info(const Invocation& invocation) {
    int port = usual_pgpool_port;
    if (!invocation.arguments.empty()) {
        const auto& text = invocation.arguments.front();
        const auto given = read_number(text, {1, 65535});
        if (!given)
            return complain(ExitStatus::usage,
                            fmt::format("{} is not a port; write 1 to 65535", text));
        port = given.value();
    }
    const auto socket = find_socket(invocation);
    if (!socket) return ExitStatus::usage;
    const auto answer = ask_status(*socket);
    if (answer.status != ExitStatus::done) return complain(answer.status, answer.why);
    return print(watchdog_info(view_of(answer.body), port,
                               invocation.verbose ? Detail::verbose : Detail::brief));
}

// --- the life check of pgpool's watchdog
// -----------------------------------------------------------

namespace {

constexpr Duration look_every = 100ms;
constexpr Duration ask_pgpool_every = 1s;  // and at once when a node comes or goes
constexpr RequestLimits pgpool_limits{2s, pgpool_answer_bytes_max};

/// Where the watchdog of a pgpool.conf listens, and its key.
struct PgpoolSocket {
    std::string path;
    std::string key;
};

std::string value_of(const PgpoolWatchdog& watchdog, const std::string& name,
                     const std::string& by_default) {
    const auto* parameter = watchdog.find(name);
    return parameter != nullptr && !parameter->value.empty() ? parameter->value : by_default;
}

/// Nothing, after a complaint, when the file does not tell.
std::optional<PgpoolSocket> find_pgpool(const std::string& file) {
    const auto text = read_config_text(file);
    if (!text) {
        complain(ExitStatus::usage, fmt::format("{} {}", file, text.error().what));
        return {};
    }
    auto conf = read_pgpool_conf(text.value());
    fmt::print(stderr, "{}", report(file, conf.problems));
    if (conf.problems.has_errors()) return {};
    const PgpoolWatchdog watchdog(std::move(conf.parameters));
    if (value_of(watchdog, "wd_lifecheck_method", "heartbeat") != "external") {
        complain(
            ExitStatus::usage,
            fmt::format("{} has another life check; write wd_lifecheck_method = 'external'", file));
        return {};
    }
    return PgpoolSocket{
        pgpool_ipc_path(
            value_of(watchdog, "wd_ipc_socket_dir", "/tmp"),
            value_of(watchdog, "wd_port" + std::string(trim(node_id_beside(file))), "9000")),
        value_of(watchdog, "wd_authkey", "")};
}

/// Says a trouble once for as long as it lasts, and when it is over.
class TroubleLog {
public:
    void say(const std::string& trouble) {
        if (trouble == now_) return;
        fmt::print(stderr, "{}\n", trouble.empty() ? "all is well again" : trouble);
        now_ = trouble;
    }

private:
    std::string now_;
};

class Lifecheck {
public:
    Lifecheck(std::string daemon, PgpoolSocket pgpool)
        : daemon_(std::move(daemon)), pgpool_(std::move(pgpool)) {}

    void look() {
        const auto status = ask_status(daemon_);
        if (status.status != ExitStatus::done) return trouble_.say(status.why);
        const ClusterView cluster = view_of(status.body);
        const auto alive = who_is_alive(cluster);
        const Instant now = boot_now();
        if (alive == alive_ && now < ask_pgpool_at_) return;
        const auto nodes = list_nodes();
        if (!nodes) return;
        for (const auto& report : reporter_.due(cluster, *nodes, now)) send(report);
        alive_ = alive;
        ask_pgpool_at_ = now + ask_pgpool_every;
    }

private:
    static std::vector<int> who_is_alive(const ClusterView& cluster) {
        std::vector<int> ids;
        for (const auto& node : cluster.nodes)
            if (node.alive.value_or(false)) ids.push_back(node.id);
        return ids;
    }

    /// Nothing, after a complaint, when pgpool does not answer.
    std::optional<std::vector<PgpoolNode>> list_nodes() {
        const auto bytes = request(PgpoolCommand::list_nodes, body_of_list_request(pgpool_.key));
        if (!bytes) return {};
        const auto body = body_of_pgpool_answer(*bytes);
        const auto nodes = other_pgpool_nodes(
            body ? json::parse(*body, nullptr, /*allow_exceptions=*/false) : json());
        trouble_.say(nodes ? ""
                           : pgpool_.path +
                                 ": pgpool refuses to tell its nodes; is its "
                                 "wd_authkey another?");
        return nodes;
    }

    /// pgpool answers a report only to refuse it.
    void send(const PgpoolReport& report) {
        const auto bytes = request(PgpoolCommand::node_status_change, body_of(report, pgpool_.key));
        if (!bytes) return;
        fmt::print(stderr, "pgpool {} that its node {} is {}\n",
                   bytes->empty() ? "was told" : "refused to hear", report.id,
                   report.alive ? "alive" : "dead");
    }

    std::optional<std::string> request(PgpoolCommand command, const std::string& body) {
        auto bytes = request_until_end(pgpool_.path, pgpool_frame(command, body), pgpool_limits);
        if (bytes) return std::move(*bytes);
        trouble_.say(pgpool_.path + ": " + std::strerror(bytes.error().code));
        return {};
    }

    std::string daemon_;
    PgpoolSocket pgpool_;
    PgpoolReporter reporter_;
    TroubleLog trouble_;
    std::vector<int> alive_;
    Instant ask_pgpool_at_;
};

}  // namespace

ExitStatus run_pgpool_lifecheck(const Invocation& invocation) {
    const auto daemon = find_socket(invocation);
    if (!daemon) return ExitStatus::usage;
    auto pgpool = find_pgpool(invocation.arguments.front());
    if (!pgpool) return ExitStatus::usage;
    for (Lifecheck lifecheck(*daemon, std::move(*pgpool));; std::this_thread::sleep_for(look_every))
        lifecheck.look();
}

}  // namespace komainu
