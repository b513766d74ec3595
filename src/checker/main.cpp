// komainu-check: asks one service once whether it is well, over HTTP or by an SQL query. komainud
// runs it as a process of its own, since what it does may block for as long as it likes.
//
//   komainu-check http|query
//
// The settings come by environment variables (conf/check_environment.h). Prints one line that says
// what was found. Exit status: 0 well, 1 ill, 2 the settings are wrong.
#include <signal.h>

#include <cstdio>
#include <cstdlib>

#include "checker/http_check.h"
#include "checker/query_check.h"
#include "conf/check_environment.h"

using namespace komainu;

namespace {

Outcome check(int count, char** words) {
    if (count != 2) return {Finding::bad_settings, "usage: komainu-check http|query"};
    const auto service = read_check_environment(words[1], getenv);
    if (!service) return {Finding::bad_settings, service.error().what};
    return service.value().check == CheckKind::http ? check_http(service.value())
                                                    : check_query(service.value());
}

}  // namespace

#ifdef __SANITIZE_ADDRESS__
// To look for leaks takes ptrace(2), which no program that the runner starts is permitted.
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }
#endif

int main(int argc, char** argv) {
    signal(SIGPIPE, SIG_IGN);  // a server that hangs up is an error like others
    const Outcome outcome = check(argc, argv);
    std::puts(outcome.why.c_str());
    return static_cast<int>(outcome.finding);
}
