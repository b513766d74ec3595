#include "test/pgpool/pgpool_lab.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <sstream>

#include "test/lab/clock.h"
#include "test/lab/fail.h"

namespace komainu::lab {

namespace {

constexpr int first_database_host = 11;
constexpr Duration ask_again_after = 200ms;  // pgpool starts a process to answer

}  // namespace

bool has_real_servers() {
    return !pgpool_program("pgpool").empty() && !postgres_program("postgres").empty();
}

std::string watchdog_settings(Cluster& cluster, const std::string& lifecheck_method,
                              const std::string& delegate_ip) {
    auto text = fmt::format(
        "use_watchdog = on\nwd_lifecheck_method = '{}'\nwd_interval = 1\n"
        "wd_heartbeat_keepalive = 1\nwd_heartbeat_deadtime = {}\ndelegate_IP = '{}'\n"
        "if_cmd_path = '/sbin'\nif_up_cmd = '/sbin/ip addr add $_IP_$/24 dev eth0'\n"
        "if_down_cmd = '/sbin/ip addr del $_IP_$/24 dev eth0'\n"
        "arping_path = '/usr/bin'\narping_cmd = '/usr/bin/arping -U $_IP_$ -w 1 -I eth0'\n",
        lifecheck_method, watchdog_deadtime / 1s, delegate_ip);
    for (int node = 1; node <= cluster.size(); ++node)
        text += fmt::format(
            "hostname{0} = '{1}'\nwd_port{0} = {2}\npgpool_port{0} = {3}\n"
            "heartbeat_hostname{0} = '{1}'\nheartbeat_port{0} = 9694\n",
            node - 1, to_string(cluster.host(node).ipv4), watchdog_port, pgpool_port);
    return text;
}

PgpoolLab::PgpoolLab(Cluster& cluster, const Options& options) : cluster_(cluster) {
    // PostgreSQL's user has to get through to what is his.
    must(::chmod(cluster.directory().c_str(), 0755), cluster.directory().c_str());
    std::vector<Endpoint> backends;
    for (int i = 0; i < options.databases; ++i) {
        const auto name = fmt::format("db{}", i);
        const Host& host = cluster.network().add_host(name, first_database_host + i);
        const auto directory = cluster.directory() + "/" + name;
        if (i == 0)
            databases_.emplace_back(host, directory);
        else
            databases_.emplace_back(host, directory, databases_.front());
        databases_.back().start();
        backends.push_back(databases_.back().endpoint());
        if (i == 0) databases_.back().ask("CREATE TABLE commits (number serial)");
    }
    for (int node = 1; node <= cluster.size(); ++node)
        pgpools_.emplace_back(cluster.host(node), cluster.directory(node) + "/pgpool", backends,
                              options.settings);
}

bool PgpoolLab::wait_until_watchdog_is_whole(Duration limit) {
    const auto is_whole = [&](const Pgpool& pgpool) {
        std::istringstream answer(pgpool.pcp("watchdog_info"));
        int leaders = 0, standbys = 0;
        for (std::string word; answer >> word;) {
            leaders += word == "LEADER" ? 1 : 0;
            standbys += word == "STANDBY" ? 1 : 0;
        }
        return leaders == 1 && standbys == cluster_.size() - 1;
    };
    return wait_until_all(is_whole, limit);
}

void PgpoolLab::start_pgpools() {
    for (auto& pgpool : pgpools_) pgpool.start();
    for (auto& pgpool : pgpools_)
        if (!pgpool.wait_until_serves()) fail("pgpool did not start: " + pgpool.log());
}

SqlClient& PgpoolLab::start_client() {
    client_ =
        std::make_unique<SqlClient>(cluster_.client_host(), Endpoint{cluster_.vip(), pgpool_port});
    if (!client_->commits(3 * patience)) fail("nothing is committed: " + client_->last_trouble());
    return *client_;
}

bool PgpoolLab::wait_until_all(const std::function<bool(const Pgpool&)>& is_so, Duration limit) {
    for (const auto give_up = now() + limit; now() < give_up; sleep_for(ask_again_after))
        if (std::ranges::all_of(pgpools_,
                                [&](Pgpool& pgpool) { return !pgpool.running() || is_so(pgpool); }))
            return true;
    return false;
}

bool PgpoolLab::wait_until_all_say(std::size_t backend, const std::string& status) {
    return wait_until_all(
        [&](const Pgpool& pgpool) { return pgpool.backend_status(backend) == status; },
        3 * patience);
}

bool PgpoolLab::wait_until_nobody_says(std::size_t backend, const std::string& status) {
    return wait_until_all(
        [&](const Pgpool& pgpool) {
            return pgpool.backend_status(backend).value_or(status) != status;
        },
        3 * patience);
}

}  // namespace komainu::lab
