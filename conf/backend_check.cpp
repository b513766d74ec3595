#include "conf/backend_check.h"

#include <algorithm>
#include <map>

#include "conf/placeholders.h"
#include "conf/title.h"

namespace komainu {

namespace {

void check_command(const char* key, const Argv& command, const Lines& lines, Problems& problems) {
    for (const std::string& word : command)
        if (const auto unknown = unknown_placeholder(word); !unknown.empty())
            problems.error(lines.place("backends", key),
                           "{} stands for nothing; write one of %d %h %p %D %m %H %M %P %r %R %N "
                           "%S, or %% for a percent sign",
                           unknown);
}

void check_addresses(const Config& config, const Lines& lines, Problems& problems) {
    std::map<std::string, int> seen;
    for (const BackendConfig& backend : config.backend_list) {
        const Place place = lines.place(title_of(backend), "address");
        if (problems.has_error_at(place)) continue;
        const auto [same, is_new] = seen.try_emplace(to_string(backend.address), backend.id);
        if (!is_new)
            problems.error(place, "{} is the address of [backend.{}] as well; each is one server",
                           to_string(backend.address), same->second);
    }
}

void check_primary(const Config& config, const Lines& lines, Problems& problems) {
    const BackendConfig* first = nullptr;
    for (const BackendConfig& backend : config.backend_list) {
        if (!backend.primary) continue;
        if (first)
            problems.error(lines.place(title_of(backend), "primary"),
                           "[{}] is the primary already; keep one of the two", title_of(*first));
        if (!first) first = &backend;
    }
}

void check_service(const ServiceConfig& service, const Config& config, const Lines& lines,
                   Problems& problems) {
    if (!service.backend) return;
    const std::string title = title_of(service);
    if (!config.backend(*service.backend))
        problems.error(lines.place(title, "backend"),
                       "there is no [backend.{}]; write one with its address", *service.backend);
    if (service.weight != 0)
        problems.error(lines.place(title, "weight"),
                       "what is checked is a backend, which takes nothing from this node's "
                       "priority; remove it");
}

/// What the pgpool-II beside a node is kept in line with.
void check_pgpool(const Config& config, const Lines& lines, Problems& problems) {
    if (!config.pgpool) return;
    if (config.backend_list.empty())
        problems.error(lines.section("pgpool"),
                       "there is no backend to keep in line; write [backend.0] and address = ... "
                       "under it, as in pgpool.conf");
    const bool is_checked = std::ranges::any_of(
        config.services, [](const ServiceConfig& service) { return service.backend.has_value(); });
    if (config.pgpool->mode == PgpoolMode::consensus && !is_checked)
        problems.warning(lines.place("pgpool", "mode"),
                         "no node looks whether a backend is down; write a [service.NAME] with "
                         "backend = N for each, or mode = mirror");
}

}  // namespace

void check_backends(const Config& config, const Lines& lines, Problems& problems) {
    const BackendsConfig& backends = config.backends;
    check_command("failover_command", backends.failover_command, lines, problems);
    check_command("failback_command", backends.failback_command, lines, problems);
    check_command("follow_primary_command", backends.follow_primary_command, lines, problems);
    if (lines.of_section("backends") != 0 && config.backend_list.empty())
        problems.error(lines.section("backends"),
                       "there is no backend; write [backend.0] and address = ... under it");
    if (backends.consensus && *backends.consensus > static_cast<int>(config.nodes.size()))
        problems.error(lines.place("backends", "consensus"),
                       "is more than the {} nodes that there are; write at most that",
                       config.nodes.size());
    check_addresses(config, lines, problems);
    check_primary(config, lines, problems);
    check_pgpool(config, lines, problems);
    for (const ServiceConfig& service : config.services)
        check_service(service, config, lines, problems);
}

}  // namespace komainu
