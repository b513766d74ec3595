#include "daemon/control_request.h"

#include <nlohmann/json.hpp>

namespace komainu {

namespace {

using nlohmann::json;

Result<NodeId> read_node(const json& request) {
    const auto node = request.find("node");
    const bool is_number = node != request.end() && node->is_number_integer();
    const auto id = is_number ? node->get<std::int64_t>() : 0;
    if (id < 1 || id > nodes_max) return Error{"\"node\" is not a node id, 1 to 64"};
    return NodeId{static_cast<std::uint8_t>(id)};
}

Result<ControlRequest> read_switchover(const json& request) {
    const auto node = request.find("node");
    if (node == request.end() || node->is_null()) return ControlRequest{AskSwitchover{}};
    const auto target = read_node(request);
    if (!target) return target.error();
    return ControlRequest{AskSwitchover{target.value()}};
}

Result<ControlRequest> read_report(const json& request) {
    const auto node = read_node(request);
    if (!node) return node.error();
    const auto alive = request.find("alive");
    if (alive == request.end() || !alive->is_boolean())
        return Error{"\"alive\" is neither true nor false"};
    return ControlRequest{AskReport{node.value(), alive->get<bool>()}};
}

Result<ControlRequest> read_pause(const json& request, bool paused) {
    const auto scope = request.find("scope");
    if (scope == request.end() || *scope == "cluster")
        return ControlRequest{AskPause{PauseScope::cluster, paused}};
    if (*scope == "node") return ControlRequest{AskPause{PauseScope::node, paused}};
    return Error{"\"scope\" is neither \"cluster\" nor \"node\""};
}

}  // namespace

Result<ControlRequest> read_control_request(std::string_view line) {
    const json request = json::parse(line, nullptr, false);
    const auto command = request.is_object() ? request.find("command") : request.end();
    if (!request.is_object() || command == request.end() || !command->is_string())
        return Error{"not a request: a line of JSON with a \"command\""};
    const auto& name = command->get_ref<const std::string&>();
    if (name == "status") return ControlRequest{AskStatus{}};
    if (name == "switchover") return read_switchover(request);
    if (name == "pause" || name == "resume") return read_pause(request, name == "pause");
    if (name == "standby" || name == "unstandby")
        return ControlRequest{AskStandby{name == "standby"}};
    if (name == "report") return read_report(request);
    if (name == "reload") return ControlRequest{AskReload{}};
    return Error{"unknown command " + name};
}

std::string answer_line(const json& answer) {
    return answer.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string refusal_line(std::string_view why) {
    return answer_line({{"ok", false}, {"error", why}});
}

}  // namespace komainu
