// komainu-pgpool: keeps the pgpool-II beside a komainud in line with what the cluster has agreed on
// about the backends. komainud starts it, and starts it again when it ends.
//
// The settings come by environment variables (conf/pgpool_environment.h). Runs until SIGTERM; exit
// status 2: the settings are wrong. The log goes to stderr.
#include <fmt/format.h>
#include <signal.h>
#include <sys/random.h>

#include <cerrno>
#include <cstdlib>

#include "io/log.h"
#include "io/signals.h"
#include "pgpool/link.h"

using namespace komainu;

namespace {

int fail(int status, const Error& error) {
    log_error("{}", error.what);
    return status;
}

Result<std::uint64_t> random_key() {
    std::uint64_t key = 0;
    if (getrandom(&key, sizeof key, 0) != sizeof key)
        return Error::from_errno("no random numbers", errno);
    return key;
}

int run() {
    set_log_name("komainu-pgpool");
    const auto settings = read_pgpool_environment(getenv);
    if (!settings) return fail(2, settings.error());
    set_log_name("komainu-pgpool", settings.value().node);
    auto signals = Signals::open();
    if (!signals) return fail(1, signals.error());
    const auto key = random_key();
    if (!key) return fail(1, key.error());
    auto loop = Loop::create();
    if (!loop) return fail(1, loop.error());
    const auto watch = (*loop)->watch(signals->fd(), EPOLLIN, [&](std::uint32_t) {
        while (const auto signal = signals->next())
            if (*signal == SIGTERM || *signal == SIGINT) (*loop)->stop();
    });
    const PgpoolLink link(**loop, settings.value(), key.value());
    (*loop)->run();
    return 0;
}

}  // namespace

#ifdef __SANITIZE_ADDRESS__
// To look for leaks takes ptrace(2), which no program that the runner starts is permitted.
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }
#endif

int main() { return run(); }
