// A line on the control socket, from whoever may connect there (daemon/control_request.h).
#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/overload.h"
#include "daemon/control_request.h"
#include "daemon/words.h"
#include "test/fuzz/fuzz.h"

namespace komainu::fuzz {

namespace {

using nlohmann::json;

std::string line_of(const ControlRequest& request) {
    return std::visit(
               Overload{
                   [](const AskStatus&) {
                       return json{{"command", "status"}};
                   },
                   [](const AskMetrics&) {
                       return json{{"command", "metrics"}};
                   },
                   [](const AskSwitchover& asked) {
                       return json{
                           {"command", "switchover"},
                           {"node", asked.target == no_node ? json() : json(number(asked.target))}};
                   },
                   [](const AskPause& asked) {
                       return json{{"command", asked.paused ? "pause" : "resume"},
                                   {"scope", asked.scope == PauseScope::node ? "node" : "cluster"}};
                   },
                   [](const AskStandby& asked) {
                       return json{{"command", asked.standby ? "standby" : "unstandby"}};
                   },
                   [](const AskReload&) {
                       return json{{"command", "reload"}};
                   },
                   [](const AskReport& asked) {
                       return json{{"command", "report"},
                                   {"node", number(asked.node)},
                                   {"alive", asked.alive}};
                   },
                   [](const AskBackend& asked) {
                       json said{{"command", "backend"},
                                 {"event", word(asked.kind)},
                                 {"id", asked.backend},
                                 {"origin", word(asked.origin)},
                                 {"wait_ms", asked.wait / 1ms}};
                       if (asked.key != 0) said["key"] = fmt::format("{:x}", asked.key);
                       return said;
                   },
                   [](const AskBackends& asked) {
                       return json{{"command", "backends"}, {"after", asked.after}};
                   },
                   [](const AskBackendHistory&) {
                       return json{{"command", "backend-history"}};
                   },
                   [](const AskPgpool& asked) {
                       return json{{"command", "pgpool"},
                                   {"in_line", asked.trouble.empty()},
                                   {"why", asked.trouble},
                                   {"caution", asked.caution}};
                   }},
               request)
        .dump();
}

void is_one_line_with_a_reason(const std::string& line) {
    // DEL may stand in JSON as it is (RFC 8259 section 7); komainuctl shows it to no terminal.
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
    must_hold(std::ranges::none_of(line, is_control), "a refusal is one line");
    const auto answer = json::parse(line, nullptr, false);
    must_hold(answer.is_object() && answer.size() == 2 && answer["ok"] == false,
              "a refusal is a JSON object");
    must_hold(!answer["error"].get<std::string>().empty(), "a refusal says why");
}

}  // namespace

void examine(Bytes input) {
    const std::string line = text_of(input);
    if (const auto request = read_control_request(line)) {
        const auto again = read_control_request(line_of(request.value()));
        must_hold(again && again.value() == request.value(), "a request can be said again");
    } else {
        is_one_line_with_a_reason(refusal_line(request.error().what));
    }
    // Answers may quote anything, a path of the configuration for instance.
    is_one_line_with_a_reason(refusal_line("because of " + line));
}

std::vector<std::string> seeds() {
    return {line_of(AskStatus{}),
            line_of(AskMetrics{}),
            line_of(AskSwitchover{}),
            line_of(AskSwitchover{NodeId{64}}),
            line_of(AskPause{PauseScope::node, true}),
            line_of(AskStandby{false}),
            line_of(AskReload{}),
            line_of(AskReport{NodeId{3}, false}),
            line_of(AskBackend{}),
            line_of(AskBackend{BackendEventKind::recovery_end, 63, 0xc0ffee,
                               BackendEventOrigin::pgpool, 1h}),
            line_of(AskBackends{"1.2-3"}),
            line_of(AskBackendHistory{}),
            line_of(AskPgpool{"it is not there"}),
            line_of(AskPgpool{"", "it has a watchdog"}),
            R"({"command":"switchover","node":65})",
            R"({"command":"switchover","node":1e99})",
            R"({"command":"a\u0000\ud83d\ude00\n"})",
            R"([{"command":["status"]}])"};
}

}  // namespace komainu::fuzz
