#include "daemon/control_request.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <charconv>
#include <optional>

#include "daemon/words.h"

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

Result<BackendEventKind> read_kind(const json& request) {
    const auto event = request.find("event");
    if (event != request.end() && event->is_string())
        for (std::size_t i = 0; i < backend_event_kinds; ++i) {
            const BackendEventKind kind{static_cast<std::uint8_t>(i)};
            if (kind != BackendEventKind::command_ended && *event == word(kind)) return kind;
        }
    return Error{"\"event\" is none of detach, attach, promote, recovery-start and recovery-end"};
}

/// An integer between these, or what stands in its place when it is missing.
Result<std::int64_t> read_integer(const json& request, const char* name, std::int64_t least,
                                  std::int64_t most, std::optional<std::int64_t> otherwise) {
    const auto found = request.find(name);
    if (found == request.end() && otherwise) return *otherwise;
    const bool fits = found != request.end() && found->is_number_integer() &&
                      found->get<std::int64_t>() >= least && found->get<std::int64_t>() <= most;
    if (!fits) return Error{fmt::format("\"{}\" is no number from {} to {}", name, least, most)};
    return found->get<std::int64_t>();
}

Result<std::uint64_t> read_key(const json& request) {
    const auto key = request.find("key");
    if (key == request.end()) return std::uint64_t{0};
    constexpr std::size_t digits_max = 16;
    std::uint64_t value = 0;
    if (key->is_string()) {
        const auto& text = key->get_ref<const std::string&>();
        const auto [end, error] =
            std::from_chars(text.data(), text.data() + text.size(), value, 16);
        const bool is_whole = error == std::errc{} && end == text.data() + text.size();
        if (is_whole && text.size() <= digits_max && value != 0) return value;
    }
    return Error{"\"key\" is not 1 to 16 hexadecimal digits, one of which is not 0"};
}

Result<ControlRequest> read_backend(const json& request) {
    constexpr std::int64_t wait_ms_default = 2000, wait_ms_max = 3'600'000;
    const auto kind = read_kind(request);
    if (!kind) return kind.error();
    const auto id = read_integer(request, "id", 0, backends_max - 1, {});
    if (!id) return id.error();
    const auto key = read_key(request);
    if (!key) return key.error();
    const auto wait = read_integer(request, "wait_ms", 0, wait_ms_max, wait_ms_default);
    if (!wait) return wait.error();
    const auto origin = request.find("origin");
    if (origin != request.end() && *origin != "operator" && *origin != "pgpool")
        return Error{"\"origin\" is neither \"operator\" nor \"pgpool\""};
    const bool by_pgpool = origin != request.end() && *origin == "pgpool";
    return ControlRequest{
        AskBackend{kind.value(), static_cast<int>(id.value()), key.value(),
                   by_pgpool ? BackendEventOrigin::pgpool : BackendEventOrigin::operator_,
                   std::chrono::milliseconds{wait.value()}}};
}

Result<std::string> read_text(const json& request, const char* name) {
    constexpr std::size_t bytes_max = 2000;
    const auto found = request.find(name);
    if (found == request.end()) return std::string();
    if (!found->is_string()) return Error{fmt::format("\"{}\" is no text", name)};
    auto text = found->get<std::string>();
    if (text.size() > bytes_max)
        return Error{fmt::format("\"{}\" is longer than {} bytes", name, bytes_max)};
    return text;
}

Result<ControlRequest> read_backends(const json& request) {
    auto after = read_text(request, "after");
    if (!after) return after.error();
    return ControlRequest{AskBackends{std::move(*after)}};
}

Result<ControlRequest> read_pgpool(const json& request) {
    const auto in_line = request.find("in_line");
    if (in_line == request.end() || !in_line->is_boolean())
        return Error{"\"in_line\" is neither true nor false"};
    auto why = read_text(request, "why");
    if (!why) return why.error();
    auto caution = read_text(request, "caution");
    if (!caution) return caution.error();
    if (why->empty()) *why = "no reason was given";
    return ControlRequest{
        AskPgpool{in_line->get<bool>() ? "" : std::move(*why), std::move(*caution)}};
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
    if (name == "metrics") return ControlRequest{AskMetrics{}};
    if (name == "switchover") return read_switchover(request);
    if (name == "pause" || name == "resume") return read_pause(request, name == "pause");
    if (name == "standby" || name == "unstandby")
        return ControlRequest{AskStandby{name == "standby"}};
    if (name == "report") return read_report(request);
    if (name == "backend") return read_backend(request);
    if (name == "backends") return read_backends(request);
    if (name == "backend-history") return ControlRequest{AskBackendHistory{}};
    if (name == "pgpool") return read_pgpool(request);
    if (name == "reload") return ControlRequest{AskReload{}};
    return Error{"unknown command " + name};
}

bool only_looks(const ControlRequest& request) {
    return std::holds_alternative<AskStatus>(request) ||
           std::holds_alternative<AskMetrics>(request) ||
           std::holds_alternative<AskBackends>(request) ||
           std::holds_alternative<AskBackendHistory>(request);
}

std::string answer_line(const json& answer) {
    return answer.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string refusal_line(std::string_view why) {
    return answer_line({{"ok", false}, {"error", why}});
}

}  // namespace komainu
