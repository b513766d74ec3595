#include "check/run_check.h"

#include <algorithm>

namespace komainu {

RunCheck::RunCheck(Loop& loop, Commands& commands, std::size_t place, const ServiceConfig& service,
                   CheckReport report)
    : loop_(loop),
      commands_(commands),
      place_(place),
      interval_(service.interval),
      timeout_(service.timeout),
      report_(std::move(report)),
      timer_(loop, [this] { on_timer(); }) {}

RunCheck::~RunCheck() {
    if (run_) commands_.stop(*run_);
}

void RunCheck::run() {
    run_next_at_ = loop_.now() + interval_;
    run_ = commands_.start(place_, [this](const RunEnd& end) {
        finish(end.succeeded() ? Verdict::passed : Verdict::failed, to_string(end),
               end.ending == Ending::timed_out);
    });
    if (!run_) return finish(Verdict::failed, std::string(commands_.trouble()), false);
    timer_.set(loop_.now() + timeout_ + answer_slack);
}

void RunCheck::on_timer() {
    if (!run_) return run();
    commands_.stop(*run_);
    finish(Verdict::failed, "the runner does not answer", true);
}

void RunCheck::finish(Verdict verdict, std::string reason, bool timed_out) {
    run_.reset();
    timer_.set(std::max(run_next_at_, loop_.now()));
    reason_ = std::move(reason);
    report_({verdict, reason_, timed_out});
}

}  // namespace komainu
