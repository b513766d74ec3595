#include "ctl/file_commands.h"

#include <fmt/core.h>

#include <cstdio>

#include "conf/load.h"
#include "conf/pgpool_import.h"
#include "conf/summary.h"
#include "ctl/output.h"
#include "io/local_addresses.h"

namespace komainu {

std::string node_id_beside(const std::string& pgpool_conf) {
    const auto directory = pgpool_conf.substr(0, pgpool_conf.rfind('/') + 1);
    auto text = read_config_text(directory + "pgpool_node_id");
    return text ? std::move(*text) : std::string();
}

ExitStatus run_check_config(const Invocation& invocation) {
    const auto& file = invocation.arguments.front();
    auto local = local_addresses();
    if (!local) return complain(ExitStatus::failed, local.error().what);
    const auto loaded = load_config(file, {Purpose::inspect, {}, std::move(*local)});
    fmt::print(stderr, "{}", report(file, loaded.problems));
    if (loaded.problems.has_errors()) return ExitStatus::usage;
    return print(describe(loaded.config));
}

ExitStatus run_import_pgpool(const Invocation& invocation) {
    const auto& file = invocation.arguments.front();
    const auto text = read_config_text(file);
    if (!text) return complain(ExitStatus::usage, fmt::format("{} {}", file, text.error().what));
    const auto import = import_pgpool(text.value(), node_id_beside(file));
    fmt::print(stderr, "{}", report(file, import.problems));
    if (import.problems.has_errors()) return ExitStatus::usage;
    const auto printed = print(import.text);
    if (printed != ExitStatus::done) return printed;
    fmt::print(stderr, "{}", report("komainu.conf", import.text_problems));
    if (import.changes != 0)
        return complain(
            ExitStatus::failed,
            fmt::format("{} line{} CHANGE, and need{} a hand", import.changes,
                        import.changes == 1 ? " says" : "s say", import.changes == 1 ? "s" : ""));
    if (import.text_problems.has_errors())
        return complain(ExitStatus::failed, "what was printed needs a hand, as told above");
    return ExitStatus::done;
}

ExitStatus run_keygen(const Invocation&) {
    const auto key = make_key_text();
    if (!key) return complain(ExitStatus::failed, key.error().what);
    return print(key.value() + "\n");
}

ExitStatus run_version(const Invocation&) { return print("komainuctl " KOMAINU_VERSION "\n"); }

}  // namespace komainu
