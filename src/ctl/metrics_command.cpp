#include "ctl/metrics_command.h"

#include <fmt/format.h>

#include "base/address.h"
#include "ctl/daemon_commands.h"
#include "ctl/metrics_text.h"
#include "ctl/output.h"
#include "io/clock.h"
#include "io/http_server.h"

namespace komainu {

namespace {

using nlohmann::json;

/// Well below the 10 s after which Prometheus gives up.
constexpr Duration patience = 3s;

Answer ask_metrics(const std::string& socket) {
    auto answer = ask(socket, {{"command", "metrics"}}, patience);
    if (answer.status != ExitStatus::done) return answer;
    const auto metrics = answer.body.find("metrics");
    if (metrics == answer.body.end() || !metrics->is_object())
        return {ExitStatus::failed, "the daemon's answer has no metrics", {}};
    return {ExitStatus::done, "", std::move(*metrics)};
}

/// That there is no daemon is a metric as well; why not is said when it begins, and when it ends.
class Scraper {
public:
    explicit Scraper(std::string socket) : socket_(std::move(socket)) {}

    std::string operator()() {
        if (boot_now() < silent_until_) return metrics_text(json());
        const auto answer = ask_metrics(socket_);
        if (answer.why != told_)
            fmt::print(stderr, "komainuctl: {}\n",
                       answer.why.empty() ? "komainud answers again" : answer.why);
        told_ = answer.why;
        if (answer.status == ExitStatus::done) return metrics_text(answer.body);
        silent_until_ = boot_now() + silence;
        return metrics_text(json());
    }

private:
    /// Who has asked while the daemon was waited for in vain shall not wait as long once more.
    static constexpr Duration silence = 1s;

    std::string socket_;
    std::string told_;
    Instant silent_until_;
};

ExitStatus serve(const std::string& socket, const std::string& where) {
    const auto endpoint = parse_endpoint(where);
    if (!endpoint)
        return complain(ExitStatus::usage,
                        fmt::format("{} is no address with a port; write one such as "
                                    "127.0.0.1:9695 or [::1]:9695",
                                    where));
    auto listener = listen_at(*endpoint);
    if (!listener) return complain(ExitStatus::failed, listener.error().what);
    auto loop = Loop::create();
    if (!loop) return complain(ExitStatus::failed, loop.error().what);
    const HttpServer server(**loop, std::move(*listener),
                            {"/metrics", metrics_content_type, Scraper(socket)});
    (*loop)->run();
    return ExitStatus::done;
}

}  // namespace

ExitStatus run_metrics(const Invocation& invocation) {
    const auto socket = find_socket(invocation);
    if (!socket) return ExitStatus::usage;
    if (invocation.listen) return serve(*socket, *invocation.listen);
    const auto answer = ask_metrics(*socket);
    if (answer.status != ExitStatus::done) return complain(answer.status, answer.why);
    return print(metrics_text(answer.body));
}

}  // namespace komainu
