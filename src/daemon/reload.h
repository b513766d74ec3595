// Reading the configuration anew while the daemon runs. The runner does it, where it may take its
// time; here the answer is awaited, and made into a configuration that can be taken over. Should
// the guard have a say in it, it is asked next, and has taken it over itself when it consents.
// Until then nothing has changed, and of one that is refused nothing ever does.
//
// A guard that does not answer in time may still do so, and have changed by then: what main goes by
// is what the guard has, so main follows whenever the answer comes, and reads nothing anew before.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conf/config.h"
#include "conf/text_digest.h"
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
    TextDigest text{};                 ///< that the guard was handed as well
    bool guard_has_it = false;
};

enum class GuardAsked : std::uint8_t { yes, not_needed, cannot_be };

class Reload {
public:
    struct Handlers {
        std::function<GuardAsked(const NewConfig&)> ask_guard;
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
    /// Empty when it may begin.
    std::string_view under_way() const;
    /// Whether the guard may still take over what it was asked to.
    bool guard_is_asked() const { return asked_.has_value(); }

    /// The guard's answer; why not, in a sentence, or empty.
    void guard_answered(std::uint64_t id, const std::string& why_not);

private:
    void on_answer(const ConfigReport& report, Descriptors& files);
    void accept(const Descriptors& files);
    void ask_guard(NewConfig wanted);
    void give_up();

    RunnerLink& runner_;
    const Config& running_;
    Handlers handlers_;
    std::optional<RunId> run_;        ///< while it is read
    std::optional<NewConfig> asked_;  ///< while the guard is asked
    Loop& loop_;
    Loop::Timer limit_;
};

}  // namespace komainu
