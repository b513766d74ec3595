#include "runner/program.h"

#include <fmt/core.h>
#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "conf/check_environment.h"
#include "conf/names.h"
#include "conf/outside.h"
#include "conf/pgpool_environment.h"
#include "conf/title.h"
#include "io/log.h"

namespace komainu {

namespace {

constexpr const char* search_path =
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// So much longer than its time-out may komainu-check run: it says itself what it waited for.
constexpr Duration last_words = 250ms;

bool is_checker(const ServiceConfig& service) {
    return service.check == CheckKind::http || service.check == CheckKind::query;
}

bool is_run(const ServiceConfig& service) {
    return is_checker(service) || service.check == CheckKind::command;
}

/// One of komainu's own: beside this program where both were built, else where it is installed.
Result<std::string> own_program(const std::string& name) {
    std::array<char, PATH_MAX> self{};
    const auto length = readlink("/proc/self/exe", self.data(), self.size());
    std::string beside(self.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
    beside.resize(beside.rfind('/') + 1);
    const std::string installed = KOMAINU_LIBEXECDIR "/komainu/" + name;
    for (const auto& path : {beside + name, installed})
        if (access(path.c_str(), X_OK) == 0) return path;
    return Error::from_errno("cannot run " + installed, errno);
}

Result<Program> checker_of(const ServiceConfig& service) {
    const std::string title = title_of(service);
    const auto path = own_program("komainu-check");
    if (!path) return Error{title + ": " + path.error().what};
    return Program{title,
                   {path.value(), std::string(name_of(check_kinds, service.check))},
                   check_environment(service),
                   {},
                   service.timeout + last_words};
}

Status add_user(Users& users, const std::string& title, const std::string& name) {
    if (name.empty() || users.contains(name)) return Ok{};
    auto user = find_user(name);
    if (!user) return Error{fmt::format("{}: user: {}", title, user.error().what)};
    users.emplace(name, std::move(*user));
    return Ok{};
}

Result<std::optional<Identity>> user_of(const std::string& title, const std::string& name,
                                        const Users& users) {
    if (name.empty()) return std::optional<Identity>{};
    const auto user = users.find(name);
    if (user == users.end())
        return Error{
            fmt::format("{}: user: nothing ran as {} when komainud started, and it has no "
                        "way to become another user now; restart it",
                        title, name)};
    return std::optional(user->second);
}

std::vector<std::string> common_environment(const Config& config) {
    return {search_path, "KOMAINU_CLUSTER=" + config.cluster_name,
            fmt::format("KOMAINU_NODE={}", number(config.self))};
}

Result<Program> program_of(const ServiceConfig& service, const Config& config, const Users& users) {
    Program program{
        title_of(service), service.command, common_environment(config), {}, service.timeout};
    auto user = user_of(program.title, service.user, users);
    if (!user) return user.error();
    program.user = *user;
    program.environment.push_back("KOMAINU_SERVICE=" + service.name);
    return program;
}

Result<Program> program_of(const HookConfig& hook, const Config& config, const Users& users) {
    Program program{title_of(hook), hook.command, common_environment(config), {}, hook.timeout};
    auto user = user_of(program.title, hook.user, users);
    if (!user) return user.error();
    program.user = *user;
    std::string vips;
    for (const VipConfig& vip : config.all_vips())
        vips += (vips.empty() ? "" : " ") + to_string(vip.address);
    program.environment.push_back("KOMAINU_VIPS=" + vips);
    program.environment.push_back(fmt::format("KOMAINU_WHEN={}", name_of(hook_moments, hook.when)));
    return program;
}

Result<CheckPrograms> checks_of(const std::vector<ServiceConfig>& services, const Config& config,
                                const Users& users) {
    CheckPrograms checks;
    for (const ServiceConfig& service : services) {
        auto& check = checks.emplace_back();
        if (!is_run(service)) continue;
        auto program =
            is_checker(service) ? checker_of(service) : program_of(service, config, users);
        if (!program) return program.error();
        check = *program;
    }
    return checks;
}

Program program_of(const VipConfig& vip, const Argv& command, const Config& config) {
    Program program{title_of(vip), command, common_environment(config), {}, vip.command_timeout};
    const auto tell = [&](std::string_view name, std::string_view value) {
        program.environment.push_back(fmt::format("KOMAINU_VIP{}={}", name, value));
    };
    tell("", vip.name);
    tell("_ADDRESS", to_string(vip.address.address));
    tell("_PREFIX", std::to_string(vip.address.length));
    tell("_INTERFACE", vip.interface);
    return program;
}

std::optional<Program> program_of(std::string title, const Argv& command, const Config& config) {
    if (command.empty()) return {};
    return Program{
        std::move(title), command, common_environment(config), {}, config.backends.command_timeout};
}

/// As the daemon's own user. A witness holds no VIP, and has no pgpool.
Result<std::optional<Program>> pgpool_of(const Config& config) {
    if (!config.pgpool || config.node(config.self).witness) return std::optional<Program>{};
    const auto path = own_program("komainu-pgpool");
    if (!path) return Error{"pgpool: " + path.error().what};
    Program program{"pgpool", {path.value()}, pgpool_environment(config), {}, no_time_limit};
    program.logs = true;
    if (std::string variable = journal_variable(); !variable.empty())
        program.environment.push_back(std::move(variable));
    return std::optional(program);
}

std::string text_of(NodeId id) { return id == no_node ? "" : std::to_string(number(id)); }

}  // namespace

bool Programs::run_root() const {
    const auto is_root = [](const Program& p) { return p.user && p.user->is_root(); };
    // Whoever asks others' services does so as the daemon's own user.
    const CheckPrograms& own = checks.at(no_node);
    return std::ranges::any_of(own, [&](const auto& c) { return c && is_root(*c); }) ||
           std::ranges::any_of(hooks, is_root);
}

Result<Users> find_users(const Config& config) {
    Users users;
    for (const ServiceConfig& service : config.services)
        if (Status added = add_user(users, title_of(service), service.user); !added)
            return added.error();
    for (const HookConfig& hook : config.hooks)
        if (Status added = add_user(users, title_of(hook), hook.user); !added) return added.error();
    return users;
}

Result<Programs> programs_of(const Config& config, const Users& users) {
    Programs programs;
    std::map<NodeId, std::vector<ServiceConfig>> services{{no_node, config.services}};
    for (const NodeConfig& node : config.nodes)
        services.emplace(node.id, services_from_outside(config, node));
    for (const auto& [node, asked] : services) {
        auto checks = checks_of(asked, config, users);
        if (!checks) return checks.error();
        programs.checks.emplace(node, std::move(*checks));
    }
    for (const HookConfig& hook : config.hooks) {
        auto program = program_of(hook, config, users);
        if (!program) return program.error();
        programs.hooks.push_back(*program);
    }
    for (const VipConfig& vip : config.command_vips)
        programs.vips.push_back(
            {program_of(vip, vip.up_command, config), program_of(vip, vip.down_command, config)});
    const BackendsConfig& backends = config.backends;
    programs.commands = {
        program_of("backends.failover_command", backends.failover_command, config),
        program_of("backends.failback_command", backends.failback_command, config),
        program_of("backends.follow_primary_command", backends.follow_primary_command, config)};
    auto pgpool = pgpool_of(config);
    if (!pgpool) return pgpool.error();
    programs.pgpool = std::move(*pgpool);
    return programs;
}

Program told(Program command, const BackendChange& change, const Config& config) {
    for (std::string& word : command.argv) word = expand(word, change, config);
    return command;
}

Program told(Program hook, const HookFacts& facts) {
    const auto tell = [&](std::string_view name, std::string_view value) {
        hook.environment.push_back(fmt::format("KOMAINU_{}={}", name, value));
    };
    tell("EVENT", name_of(hook_events, facts.event));
    tell("ROLE", facts.role);
    tell("OLD_ROLE", facts.old_role);
    tell("TERM", std::to_string(facts.term));
    tell("ACTIVE", text_of(facts.active));
    tell("PEER", text_of(facts.peer));
    tell("CAUSE", facts.cause);
    tell("REASON", facts.reason);
    tell("BACKEND", facts.backend);
    tell("BACKEND_EVENT", facts.backend_event);
    return hook;
}

}  // namespace komainu
