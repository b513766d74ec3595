#include "test/pgpool/pgpool.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "test/lab/clock.h"
#include "test/lab/cluster.h"
#include "test/lab/fail.h"
#include "test/pgpool/sql.h"

namespace komainu::lab {

namespace {

constexpr const char* pcp_user = "komainu";
constexpr const char* pcp_password = "secret";
constexpr const char* pcp_password_md5 = "5ebe2294ecd0e0f08eab7690d2a6ee69";

std::string configuration(const std::string& here, const std::vector<Endpoint>& backends) {
    auto text = fmt::format(
        "backend_clustering_mode = 'streaming_replication'\nlisten_addresses = '*'\nport = {1}\n"
        "socket_dir = '{0}'\npcp_listen_addresses = 'localhost'\npcp_port = {2}\n"
        "pcp_socket_dir = '{0}'\npid_file_name = '{0}/pgpool.pid'\nlogdir = '{0}'\n"
        "work_dir = '{0}'\nwd_ipc_socket_dir = '{0}'\nnum_init_children = 8\nmax_pool = 1\n"
        "memqcache_total_size = 1MB\nmemqcache_max_num_cache = 1000\n"
        "load_balance_mode = off\nsr_check_user = 'postgres'\nsr_check_database = 'postgres'\n"
        "sr_check_period = 1\nhealth_check_user = 'postgres'\nhealth_check_database = 'postgres'\n"
        "health_check_period = 1\nhealth_check_timeout = 1\nconnect_timeout = 1000\n"
        "search_primary_node_timeout = 10\n",
        here, pgpool_port, pcp_port);
    for (std::size_t i = 0; i < backends.size(); ++i)
        text += fmt::format(
            "backend_hostname{0} = '{1}'\nbackend_port{0} = {2}\nbackend_weight{0} = 1\n"
            "backend_flag{0} = 'ALLOW_TO_FAILOVER'\n",
            i, to_string(backends[i].address), backends[i].port);
    return text;
}

}  // namespace

std::string pgpool_program(const std::string& name) {
    for (const auto* directory : {"/usr/sbin/", "/usr/bin/", "/usr/local/bin/"})
        if (::access((directory + name).c_str(), X_OK) == 0) return directory + name;
    return "";
}

Pgpool::Pgpool(const Host& host, std::string directory, const std::vector<Endpoint>& backends,
               const std::string& more)
    : host_(host), directory_(std::move(directory)) {
    must(::mkdir(directory_.c_str(), 0755), directory_.c_str());
    // The watchdog, if it is on, elects the first.
    std::ofstream(configuration_file()) << configuration(directory_, backends)
                                        << "wd_priority = " << hosts_max - host.number << '\n'
                                        << more;
    std::ofstream(directory_ + "/pgpool_node_id") << host.number - 1 << '\n';
    std::ofstream(directory_ + "/pcp.conf") << pcp_user << ':' << pcp_password_md5 << '\n';
    std::ofstream(directory_ + "/pool_hba.conf") << "host all all 0.0.0.0/0 trust\n";
    std::ofstream(directory_ + "/pool_passwd").flush();
    std::ofstream(directory_ + "/pcppass") << "*:*:" << pcp_user << ':' << pcp_password << '\n';
    must(::chmod((directory_ + "/pcppass").c_str(), 0600), "mode of pcppass");
}

void Pgpool::start() {
    process_.reset();
    process_.emplace(
        host_.space,
        std::vector<std::string>{pgpool_program("pgpool"), "-n", "-f", configuration_file(), "-F",
                                 directory_ + "/pcp.conf", "-a", directory_ + "/pool_hba.conf"},
        directory_ + "/log");
}

bool Pgpool::serves() const {
    return ask_sql(
               host_,
               fmt::format("hostaddr=127.0.0.1 port={} user=postgres dbname=postgres", pgpool_port),
               "SELECT 1", 1s)
        .has_value();
}

bool Pgpool::wait_until_serves() const {
    return wait_until([&] { return serves(); }, 3 * patience);
}

void Pgpool::stop() {
    if (!process_) return;
    process_->signal(SIGINT);
    process_->wait(patience);
}

void Pgpool::kill() {
    if (!running()) return;
    const auto children = children_of(process_->pid());
    process_->signal(SIGKILL);
    for (const pid_t child : children) ::kill(child, SIGKILL);
    process_->wait(patience);
}

void Pgpool::kill_main() {
    if (process_) process_->signal(SIGKILL);
}

bool Pgpool::running() { return process_ && process_->running(); }

std::string Pgpool::log() const { return read_file(directory_ + "/log"); }

std::string Pgpool::pcp(const std::string& command, const std::string& arguments) const {
    const auto output = directory_ + "/pcp.out";
    host_.space.run([&] {
        const auto line = fmt::format(
            "PCPPASSFILE={0}/pcppass {1} -h {0} -p {2} -U {3} -w {4} >{5} "
            "2>&1",
            directory_, pgpool_program("pcp_" + command), pcp_port, pcp_user, arguments, output);
        // What is wrong stands in the output.
        static_cast<void>(std::system(line.c_str()));
    });
    return read_file(output);
}

// host port status-number weight status pg_status role pg_role ...
std::string Pgpool::node_info(std::size_t backend, int field) const {
    std::istringstream answer(pcp("node_info", fmt::format("-n {}", backend)));
    std::string word;
    for (int i = 0; i <= field; ++i) answer >> word;
    return answer ? word : "";
}

std::optional<std::string> Pgpool::backend_status(std::size_t backend) const {
    constexpr int status_field = 4;
    auto status = node_info(backend, status_field);
    if (status.empty()) return {};
    return status;
}

std::optional<std::string> Pgpool::backend_role(std::size_t backend) const {
    constexpr int role_field = 6;
    auto role = node_info(backend, role_field);
    if (role.empty()) return {};
    return role;
}

}  // namespace komainu::lab
