// What the runner may run: exactly what the configuration names.
//
// A new kind of check that runs a program is a case in program_of(): argv is seen by every user of
// the host, so what is secret goes into the environment.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "conf/config.h"
#include "runner/identity.h"
#include "runner/orders.h"

namespace komainu {

/// For a program that runs as long as the runner does.
inline constexpr Duration no_time_limit = 100 * 365 * 24h;

struct Program {
    std::string title;  ///< "service.pgpool", "hook.up"
    Argv argv;
    std::vector<std::string> environment;  ///< "NAME=value", all of it
    std::optional<Identity> user;
    Duration timeout{};
    bool logs = false;  ///< what it prints on stderr is a log, and goes where the runner's goes
};

/// By service; nothing where none is run.
using CheckPrograms = std::vector<std::optional<Program>>;

struct Programs {
    /// By whose services they ask: no_node for this node's own, others as in conf/outside.h.
    std::map<NodeId, CheckPrograms> checks;
    std::vector<Program> hooks;  ///< by hook
    struct VipPrograms {
        Program up;
        Program down;
    };
    std::vector<VipPrograms> vips;  ///< by VIP that commands move
    /// By ClusterCommand; nothing where there is none. Its words still have their placeholders.
    std::array<std::optional<Program>, 3> commands;
    std::optional<Program> pgpool;  ///< runs always

    bool run_root() const;
};

/// By their names.
using Users = std::map<std::string, Identity>;

/// All whom a service or a hook names. Asks the user database, so it may block.
Result<Users> find_users(const Config& config);

/// Nobody can be run as a user who is not among these.
Result<Programs> programs_of(const Config& config, const Users& users);

/// The hook's program, told of the facts.
Program told(Program hook, const HookFacts& facts);

/// The cluster's command, for this change.
Program told(Program command, const BackendChange& change, const Config& config);

}  // namespace komainu
