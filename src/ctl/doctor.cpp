// How the findings are put together, and shown.
#include "ctl/doctor.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace komainu {

namespace {

const char* word(Judgement judgement) {
    switch (judgement) {
        case Judgement::ok:
            return "ok";
        case Judgement::warning:
            return "warning";
        case Judgement::problem:
            return "problem";
        case Judgement::unseen:
            return "unseen";
    }
    return "";
}

Tone tone_of(Judgement judgement) {
    switch (judgement) {
        case Judgement::ok:
            return Tone::good;
        case Judgement::problem:
            return Tone::bad;
        case Judgement::warning:
            return Tone::heading;
        case Judgement::unseen:
            break;
    }
    return Tone::plain;
}

std::string plural(int count, const std::string& noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace

Diagnoses judge(const DoctorFacts& facts) {
    Diagnoses findings;
    judge_daemon(facts, findings);
    judge_configuration(facts, findings);
    judge_start(facts, findings);
    judge_processes(facts, findings);
    judge_quorum(facts, findings);
    judge_peers(facts, findings);
    judge_clocks(facts, findings);
    judge_vips(facts, findings);
    judge_interfaces(facts, findings);
    judge_files(facts, findings);
    return findings;
}

int count(const Diagnoses& findings, Judgement judgement) {
    return static_cast<int>(std::ranges::count(findings, judgement, &Diagnosis::judgement));
}

std::string findings_text(const Diagnoses& findings, Colors colors) {
    constexpr std::size_t word_width = 9;
    std::size_t check_width = 0;
    for (const auto& finding : findings) check_width = std::max(check_width, finding.check.size());
    std::string text;
    for (const auto& [check, judgement, what, advice] : findings) {
        const std::string name = word(judgement);
        text += paint(name, tone_of(judgement), colors) +
                std::string(word_width - name.size(), ' ') +
                fmt::format("{:<{}}  {}\n", check, check_width, what);
        if (!advice.empty())
            text += std::string(word_width + check_width + 2, ' ') + "-> " + advice + "\n";
    }
    const int unseen = count(findings, Judgement::unseen);
    return text + fmt::format("{} checks: {}, {}{}\n", findings.size(),
                              plural(count(findings, Judgement::problem), "problem"),
                              plural(count(findings, Judgement::warning), "warning"),
                              unseen == 0 ? "" : fmt::format(", {} not looked at", unseen));
}

nlohmann::json findings_json(const Diagnoses& findings) {
    using nlohmann::json;
    json checks = json::array();
    for (const auto& [check, judgement, what, advice] : findings)
        checks.push_back(
            {{"check", check}, {"result", word(judgement)}, {"what", what}, {"advice", advice}});
    return {{"problems", count(findings, Judgement::problem)},
            {"warnings", count(findings, Judgement::warning)},
            {"unseen", count(findings, Judgement::unseen)},
            {"checks", std::move(checks)}};
}

}  // namespace komainu
