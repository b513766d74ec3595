#include "daemon/hooks.h"

#include <memory>

#include "conf/names.h"
#include "conf/title.h"
#include "io/log.h"

namespace komainu {

namespace {

HookFacts without_odd_letters(HookFacts facts) {
    facts.reason = first_line(facts.reason);
    return facts;
}

}  // namespace

std::optional<Duration> Hooks::tell(HookWhen when, const HookFacts& facts,
                                    std::function<void()> ended) {
    std::optional<Duration> limit;
    const auto awaited = std::make_shared<int>(0);
    const auto one_ended = [this](const RunEnd& end) { runs_.add(end); };
    const auto awaited_one_ended = [this, awaited, ended](const RunEnd& end) {
        runs_.add(end);
        if (--*awaited == 0) ended();
    };
    for (std::size_t i = 0; i < config_.hooks.size(); ++i) {
        const HookConfig& hook = config_.hooks[i];
        if (!hook.is_for(facts.event, when)) continue;
        const bool waits = hook.wait && ended;
        const auto run =
            runner_.tell(i, without_odd_letters(facts),
                         waits ? Commands::Ended(awaited_one_ended) : Commands::Ended(one_ended));
        if (!run) {
            runs_.add_not_started();
            log_event(LogEvent::hook_missed,
                      {.cause = name_of(hook_events, facts.event), .hook = title_of(hook)},
                      "{}: missed on {}: {}", title_of(hook), name_of(hook_events, facts.event),
                      runner_.trouble());
        } else if (waits) {
            ++*awaited;
            limit = limit.value_or(Duration{}) + hook.timeout;
        }
    }
    return limit;
}

}  // namespace komainu
