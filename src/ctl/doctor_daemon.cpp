// What speaks against this node's daemon: its configuration, whether it runs, and as what.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "ctl/doctor.h"
#include "ctl/status_text.h"

namespace komainu {

namespace {

constexpr const char* check_of_config = "configuration";
constexpr const char* check_of_key = "key";
constexpr const char* check_of_daemon = "daemon";
constexpr const char* check_of_privileges = "privileges";

constexpr std::uint64_t bit(int capability) { return std::uint64_t{1} << capability; }
constexpr std::uint64_t guard_capabilities = bit(12) | bit(13);  // CAP_NET_ADMIN, CAP_NET_RAW
constexpr std::int64_t files_wanted = 256;

/// Of the problems of one kind: the first, and how many more there are.
std::string first_of(const std::vector<std::string>& lines) {
    if (lines.size() == 1) return lines.front();
    return fmt::format("{} (and {} more)", lines.front(), lines.size() - 1);
}

void judge_key(const DoctorFacts& facts, Diagnoses& findings) {
    if (!facts.key_unseen_why.empty())
        findings.push_back({check_of_key, Judgement::unseen,
                            "this user may not read " + facts.config.key_file,
                            "ask as root, or as the user of komainud"});
    else if (!facts.key_trouble.empty())
        findings.push_back(
            {check_of_key, Judgement::problem, facts.key_trouble,
             "all nodes need the same file, which root or komainud's user owns, with mode 600"});
    else
        findings.push_back(
            {check_of_key, Judgement::ok, facts.config.key_file + " is a key for nobody else", ""});
}

void judge_running_config(const DoctorFacts& facts, Diagnoses& findings) {
    const auto& running = facts.cluster->config_digest;
    if (running.empty() || facts.config_digest.empty()) return;
    if (running != facts.config_digest)
        findings.push_back({"reload", Judgement::warning,
                            facts.config_file + " is not the text that komainud runs with",
                            "komainuctl reload"});
    else
        findings.push_back({"reload", Judgement::ok, "komainud runs with this configuration", ""});
}

Diagnosis of_silence(const DoctorFacts& facts) {
    const bool could_start = facts.errors.empty() && facts.key_trouble.empty();
    const bool ended =
        facts.silence == Silence::no_socket || facts.silence == Silence::nobody_listens;
    if (ended && !facts.main && !could_start)
        return {check_of_daemon, Judgement::problem,
                "komainud does not run, and could not start with this configuration",
                "correct what follows, then: systemctl start komainu"};
    if (facts.silence == Silence::no_socket && facts.socket_assumed && !facts.main)
        return {check_of_daemon, Judgement::unseen,
                fmt::format("there is no socket {}, and whether {} names another is not known",
                            facts.socket, facts.config_file),
                "ask as root, or name the socket with --socket"};
    const auto directory = facts.socket.substr(0, facts.socket.rfind('/'));
    switch (facts.silence) {
        case Silence::no_socket:
            if (facts.main)
                return {check_of_daemon, Judgement::problem,
                        fmt::format("komainud (pid {}) runs, but there is no socket {}",
                                    facts.main->pid, facts.socket),
                        "restart it: somebody has removed its socket"};
            if (facts.socket_dir.error != 0)
                return {check_of_daemon, Judgement::problem,
                        fmt::format("komainud does not run, and its directory {} is missing",
                                    directory),
                        fmt::format("systemctl start komainu, which makes it; by hand: install -d "
                                    "-m 750 {}, then komainud",
                                    directory)};
            return {
                check_of_daemon, Judgement::problem,
                "komainud does not run: there is no socket " + facts.socket,
                "systemctl start komainu; if it ended, its log says why: journalctl -u komainu"};
        case Silence::nobody_listens:
            return {check_of_daemon, Judgement::problem,
                    "komainud does not run: nobody listens at " + facts.socket +
                        ", so it was killed, or has crashed",
                    "systemctl start komainu; its log says why it ended: journalctl -u komainu"};
        case Silence::forbidden:
            return {check_of_daemon, Judgement::unseen, facts.why_silent,
                    "what follows is what can be told without it"};
        case Silence::other:
        case Silence::none:
            break;
    }
    return {check_of_daemon, Judgement::problem, facts.why_silent,
            "look at its log: journalctl -u komainu"};
}

void judge_version(const DoctorFacts& facts, Diagnoses& findings) {
    const auto& running = facts.cluster->version;
    if (running.empty() || running == facts.version) return;
    findings.push_back(
        {"version", Judgement::warning,
         fmt::format("komainud is {}, and komainuctl {}", running, facts.version),
         "restart komainud, with the VIPs elsewhere: komainuctl standby, then systemctl restart "
         "komainu"});
}

void judge_lateness(const DoctorFacts& facts, Diagnoses& findings) {
    const auto& cluster = *facts.cluster;
    if (!cluster.lateness || cluster.deadtime_ms == 0) return;
    const auto most_ms = cluster.lateness->max_us / 1000;
    const auto what = fmt::format("it was woken up {} ms late at worst, with a deadtime of {} ms",
                                  most_ms, cluster.deadtime_ms);
    if (4 * most_ms < cluster.deadtime_ms)
        return findings.push_back({"lateness", Judgement::ok, what, ""});
    const bool is_often = 4 * cluster.lateness->p999_us / 1000 >= cluster.deadtime_ms;
    findings.push_back(
        {"lateness", is_often ? Judgement::problem : Judgement::warning, what,
         fmt::format("make the deadtime {} ms or longer on all nodes, let komainud have real-time "
                     "priority, or give this host more of a processor",
                     std::max(4 * most_ms, cluster.deadtime_ms))});
}

bool is_witness(const DoctorFacts& facts) {
    for (const auto& node : facts.cluster->nodes)
        if (node.id == facts.cluster->node_id) return node.role == "witness";
    return false;
}

void judge_real_time(const DoctorFacts& facts, Diagnoses& findings) {
    if (facts.config_good && !facts.config.daemon.realtime)
        return findings.push_back({"realtime", Judgement::ok, "not wanted (realtime = no)", ""});
    if (facts.main->real_time && facts.main->locked_kib > 0)
        return findings.push_back(
            {"realtime", Judgement::ok, "it has real-time priority, and its memory is locked", ""});
    findings.push_back(
        {"realtime", Judgement::warning,
         fmt::format("komainud runs without {}{}{}, so a busy host may delay its heartbeats",
                     facts.main->real_time ? "" : "real-time priority",
                     !facts.main->real_time && facts.main->locked_kib == 0 ? " and without " : "",
                     facts.main->locked_kib > 0 ? "" : "locked memory"),
         "give its service LimitRTPRIO=11 and LimitMEMLOCK=256M, or write realtime = no"});
}

void judge_open_files(const DoctorFacts& facts, Diagnoses& findings) {
    const auto most = facts.main->files_max;
    if (most == 0 || most >= files_wanted) return;
    findings.push_back(
        {"files", Judgement::warning,
         fmt::format("komainud may have {} files open, and {} are wanted with many nodes", most,
                     files_wanted),
         fmt::format("give its service LimitNOFILE={}, or start it after ulimit -n {}",
                     files_wanted, files_wanted)});
}

void judge_guard(const DoctorFacts& facts, Diagnoses& findings) {
    const auto guard = std::ranges::find(facts.children, "komainu-guard", &ProcessView::name);
    if (guard == facts.children.end()) {
        if (is_witness(facts)) return;
        return findings.push_back({check_of_privileges, Judgement::problem,
                                   "there is no guard, without which no VIP can be held",
                                   "restart komainud; its log says why the guard ended"});
    }
    const bool able = (guard->capabilities & guard_capabilities) == guard_capabilities;
    const bool modest =
        facts.main->capabilities == 0 && (guard->capabilities & ~guard_capabilities) == 0;
    if (!able)
        findings.push_back({check_of_privileges, Judgement::problem,
                            "the guard has not CAP_NET_ADMIN and CAP_NET_RAW",
                            "run komainud as root, or give its service AmbientCapabilities="
                            "CAP_NET_ADMIN CAP_NET_RAW CAP_BPF; a container needs them as well"});
    else if (!modest)
        findings.push_back({check_of_privileges, Judgement::warning,
                            "komainud has more capabilities than it should have kept",
                            "report this: it gives them up at its start"});
    else if (facts.main->user == 0)
        findings.push_back({check_of_privileges, Judgement::warning,
                            "komainud stays user root, though without root's capabilities",
                            "make the user komainu, and restart it: systemd-sysusers, or useradd "
                            "--system komainu"});
    else
        findings.push_back({check_of_privileges, Judgement::ok,
                            "the guard can set addresses, and nothing else has a capability", ""});
}

}  // namespace

void judge_configuration(const DoctorFacts& facts, Diagnoses& findings) {
    if (facts.config_unseen)
        return findings.push_back({check_of_config, Judgement::unseen,
                                   "this user may not read " + facts.config_file,
                                   "ask as root, or as the user of komainud"});
    if (!facts.config_found) {
        findings.push_back(
            {check_of_config, Judgement::problem, first_of(facts.errors),
             "komainu(7) is where to begin, and komainu.conf(5) explains every key"});
        return;
    }
    if (!facts.errors.empty()) {
        findings.push_back({check_of_config, Judgement::problem, first_of(facts.errors),
                            "komainuctl check-config " + facts.config_file + " tells all of it"});
        if (!facts.config_good) return;
    } else if (!facts.warnings.empty()) {
        findings.push_back({check_of_config, Judgement::warning, first_of(facts.warnings),
                            "komainuctl check-config " + facts.config_file + " tells all of it"});
    } else {
        findings.push_back(
            {check_of_config, Judgement::ok, facts.config_file + " has no mistakes", ""});
    }
    judge_key(facts, findings);
    if (facts.cluster) judge_running_config(facts, findings);
}

void judge_daemon(const DoctorFacts& facts, Diagnoses& findings) {
    if (!facts.cluster) return findings.push_back(of_silence(facts));
    const auto& cluster = *facts.cluster;
    findings.push_back({check_of_daemon, Judgement::ok,
                        fmt::format("komainud {} answers at {}: node {} of cluster {}",
                                    cluster.version, facts.socket, cluster.node_id, cluster.name),
                        ""});
    judge_version(facts, findings);
    judge_lateness(facts, findings);
}

/// What would keep a daemon from starting, where none runs.
void judge_start(const DoctorFacts& facts, Diagnoses& findings) {
    for (const auto& [address, error] : facts.unbindable) {
        if (error == EADDRINUSE)
            findings.push_back({"port", Judgement::problem,
                                address + " is in use by another program",
                                "ss -tulnp shows it: end it, or give all nodes another port"});
        else if (error == EADDRNOTAVAIL)
            findings.push_back({"port", Judgement::problem,
                                address + " is on no interface of this host",
                                "bring up its interface, or correct the address of this node"});
        else if (error != 0)
            findings.push_back({"port", Judgement::problem,
                                fmt::format("{}: {}", address, std::strerror(error)),
                                "komainud needs to bind to it"});
        else
            findings.push_back({"port", Judgement::ok, address + " is free", ""});
    }
}

void judge_processes(const DoctorFacts& facts, Diagnoses& findings) {
    if (!facts.cluster) return;
    if (!facts.main)
        return findings.push_back({check_of_privileges, Judgement::unseen,
                                   "its processes do not show themselves to this user",
                                   "ask as root, on its host"});
    judge_guard(facts, findings);
    judge_real_time(facts, findings);
    judge_open_files(facts, findings);
}

}  // namespace komainu
