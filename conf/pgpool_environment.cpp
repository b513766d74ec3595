#include "conf/pgpool_environment.h"

#include <fmt/core.h>

#include "base/assert.h"
#include "conf/value_text.h"

namespace komainu {

namespace {

constexpr const char* control = "KOMAINU_PGPOOL_CONTROL_SOCKET";
constexpr const char* node = "KOMAINU_NODE";
constexpr const char* pcp = "KOMAINU_PGPOOL_PCP";
constexpr const char* user = "KOMAINU_PGPOOL_USER";
constexpr const char* password_file = "KOMAINU_PGPOOL_PASSWORD_FILE";
constexpr const char* mode = "KOMAINU_PGPOOL_MODE";
constexpr const char* interval = "KOMAINU_PGPOOL_INTERVAL_MS";

Result<PgpoolMode> read_mode(std::string_view text) { return read_choice(text, pgpool_modes); }

Result<int> read_node(std::string_view text) { return read_number(text, {1, nodes_max}); }

}  // namespace

std::vector<std::string> pgpool_environment(const Config& config) {
    KOMAINU_ASSERT(config.pgpool);
    const PgpoolConfig& pgpool = *config.pgpool;
    std::vector<std::string> variables;
    const auto tell = [&](const char* name, std::string_view value) {
        variables.push_back(fmt::format("{}={}", name, value));
    };
    tell(control, config.control.socket);
    tell(node, std::to_string(number(config.self)));
    tell(pcp, to_string(pgpool.pcp));
    tell(user, pgpool.user);
    tell(password_file, pgpool.password_file);
    tell(mode, name_of(pgpool_modes, pgpool.mode));
    tell(interval, std::to_string(pgpool.interval / 1ms));
    return variables;
}

Result<PgpoolSettings> read_pgpool_environment(const Lookup& lookup) {
    PgpoolSettings settings;
    PgpoolConfig& pgpool = settings.pgpool;
    EnvironmentReader reader(lookup);
    reader.need(control, settings.control_socket, read_absolute_path);
    reader.need(node, settings.node, read_node);
    reader.need(pcp, pgpool.pcp, read_pcp_address);
    reader.need(user, pgpool.user, read_user_name);
    reader.need(password_file, pgpool.password_file, read_absolute_path);
    reader.need(mode, pgpool.mode, read_mode);
    reader.need(interval, pgpool.interval, read_milliseconds);
    if (!reader.status()) return reader.status().error();
    return settings;
}

}  // namespace komainu
