// A daemon's answer as komainuctl shows it (ctl/control.h, ctl/status_text.h): another release's,
// or nobody knows whose. It must not write to the operator's terminal what is no text.
#include <nlohmann/json.hpp>

#include "ctl/control.h"
#include "ctl/metrics_text.h"
#include "ctl/status_text.h"
#include "ctl/troubles.h"
#include "test/fuzz/fuzz.h"

namespace komainu::fuzz {

void examine(Bytes input) {
    const Answer answer = read_answer(text_of(input));
    if (answer.status != ExitStatus::done) {
        must_hold(!answer.why.empty(), "what failed says why");
        must_hold(is_printable(answer.why), "the reason can be shown");
        return;
    }
    const auto status = answer.body.value("status", nlohmann::json());
    constexpr std::int64_t now_ms = 1'800'000'000'000;
    const std::string text = status_text(status, now_ms, Colors::off);
    must_hold(!text.empty() && text.back() == '\n', "the status is lines");
    must_hold(is_printable(text), "the status can be shown");
    const auto metrics = answer.body.value("metrics", nlohmann::json());
    must_hold(is_printable(metrics_text(metrics)), "the metrics can be shown");
    for (const std::string& trouble : troubles_of(view_of(status)))
        must_hold(!trouble.empty(), "a trouble is a sentence");
}

std::vector<std::string> seeds() {
    const std::string status =
        R"({"ok":true,"status":{"cluster":"shrine","node_id":1,"role":"active",
"term":4,"active":1,"quorum":true,"nodes":[{"id":1,"role":"active","alive":true,"healthy":true,
"priority":100,"started":"2026-11-23T12:00:00.123Z","links":[{"address":"10.77.0.1","alive":true,
"rtt_us":85}]},{"id":2,"role":"standby","alive":false,"healthy":false,"reason":"web is down",
"quarantined":true,"priority":50,"started":null,"links":[{"address":"10.77.0.2","rtt_us":null}]}],
"vips":[{"name":"main","address":"10.77.0.100/24","interface":"eth0","held":true}],
"votes":{"heard":1,"needed":2},"lease_ms":90.5,"version":"0.1.0","last_takeover":{"term":4,"from":2,
"to":1,"why":"no active","at":"2026-11-23T12:00:01.000Z"}}})";
    const std::string metrics =
        R"({"ok":true,"metrics":{"term":[[7]],"lease_seconds":[[0.25]],"active":[["shrine",1,1]],
"vip_held":[["main","eth0",1]],"loop_lateness_seconds":[[[0,0,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,
0,0,0,0,0,0,0,0,0,0,0],3]]}})";
    return {status, metrics, R"({"ok":false,"error":"unknown command"})", R"({"ok":true})",
            R"({"ok":1})"};
}

}  // namespace komainu::fuzz
