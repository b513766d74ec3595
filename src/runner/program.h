// What the runner may run: exactly what the configuration names.
//
// A new kind of check that runs a program is a case in program_of(): argv is seen by every user of
// the host, so what is secret goes into the environment.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "conf/config.h"
#include "runner/identity.h"
#include "runner/orders.h"

namespace komainu {

struct Program {
    std::string title;  ///< "service.pgpool", "hook.up"
    Argv argv;
    std::vector<std::string> environment;  ///< "NAME=value", all of it
    std::optional<Identity> user;
    Duration timeout{};
};

struct Programs {
    std::vector<std::optional<Program>> checks;  ///< by service; nothing where none is run
    std::vector<Program> hooks;                  ///< by hook

    bool have_users() const;
    bool run_root() const;
};

/// Whether there is anything to run.
bool needs_runner(const Config& config);

/// With every user looked up, or what is wrong.
Result<Programs> programs_of(const Config& config);

/// The hook's program, told of the facts.
Program told(Program hook, const HookFacts& facts);

}  // namespace komainu
