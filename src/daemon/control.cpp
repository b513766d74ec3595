// What is done about a request on the control socket.
#include <nlohmann/json.hpp>

#include "base/overload.h"
#include "daemon/control_request.h"
#include "daemon/daemon.h"
#include "daemon/words.h"
#include "io/log.h"

namespace komainu {

using nlohmann::json;

void Daemon::on_request(ClientId client, std::string_view line) {
    const auto request = read_control_request(line);
    if (!request) return control_.reply(client, refusal_line(request.error().what));
    std::visit(Overload{
                   [&](const AskStatus&) { answer_status(client); },
                   [&](const AskSwitchover& asked) { start_switchover(client, asked.target); },
               },
               request.value());
}

void Daemon::answer_status(ClientId client) {
    const json status =
        status_json({config_, node_, fitness_, fence_, story_, refusals_, rivals_, link_.counters(),
                     loop_.now(), trusted_ ? trusted_->view() : std::vector<TrustedServers::View>{},
                     services_.view(), runner_.trouble()});
    control_.reply(client, answer_line({{"ok", true}, {"status", status}}));
}

void Daemon::start_switchover(ClientId client, NodeId target) {
    const std::uint64_t request = ++requests_;
    switchovers_[request] = {client, target, loop_.now()};
    step(SwitchoverAsked{RequestId{request}, target});
}

void Daemon::answer_switchover(const AnswerSwitchover& answer) {
    const auto waiting = switchovers_.extract(static_cast<std::uint64_t>(answer.request));
    if (waiting.empty()) return;
    const auto& [client, target, since] = waiting.mapped();
    if (answer.outcome != SwitchoverOutcome::done)
        return control_.reply(client, refusal_line(sentence(answer.outcome, target)));
    const double elapsed_ms = static_cast<double>((loop_.now() - since) / 1us) / 1000.0;
    control_.reply(
        client,
        answer_line({{"ok", true}, {"active", number(answer.active)}, {"elapsed_ms", elapsed_ms}}));
}

}  // namespace komainu
