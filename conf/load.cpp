#include "conf/load.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/fd.h"
#include "conf/check.h"

namespace komainu {

namespace {

constexpr std::size_t file_bytes_max = 1 << 20;

Result<std::string> read_text(const std::string& path) {
    const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!fd) return Error::from_errno("cannot be opened", errno);
    std::string text;
    char block[4096];
    while (text.size() <= file_bytes_max) {
        const auto n = ::read(fd.get(), block, sizeof block);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return Error::from_errno("cannot be read", errno);
        if (n == 0) return text;
        text.append(block, static_cast<std::size_t>(n));
    }
    return Error{
        fmt::format("is longer than {} bytes; keep only the configuration in it", file_bytes_max)};
}

void load_keys(LoadedConfig& loaded, const Lines& lines, Purpose purpose) {
    auto keys = read_key_file(loaded.config.key_file);
    if (keys) {
        loaded.keys = std::move(*keys);
        return;
    }
    const bool only_forbidden = keys.error().code == EACCES && purpose == Purpose::inspect;
    loaded.problems.add(only_forbidden ? Severity::warning : Severity::error,
                        lines.place("cluster", "key_file"), keys.error().what);
}

bool may_hold_vips(const Config& config) {
    for (const auto& node : config.nodes)
        if (node.id == config.self) return !node.witness;
    return false;
}

}  // namespace

ReadConfig read_config_file(const std::string& path) {
    auto text = read_text(path);
    if (text) return read_config(*text);
    ReadConfig read;
    read.problems.error({0, "file"}, "{}; name the file with --config", text.error().what);
    return read;
}

LoadedConfig load_config(const std::string& path, const LoadOptions& options) {
    auto [config, lines, problems] = read_config_file(path);
    LoadedConfig loaded{std::move(config), {}, std::move(problems)};
    // Nothing more can be said about a file without any section.
    if (lines.of_section("cluster") == 0 && loaded.config.nodes.empty()) return loaded;
    check(loaded.config, lines, loaded.problems);
    const auto severity = options.purpose == Purpose::run ? Severity::error : Severity::warning;
    find_self(loaded.config, options.node_id, options.local, severity, lines, loaded.problems);
    if (may_hold_vips(loaded.config))
        check_vip_networks(loaded.config, options.local, lines, loaded.problems);
    load_keys(loaded, lines, options.purpose);
    return loaded;
}

std::string report(const std::string& path, const Problems& problems) {
    std::string text;
    for (const auto& problem : problems.list()) text += to_string(path, problem) + "\n";
    return text;
}

}  // namespace komainu
