#include "guard/guard.h"

#include <fmt/format.h>
#include <sys/prctl.h>

#include <csignal>

#include "guard/claim_sockets.h"
#include "guard/keeper.h"
#include "io/log.h"
#include "io/message_channel.h"
#include "io/privileges.h"
#include "io/realtime.h"
#include "io/system_call_filter.h"

namespace komainu {

namespace {

// Main decides when to end, also when the terminal sends its Ctrl-C to both; its end shows as
// end-of-file. Nothing that main had blocked stays blocked.
void ignore_signals() {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) std::signal(signal, SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
}

Result<GuardTools> open_tools(const Config& config, const Inventory& inventory, Fd from_runner,
                              std::optional<FencePrograms> fence) {
    auto loop = Loop::create();
    if (!loop) return loop.error();
    auto timer = BootTimer::create();
    if (!timer) return timer.error();
    auto addresses = AddressSocket::open();
    if (!addresses) return addresses.error();
    auto monitor = Monitor::open();
    if (!monitor) return monitor.error();
    auto frames = FrameSocket::open();
    if (!frames) return frames.error();
    auto claims = open_claim_sockets(config);
    if (!claims) return claims.error();
    auto will = LastWill::open(config, inventory);
    if (!will) return will.error();
    auto filters = FilterSocket::open();
    if (!filters) return filters.error();
    auto routes = RouteSocket::open();
    if (!routes) return routes.error();
    return GuardTools{std::move(*loop),      std::move(*timer),
                      std::move(*addresses), std::move(*monitor),
                      std::move(*frames),    std::move(*claims),
                      std::move(*will),      ConfigInbox(std::move(from_runner)),
                      std::move(*filters),   std::move(*routes),
                      std::move(fence)};
}

Result<GuardTools> check_and_open(const Config& config, Fd from_runner,
                                  std::optional<FencePrograms> fence) {
    if (Status capable = require_capabilities(); !capable) return capable.error();
    const auto inventory = take_inventory();
    if (!inventory) return inventory.error();
    if (Status exist = check_interfaces_exist(config, inventory.value()); !exist)
        return exist.error();
    return open_tools(config, inventory.value(), std::move(from_runner), std::move(fence));
}

int start_failed(int to_main, const Error& error) {
    send_over(to_main, GuardReport{StartFailedReport{error.what}});
    return 1;
}

}  // namespace

int run_guard(const Config& config, Fd to_main, Fd from_runner, GuardPages pages,
              std::optional<FencePrograms> fence) {
    ::prctl(PR_SET_NAME, "komainu-guard");
    set_log_name("komainu-guard", number(config.self));
    ignore_signals();

    const int main_fd = to_main.get();
    auto tools = check_and_open(config, std::move(from_runner), std::move(fence));
    if (!tools) return start_failed(main_fd, tools.error());
    if (config.daemon.realtime) {
        run_in_real_time(Urgency::releasing);
        lock_memory();  // main says when it is not permitted
    }
    const auto dropped = keep_only_network_capabilities();
    if (!dropped) return start_failed(main_fd, dropped.error());
    if (Status filtered = filter_system_calls(FilteredProcess::guard); !filtered)
        return start_failed(main_fd, filtered.error());

    Keeper keeper(config, pages.lease, pages.announcements, std::move(to_main), std::move(*tools));
    if (Status swept = keeper.sweep(); !swept) return start_failed(main_fd, swept.error());
    keeper.run();
    return 0;
}

}  // namespace komainu
