#include "daemon/arbiter.h"

#include "io/log.h"

namespace komainu {

void Arbiter::ask(const AskArbiter& ask) {
    question_ = ask.question;
    asked_at_ = loop_.now();
    trusted_.ask_now();
    if (!handlers_.probe(question_)) probed(question_, Lan::unknown);
}

void Arbiter::probed(std::uint64_t question, Lan lan) {
    if (question != question_) return;
    if (lan == Lan::unknown) return answer(false, "the LAN cannot be probed for the VIPs");
    if (lan == Lan::somebody_has) return answer(false, "a VIP is answered for on the LAN");
    if (!trusted_.answered_since(asked_at_)) return answer(false, trusted_.reason());
    answer(true, "the trusted servers answer, and nobody answers for a VIP");
}

void Arbiter::answer(bool agrees, std::string_view why) {
    if (said_ != why)
        log_event(LogEvent::arbiter_answered, "the arbiter {}: {}",
                  agrees ? "agrees" : "does not agree", why);
    said_ = why;
    handlers_.answer({question_, agrees});
}

}  // namespace komainu
