#include "pgpool/control_messages.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/address.h"
#include "base/run_end.h"

namespace komainu {

namespace {

using nlohmann::json;

std::string line_of(const json& request) {
    return request.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string text_in(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

bool flag_in(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_boolean() && found->get<bool>();
}

/// The answer when it says that it is well.
Result<json> read_answer(std::string_view line) {
    json answer = json::parse(line, nullptr, false);
    if (!answer.is_object()) return Error{"komainud's answer is no JSON object"};
    if (flag_in(answer, "ok")) return answer;
    const std::string why = first_line(text_in(answer, "error"));
    return Error{why.empty() ? "komainud refuses, and does not say why" : why};
}

Status status_of(std::string_view line) {
    const auto answer = read_answer(line);
    if (!answer) return answer.error();
    return Ok{};
}

std::optional<WantedBackend> backend_in(const json& object) {
    if (!object.is_object()) return {};
    const auto id = object.find("id");
    const std::string state = text_in(object, "state");
    WantedBackend backend;
    backend.address = text_in(object, "address");
    if (id == object.end() || !id->is_number_integer() || !parse_endpoint(backend.address))
        return {};
    const auto number = id->get<std::int64_t>();
    if (number < 0 || number >= static_cast<std::int64_t>(pcp_nodes_max)) return {};
    backend.id = static_cast<int>(number);
    backend.quarantined = state == "quarantined";
    backend.up = state == "up" || backend.quarantined;
    if (!backend.up && state != "down") return {};
    backend.primary = text_in(object, "role") == "primary";
    return backend;
}

const char* name_of(PgpoolEvent event) {
    switch (event) {
        case PgpoolEvent::detach:
            return "detach";
        case PgpoolEvent::attach:
            return "attach";
        case PgpoolEvent::promote:
            return "promote";
    }
    return "";
}

}  // namespace

std::string ask_backends(std::string_view revision) {
    json request{{"command", "backends"}};
    if (!revision.empty()) request["after"] = revision;
    return line_of(request);
}

Result<BackendsAnswer> read_backends(std::string_view line) {
    const auto answer = read_answer(line);
    if (!answer) return answer.error();
    const auto list = answer.value().find("backends");
    const Error senseless{"komainud's list of backends makes no sense"};
    if (list == answer.value().end() || !list->is_array() || list->size() > pcp_nodes_max)
        return senseless;
    BackendsAnswer backends{text_in(answer.value(), "revision"),
                            {flag_in(answer.value(), "agreed"), {}}};
    for (const json& object : *list) {
        const auto backend = backend_in(object);
        if (!backend) return senseless;
        backends.backends.list.push_back(*backend);
    }
    return backends;
}

std::string submit_event(const Submission& submission, std::uint64_t key) {
    return line_of({{"command", "backend"},
                    {"event", name_of(submission.event)},
                    {"id", submission.backend},
                    {"key", fmt::format("{:016x}", key)},
                    {"origin", "pgpool"},
                    {"wait_ms", submission_wait_ms}});
}

Status read_submitted(std::string_view line) { return status_of(line); }

std::string tell_verdict(bool in_line, const std::string& why, const std::string& caution) {
    json request{{"command", "pgpool"}, {"in_line", in_line}};
    if (!in_line) request["why"] = why;
    if (!caution.empty()) request["caution"] = caution;
    return line_of(request);
}

Status read_told(std::string_view line) { return status_of(line); }

}  // namespace komainu
