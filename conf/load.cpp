#include "conf/load.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/fd.h"
#include "conf/check.h"

namespace komainu {

namespace {

constexpr std::size_t file_bytes_max = 1 << 20;

ReadConfig read_or_say_why(const Result<std::string>& text) {
    if (text) return read_config(text.value());
    ReadConfig read;
    const char* const advice =
        text.error().code == ENOENT
            ? "write one, after the example komainu.conf.sample, or name another with --config"
        : text.error().code == EACCES ? "ask as root, or name another with --config"
                                      : "name the file with --config";
    read.problems.error({0, "file"}, "{}; {}", text.error().what, advice);
    return read;
}

void load_keys(LoadedConfig& loaded, Purpose purpose) {
    auto keys = read_key_file(loaded.config.key_file);
    if (keys) {
        loaded.keys = std::move(*keys);
        return;
    }
    const bool only_forbidden = keys.error().code == EACCES && purpose == Purpose::inspect;
    loaded.problems.add(only_forbidden ? Severity::warning : Severity::error,
                        loaded.lines.place("cluster", "key_file"), keys.error().what);
}

bool may_hold_vips(const Config& config) {
    for (const auto& node : config.nodes)
        if (node.id == config.self) return !node.witness;
    return false;
}

}  // namespace

Result<std::string> read_config_text(const std::string& path) {
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

ReadConfig read_config_file(const std::string& path) {
    return read_or_say_why(read_config_text(path));
}

LoadedConfig load_config(const std::string& path, const LoadOptions& options) {
    auto text = read_config_text(path);
    auto [config, lines, problems] = read_or_say_why(text);
    LoadedConfig loaded{text ? std::move(*text) : std::string(),
                        text ? 0 : text.error().code,
                        std::move(config),
                        std::move(lines),
                        {},
                        std::move(problems)};
    // Nothing more can be said about a file without any section.
    if (loaded.lines.of_section("cluster") == 0 && loaded.config.nodes.empty()) return loaded;
    if (loaded.config.self == no_node) loaded.config.self = options.otherwise;
    check(loaded.config, loaded.lines, loaded.problems);
    const auto severity = options.purpose == Purpose::run ? Severity::error : Severity::warning;
    find_self(loaded.config, options.node_id, options.local, severity, loaded.lines,
              loaded.problems);
    if (may_hold_vips(loaded.config))
        check_vip_networks(loaded.config, options.local, loaded.lines, loaded.problems);
    load_keys(loaded, options.purpose);
    return loaded;
}

std::string report(const std::string& path, const Problems& problems) {
    std::string text;
    for (const auto& problem : problems.list()) text += to_string(path, problem) + "\n";
    return text;
}

}  // namespace komainu
