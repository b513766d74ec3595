#include "ctl/backend_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/ids.h"
#include "ctl/cluster_view.h"
#include "ctl/daemon_commands.h"
#include "ctl/output.h"
#include "ctl/status_text.h"

namespace komainu {

namespace {

using nlohmann::json;

constexpr Duration patience = 5s;
constexpr int wait_seconds_max = 3600;

constexpr std::array<std::string_view, 5> events{"detach", "attach", "promote", "recovery-start",
                                                 "recovery-end"};

std::string text_of(const json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end() || found->is_null()) return "";
    return found->is_string() ? printable(found->get<std::string>()) : found->dump();
}

ExitStatus show(const Invocation& invocation, const char* command, const char* key,
                std::string (*text)(const json&, Colors)) {
    const auto answer = tell_daemon(invocation, {{"command", command}}, patience);
    if (answer.status != ExitStatus::done) return answer.status;
    if (!answer.body.value(key, json()).is_array())
        return complain(ExitStatus::failed, "the daemon's answer has no list");
    return print(invocation.json ? json_line(answer.body[key]) : text(answer.body, colors()));
}

ExitStatus submit(const Invocation& invocation, const std::string& event) {
    if (invocation.arguments.size() < 2)
        return complain(ExitStatus::usage,
                        fmt::format("backend {} needs the number of a backend", event));
    const auto id = read_number(invocation.arguments[1], 0, static_cast<int>(backends_max) - 1);
    if (!id)
        return complain(ExitStatus::usage, fmt::format("{} is not a backend; write its number, 0 "
                                                       "to {}",
                                                       invocation.arguments[1], backends_max - 1));
    json request{{"command", "backend"}, {"event", event}, {"id", *id}};
    Duration wait{};
    if (invocation.wait) {
        const auto seconds = read_number(*invocation.wait, 0, wait_seconds_max);
        if (!seconds)
            return complain(ExitStatus::usage, fmt::format("{} is no number of seconds from 0 to "
                                                           "{}",
                                                           *invocation.wait, wait_seconds_max));
        wait = std::chrono::seconds{*seconds};
        request["wait_ms"] = wait / 1ms;
    }
    if (invocation.key) request["key"] = *invocation.key;
    const auto answer = tell_daemon(invocation, request, wait + patience);
    if (answer.status != ExitStatus::done) return answer.status;
    if (invocation.json) return print(json_line(answer.body));
    if (answer.body.value("outcome", json()) == "already")
        return print("it is so already; nothing was changed\n");
    return print(fmt::format("done: event {}\n", text_of(answer.body, "index")));
}

}  // namespace

ExitStatus run_backend(const Invocation& invocation) {
    const std::string& action = invocation.arguments.front();
    if (action == "list") return show(invocation, "backends", "backends", backends_text);
    if (action == "history") return show(invocation, "backend-history", "history", history_text);
    if (std::ranges::find(events, action) == events.end())
        return complain(ExitStatus::usage,
                        fmt::format("{} is not what can be done with a backend; write list, "
                                    "history, detach, attach, promote, recovery-start or "
                                    "recovery-end",
                                    action));
    return submit(invocation, action);
}

std::string backends_text(const json& answer, Colors colors) {
    return backend_table(backend_views(answer["backends"]), answer.value("agreed", json()) == true,
                         colors);
}

std::string history_text(const json& answer, Colors colors) {
    std::vector<Row> rows;
    for (const json& entry : answer["history"]) {
        const bool counts = entry.value("counts", json()) == true;
        rows.push_back({{text_of(entry, "index")},
                        {text_of(entry, "at")},
                        {text_of(entry, "text") + (counts ? "" : " (not stored by a quorum yet)"),
                         counts ? Tone::plain : Tone::bad}});
    }
    return rows.empty() ? "nothing has happened yet\n" : layout(rows, colors);
}

}  // namespace komainu
