#include "test/pgpool/postgres.h"

#include <fmt/format.h>
#include <glob.h>
#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "test/lab/clock.h"
#include "test/lab/cluster.h"
#include "test/lab/fail.h"
#include "test/lab/sandbox.h"
#include "test/pgpool/sql.h"

namespace komainu::lab {

namespace {

constexpr const char* user = "postgres";

const passwd& postgres_user() {
    const passwd* const entry = ::getpwnam(user);
    if (entry == nullptr) fail("there is no user postgres");
    return *entry;
}

/// What stands before a command to run it as that user. In the sandbox of an ordinary user there is
/// nobody but root: then its own id is called another.
std::string as_user() {
    const passwd& entry = postgres_user();
    if (has_user_namespace())
        return fmt::format("/usr/bin/unshare --user --map-user={} --map-group={} -- ", entry.pw_uid,
                           entry.pw_gid);
    return fmt::format("/usr/bin/setpriv --reuid={} --regid={} --clear-groups -- ", entry.pw_uid,
                       entry.pw_gid);
}

std::vector<std::string> words_of(const std::string& command) {
    std::vector<std::string> words;
    std::istringstream text(command);
    for (std::string word; text >> word;) words.push_back(word);
    return words;
}

void give_away(const std::string& directory) {
    const passwd& entry = postgres_user();
    if (!has_user_namespace())
        must(::chown(directory.c_str(), entry.pw_uid, entry.pw_gid), directory.c_str());
}

/// What initdb makes, once for all servers of this program.
const std::string& cluster_template(const Host& host) {
    static const std::string made = [&] {
        const auto directory = sandbox_directory() + "/postgres-template";
        must(::mkdir(directory.c_str(), 0700), directory.c_str());
        give_away(directory);
        shell(host, fmt::format("cd {} && {}{} -D {}/data -A trust -U {} -N --no-instructions "
                                "-E UTF8 --locale=C >{}/log 2>&1",
                                directory, as_user(), postgres_program("initdb"), directory, user,
                                directory));
        std::ofstream(directory + "/data/pg_hba.conf")
            << "local all all trust\nhost all all 0.0.0.0/0 trust\n"
               "host replication all 0.0.0.0/0 trust\n";
        return directory;
    }();
    return made;
}

}  // namespace

std::string postgres_program(const std::string& name) {
    glob_t found{};
    const auto pattern = "{/usr/lib/postgresql/*/bin/,/usr/pgsql-*/bin/,/usr/bin/}" + name;
    ::glob(pattern.c_str(), GLOB_BRACE, nullptr, &found);
    const std::string first = found.gl_pathc > 0 ? found.gl_pathv[0] : "";
    ::globfree(&found);
    return first;
}

Postgres::Postgres(const Host& host, std::string directory)
    : host_(host), directory_(std::move(directory)) {
    shell(host_, fmt::format("cp -a {} {}", cluster_template(host_), directory_));
    write_settings("");
}

Postgres::Postgres(const Host& host, std::string directory, const Postgres& primary)
    : host_(host), directory_(std::move(directory)) {
    must(::mkdir(directory_.c_str(), 0700), directory_.c_str());
    give_away(directory_);
    const auto connection =
        fmt::format("host={} port={} user={}", to_string(primary.host_.ipv4), postgres_port, user);
    shell(host_, fmt::format("cd {0} && {1}{2} -d '{3}' -D {0}/data -X stream -c fast -R >{0}/log "
                             "2>&1",
                             directory_, as_user(), postgres_program("pg_basebackup"), connection));
    write_settings(
        fmt::format("primary_conninfo = '{} application_name={}'\n", connection, host_.name));
}

void Postgres::write_settings(const std::string& more) const {
    std::ofstream(directory_ + "/data/postgresql.conf", std::ios::app)
        << "listen_addresses = '*'\nport = " << postgres_port << "\nunix_socket_directories = '"
        << directory_
        << "'\nfsync = off\nfull_page_writes = off\nwal_keep_size = 64MB\nmin_wal_size = 32MB\n"
           "max_wal_size = 64MB\nshared_buffers = 16MB\ndynamic_shared_memory_type = mmap\n"
           "hot_standby = on\nwal_receiver_status_interval = 1s\nwal_retrieve_retry_interval = "
           "200ms\nlog_min_messages = warning\n"
        << more;
}

void Postgres::start() {
    process_.reset();
    process_.emplace(
        host_.space,
        words_of(as_user() + postgres_program("postgres") + " -D " + directory_ + "/data"),
        directory_ + "/log");
    if (!wait_until([&] { return ask("SELECT 1").has_value(); }, patience))
        fail("PostgreSQL did not start: " + log());
}

void Postgres::stop() {
    if (!process_) return;
    process_->signal(SIGINT);
    process_->wait(patience);
}

void Postgres::kill() {
    // All of them have the session of the first, which Process gave it; some have their own group.
    if (!running()) return;
    const auto children = children_of(process_->pid());
    process_->signal(SIGKILL);
    for (const pid_t child : children) ::kill(child, SIGKILL);
    process_->wait(patience);
}

bool Postgres::running() { return process_ && process_->running(); }

std::string Postgres::log() const { return read_file(directory_ + "/log"); }

std::optional<std::string> Postgres::ask(const std::string& query) const {
    return ask_sql(
        host_,
        fmt::format("host={} port={} user={} dbname=postgres", directory_, postgres_port, user),
        query, patience);
}

std::optional<Postgres::Role> Postgres::role() const {
    const auto answer = ask("SELECT pg_is_in_recovery()");
    if (!answer) return {};
    return answer == "t" ? Role::standby : Role::primary;
}

std::string Postgres::promote_command() const {
    return fmt::format("{}{} promote -w -D {}/data", as_user(), postgres_program("pg_ctl"),
                       directory_);
}

}  // namespace komainu::lab
