// Reading the configuration anew while the daemon runs. The runner does it, where it may take its
// time; here the answer is awaited, and made into a configuration that can be taken over. Until
// then nothing has changed, and of one that is refused nothing ever does.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conf/config.h"
#include "daemon/runner_link.h"
#include "io/loop.h"
#include "packet/seal.h"

namespace komainu {

/// Accepted, and not yet taken over.
struct NewConfig {
    RunId run;
    Config config;
    std::unique_ptr<const KeyRing> keys;
    std::vector<std::string> changes;  ///< see plan_reload()
};

class Reload {
public:
    struct Handlers {
        std::function<void(NewConfig)> accepted;
        /// Why not, in a sentence, and a line for each problem of the file.
        std::function<void(const std::string& why, const std::vector<std::string>& problems)>
            refused;
    };

    /// The running configuration is looked at when an answer comes.
    Reload(Loop& loop, RunnerLink& runner, const Config& running, Handlers handlers);

    /// Exactly one of the handlers is called, perhaps before this returns. Not while one is under
    /// way.
    void begin();
    bool under_way() const { return run_.has_value(); }

private:
    void on_answer(const ConfigReport& report, Descriptors& files);
    void accept(const Descriptors& files);
    void give_up();

    RunnerLink& runner_;
    const Config& running_;
    Handlers handlers_;
    std::optional<RunId> run_;
    Loop& loop_;
    Loop::Timer limit_;
};

}  // namespace komainu
