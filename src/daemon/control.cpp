// What a client of the control socket may ask: one JSON object a line, {"command": …}.
#include <nlohmann/json.hpp>

#include "daemon/daemon.h"
#include "daemon/words.h"
#include "io/log.h"

namespace komainu {

namespace {

using nlohmann::json;

std::string refusal(std::string_view why) {
    return json{{"ok", false}, {"error", why}}.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// The node that a switchover names; no_node when it names none; nothing when it is no node id.
std::optional<NodeId> target_of(const json& request) {
    const auto node = request.find("node");
    if (node == request.end() || node->is_null()) return no_node;
    if (!node->is_number_integer()) return {};
    const auto id = node->get<std::int64_t>();
    if (id < 1 || id > nodes_max) return {};
    return NodeId{static_cast<std::uint8_t>(id)};
}

}  // namespace

void Daemon::on_request(ClientId client, std::string_view line) {
    const json request = json::parse(line, nullptr, false);
    const auto command = request.is_object() ? request.find("command") : request.end();
    if (!request.is_object() || command == request.end() || !command->is_string())
        return control_.reply(client, refusal("not a request: a line of JSON with a \"command\""));
    const auto& name = command->get_ref<const std::string&>();
    if (name == "status") {
        const json status = status_json(
            {config_, node_, fitness_, fence_, story_, refusals_, link_.counters(), loop_.now()});
        return control_.reply(client, json{{"ok", true}, {"status", status}}.dump());
    }
    if (name == "switchover") {
        const auto target = target_of(request);
        if (!target) return control_.reply(client, refusal("\"node\" is not a node id, 1 to 64"));
        return start_switchover(client, *target);
    }
    control_.reply(client, refusal("unknown command " + name));
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
        return control_.reply(client, refusal(sentence(answer.outcome, target)));
    const double elapsed_ms = static_cast<double>((loop_.now() - since) / 1us) / 1000.0;
    control_.reply(
        client,
        json{{"ok", true}, {"active", number(answer.active)}, {"elapsed_ms", elapsed_ms}}.dump());
}

}  // namespace komainu
