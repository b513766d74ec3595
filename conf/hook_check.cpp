#include "conf/hook_check.h"

#include <algorithm>

#include "conf/names.h"
#include "conf/title.h"

namespace komainu {

namespace {

bool moves_vips(HookEvent event) {
    return event == HookEvent::active || event == HookEvent::standby;
}

// Only the VIPs' coming and going can be waited for, and only by who is told before.
void check_hook(const HookConfig& hook, const Lines& lines, Problems& problems) {
    const std::string title = title_of(hook);
    const Place on = lines.place(title, "on");
    const Place when = lines.place(title, "when");
    if (problems.has_error_at(on) || problems.has_error_at(when)) return;
    const auto still = std::ranges::find_if_not(hook.on, moves_vips);
    if (hook.when == HookWhen::before && still != hook.on.end())
        problems.error(when,
                       "before what? No VIP moves on {}; write when = after, or another hook for "
                       "that",
                       name_of(hook_events, *still));
    else if (hook.wait && hook.when == HookWhen::after)
        problems.error(lines.place(title, "wait"),
                       "the VIPs have moved already when this hook runs; write when = before, or "
                       "wait = no");
}

}  // namespace

void check_hooks(const Config& config, const Lines& lines, Problems& problems) {
    for (const HookConfig& hook : config.hooks) check_hook(hook, lines, problems);
}

}  // namespace komainu
