#include "runner/config_reader.h"

#include <unistd.h>

#include <cerrno>

#include "conf/reader.h"
#include "conf/reload.h"
#include "io/local_addresses.h"
#include "io/memory_file.h"
#include "runner/deadtime_record.h"

namespace komainu {

namespace {

bool write_all(int fd, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const auto n = ::write(fd, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    return true;
}

bool write_all(int fd, std::string_view text) {
    return write_all(fd, std::as_bytes(std::span(text)));
}

/// What is promised from now on must bind the next run, so that is on the disk first. A shorter one
/// leaves the record as it is: earlier promises last for as long as they were given.
Status remember(const Config& running, const Config& wanted) {
    const Duration deadtime = wanted.heartbeat.deadtime;
    if (deadtime <= running.heartbeat.deadtime) return Ok{};
    if (deadtime <= recorded_deadtime(wanted.control.state_dir)) return Ok{};
    return record_deadtime(wanted.control.state_dir, deadtime);
}

bool refuse(const std::string& why, const ConfigFiles& into) {
    write_all(into.text.get(), why);
    return false;
}

}  // namespace

Result<ConfigFiles> make_config_files() {
    auto text = make_memory_file();
    auto keys = make_memory_file();
    auto warnings = make_memory_file();
    if (!text) return text.error();
    if (!keys) return keys.error();
    if (!warnings) return warnings.error();
    return ConfigFiles{std::move(*text), std::move(*keys), std::move(*warnings)};
}

bool read_config_anew(const ConfigSource& source, const Config& running, const Users& users,
                      const ConfigFiles& into) {
    auto local = local_addresses();
    if (!local) return refuse(local.error().what, into);
    LoadedConfig loaded = load_config(source.path, {.purpose = Purpose::run,
                                                    .node_id = source.node_id,
                                                    .local = std::move(*local),
                                                    .otherwise = running.self});
    if (!loaded.problems.has_errors())
        plan_reload(running, loaded.config, loaded.lines, loaded.problems);
    if (loaded.problems.has_errors()) return refuse(report(source.path, loaded.problems), into);
    if (const auto programs = programs_of(loaded.config, users); !programs)
        return refuse(source.path + ": " + programs.error().what, into);
    if (const Status remembered = remember(running, loaded.config); !remembered)
        return refuse(remembered.error().what + ", where the longer deadtime must be remembered",
                      into);
    return write_all(into.warnings.get(), report(source.path, loaded.problems)) &&
           write_all(into.text.get(), loaded.text) &&
           write_all(into.keys.get(), std::as_bytes(loaded.keys.keys()));
}

Result<TakenConfig> take_config(const ConfigFiles& files, NodeId self, const Users& users) {
    const auto text = read_memory_file(files.text.get());
    if (!text) return text.error();
    TakenConfig taken{read_config(text.value()).config, {}};
    taken.config.self = self;
    auto programs = programs_of(taken.config, users);
    if (!programs) return programs.error();
    taken.programs = std::move(*programs);
    return taken;
}

}  // namespace komainu
