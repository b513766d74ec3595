#include "pgpool/password_file.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include "conf/value_text.h"
#include "io/files.h"

namespace komainu {

namespace {

constexpr std::size_t file_bytes_max = 64 * 1024;

/// The fields of a line; the fourth is all that is left, colons and all.
std::vector<std::string> fields_of(std::string_view line) {
    std::vector<std::string> fields(1);
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '\\' && i + 1 < line.size())
            fields.back() += line[++i];
        else if (line[i] == ':' && fields.size() < 4)
            fields.emplace_back();
        else
            fields.back() += line[i];
    }
    return fields;
}

struct Wanted {
    std::vector<std::string> hosts;
    std::string port;
    std::string user;
};

Wanted wanted(const PcpAddress& address, std::string_view user) {
    Wanted wanted{{}, "", std::string(user)};
    if (address.unix_socket.empty()) {
        wanted.hosts.push_back(to_string(address.endpoint.address));
        if (address.endpoint.address.is_loopback()) wanted.hosts.emplace_back("localhost");
        wanted.port = std::to_string(address.endpoint.port);
    } else {
        const auto& path = address.unix_socket;  // DIRECTORY/.s.PGSQL.PORT
        wanted.hosts = {"localhost", path.substr(0, path.rfind('/'))};
        wanted.port = path.substr(path.rfind('.') + 1);
    }
    return wanted;
}

bool fits(const std::vector<std::string>& fields, const Wanted& wanted) {
    const auto is = [](const std::string& field, const std::string& value) {
        return field == "*" || field == value;
    };
    return fields.size() == 4 &&
           std::ranges::any_of(wanted.hosts,
                               [&](const auto& host) { return is(fields[0], host); }) &&
           is(fields[1], wanted.port) && is(fields[2], wanted.user);
}

Status check_is_private(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return Error::from_errno("cannot open " + path, errno);
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return Error{fmt::format("{} is open to others (mode {:04o}); chmod 600 {}", path,
                                 status.st_mode & 07777, path)};
    return Ok{};
}

}  // namespace

std::optional<std::string> find_password(std::string_view text, const PcpAddress& address,
                                         std::string_view user) {
    const Wanted whom = wanted(address, user);
    while (!text.empty()) {
        auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.starts_with('#')) continue;
        if (auto fields = fields_of(line); fits(fields, whom)) return std::move(fields[3]);
    }
    return {};
}

Result<std::string> read_password(const PgpoolConfig& pgpool) {
    const auto& path = pgpool.password_file;
    if (Status is_private = check_is_private(path); !is_private) return is_private.error();
    const auto text = read_file(path, file_bytes_max);
    if (!text) return text.error();
    if (auto password = find_password(text.value(), pgpool.pcp, pgpool.user)) return *password;
    return Error{fmt::format(
        "{} has no line for {} and user {}; write {}:PASSWORD", path, to_string(pgpool.pcp),
        pgpool.user, fmt::format("localhost:{}:{}", wanted(pgpool.pcp, "").port, pgpool.user))};
}

}  // namespace komainu
