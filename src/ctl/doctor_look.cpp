#include "ctl/doctor_look.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <future>
#include <nlohmann/json.hpp>
#include <thread>

#include "conf/load.h"
#include "conf/text_digest.h"
#include "conf/title.h"
#include "ctl/daemon_commands.h"
#include "ctl/doubles.h"
#include "io/clock.h"
#include "io/files.h"
#include "io/local_addresses.h"

namespace komainu {

namespace {

constexpr Duration time_between = 800ms;
constexpr Duration patience = 700ms;
constexpr Duration disk_patience = 500ms;
constexpr Duration lan_patience = 300ms;

std::string directory_of(const std::string& path) {
    return path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
}

// --- The configuration --------------------------------------------------------------------------

/// Where the daemon says that it has it from, unless the operator names one.
std::string config_file_of(const Invocation& invocation, const DoctorFacts& facts) {
    if (invocation.config) return *invocation.config;
    const bool told = facts.cluster && facts.cluster->config_file.starts_with('/');
    return told ? facts.cluster->config_file : default_config_file;
}

void look_at_config(DoctorFacts& facts) {
    LoadOptions options{.purpose = Purpose::inspect, .node_id = {}, .local = facts.addresses};
    if (facts.cluster && facts.cluster->node_id != 0)
        options.otherwise = NodeId{static_cast<std::uint8_t>(facts.cluster->node_id)};
    LoadedConfig loaded = load_config(facts.config_file, options);
    if (loaded.unreadable == EACCES) {
        facts.config_unseen = true;
        return;
    }
    bool good = true;
    for (const Problem& problem : loaded.problems.list()) {
        const bool is_error = problem.severity == Severity::error;
        if (problem.place.key == "key_file") {
            (is_error ? facts.key_trouble : facts.key_unseen_why) = problem.text;
            continue;
        }
        good = good && !is_error;
        (is_error ? facts.errors : facts.warnings).push_back(to_string(facts.config_file, problem));
    }
    facts.config_found = !loaded.text.empty();
    if (facts.config_found) facts.config_digest = to_hex(digest_of(loaded.text));
    facts.config_good = good;
    facts.config = std::move(loaded.config);
}

std::vector<ProgramView> look_at_programs(const Config& config) {
    std::vector<ProgramView> programs;
    const auto add = [&](const std::string& place, const Argv& command) {
        if (!command.empty())
            programs.push_back({place, command[0], why_not_executable(command[0])});
    };
    for (const auto& hook : config.hooks) add("hook." + hook.name, hook.command);
    for (const auto& service : config.services) add("service." + service.name, service.command);
    for (const auto& vip : config.command_vips) {
        add(title_of(vip) + ": up_command", vip.up_command);
        add(title_of(vip) + ": down_command", vip.down_command);
    }
    add("failover_command", config.backends.failover_command);
    add("failback_command", config.backends.failback_command);
    add("follow_primary_command", config.backends.follow_primary_command);
    return programs;
}

struct DiskFacts {
    DirectoryView state_dir;
    std::vector<ProgramView> programs;
};

/// By a thread that is left behind where a file system does not answer.
std::optional<DiskFacts> look_at_disk(const Config& config) {
    std::packaged_task<DiskFacts()> task([config] {
        return DiskFacts{look_at_directory(config.control.state_dir), look_at_programs(config)};
    });
    auto facts = task.get_future();
    std::thread(std::move(task)).detach();
    if (facts.wait_for(disk_patience) != std::future_status::ready) return {};
    return facts.get();
}

// --- The daemon ---------------------------------------------------------------------------------

Silence silence_of(const Answer& answer) {
    if (answer.status == ExitStatus::done) return Silence::none;
    if (answer.code == EACCES) return Silence::forbidden;
    if (answer.status != ExitStatus::no_daemon) return Silence::other;
    return answer.code == ECONNREFUSED ? Silence::nobody_listens : Silence::no_socket;
}

void look_at_processes(DoctorFacts& facts) {
    const auto lock = read_pid_file(facts.socket + ".lock");
    if (!lock) return;
    auto main = look_at_process(lock->pid);
    // The file of a daemon that was killed stays, and its number may be another's by now.
    if (!main || main->name != "komainud") return;
    facts.main = std::move(main);
    facts.children = children_of_process(lock->pid);
}

void ask_daemon(DoctorFacts& facts) {
    const auto answer = ask_status(facts.socket, patience);
    facts.silence = silence_of(answer);
    facts.why_silent = answer.why;
    if (answer.status == ExitStatus::done) facts.cluster = view_of(answer.body);
    look_at_processes(facts);
}

void ask_once_more(DoctorFacts& facts, std::chrono::steady_clock::time_point at) {
    if (!facts.cluster) return;
    std::this_thread::sleep_until(at);
    const auto answer = ask_status(facts.socket, patience);
    if (answer.status == ExitStatus::done) facts.later = view_of(answer.body);
}

// --- The host -----------------------------------------------------------------------------------

/// The interface that has the address, or the one that is configured.
void look_at_interfaces(DoctorFacts& facts) {
    const Config& config = facts.config;
    const auto look = [&](const std::string& name) {
        if (!name.empty()) facts.interfaces.try_emplace(name, look_at_interface(name));
    };
    const auto setting = [&](const std::string& path) {
        if (const auto value = kernel_setting(path)) facts.settings[path] = *value;
    };
    for (const auto& vip : config.vips) {
        look(vip.interface);
        if (vip.address.address.is_ipv4())
            for (const char* const scope : {"all", vip.interface.c_str()})
                setting(fmt::format("net/ipv4/conf/{}/arp_ignore", scope));
        else
            setting(fmt::format("net/ipv6/conf/{}/disable_ipv6", vip.interface));
    }
    for (const auto& node : config.nodes)
        if (node.id == config.self)
            for (std::size_t link = 0; link < node.addresses.size(); ++link) {
                look(config.link(link).interface);
                for (const auto& mine : facts.addresses)
                    if (mine.address.address == node.addresses[link]) look(mine.interface);
            }
}

void ask_the_lan(DoctorFacts& facts) {
    std::vector<LocalAddress> own;
    for (const auto& node : facts.config.nodes)
        for (const auto& mine : facts.addresses)
            if (node.id == facts.config.self &&
                std::ranges::count(node.addresses, mine.address.address) > 0)
                own.push_back(mine);
    if (auto doubles = find_doubles(own, lan_patience)) facts.doubles = std::move(*doubles);
}

/// Not while a daemon has them.
void look_at_ports(DoctorFacts& facts) {
    const bool runs = facts.main || facts.cluster;
    if (runs || facts.silence == Silence::forbidden || facts.silence == Silence::other) return;
    for (const auto& node : facts.config.nodes)
        for (std::size_t link = 0; node.id == facts.config.self && link < node.addresses.size();
             ++link) {
            const Endpoint endpoint{node.addresses[link], facts.config.link(link).port};
            facts.unbindable["UDP " + to_string(endpoint)] = why_not_bindable(endpoint, SOCK_DGRAM);
            facts.unbindable["TCP " + to_string(endpoint)] =
                why_not_bindable(endpoint, SOCK_STREAM);
        }
}

void look_at_files(DoctorFacts& facts) {
    auto disk = look_at_disk(facts.config);
    facts.disk_hangs = !disk;
    if (!disk) return;
    facts.programs = std::move(disk->programs);
    facts.state_dir = disk->state_dir;
    if (!facts.main || facts.state_dir.error != 0) return;
    facts.state_dir_right = may_write_into(facts.state_dir, facts.main->user);
}

}  // namespace

DoctorFacts look_around(const Invocation& invocation) {
    DoctorFacts facts;
    facts.version = KOMAINU_VERSION;
    facts.root = is_root();
    facts.clock_synchronized = clock_is_synchronized();
    if (auto local = local_addresses()) facts.addresses = std::move(*local);
    facts.socket = socket_to_ask(invocation);
    facts.socket_dir = look_at_directory(directory_of(facts.socket));
    ask_daemon(facts);
    const auto asked_at = std::chrono::steady_clock::now();
    facts.now_ms = static_cast<std::int64_t>(wall_clock_ms());
    facts.config_file = config_file_of(invocation, facts);
    look_at_config(facts);
    facts.socket_assumed = facts.config_unseen && !invocation.socket;
    if (facts.config_good) {
        look_at_interfaces(facts);
        look_at_ports(facts);
        ask_the_lan(facts);
        look_at_files(facts);
    }
    ask_once_more(facts, asked_at + time_between);
    return facts;
}

}  // namespace komainu
