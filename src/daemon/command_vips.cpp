#include "daemon/command_vips.h"

#include <algorithm>
#include <utility>

#include "conf/title.h"
#include "io/log.h"
#include "runner/minder.h"

namespace komainu {

namespace {

/// For the runner itself, beside the time limits of the commands.
constexpr Duration answer_slack = 2s;

}  // namespace

CommandVips::CommandVips(Loop& loop, RunnerLink& runner, const Config& config)
    : loop_(loop),
      runner_(runner),
      config_(config),
      vips_(config.command_vips.size()),
      limit_(loop, [this] { give_up(); }) {}

void CommandVips::raise(Raised done) {
    trouble_.clear();
    raised_ = std::move(done);
    for (std::size_t vip = 0; vip < vips_.size(); ++vip) start(vip, true);
    go_on();
}

void CommandVips::lower(std::function<void()> done) {
    raised_ = nullptr;
    lowered_.push_back(std::move(done));
    for (std::size_t vip = 0; vip < vips_.size(); ++vip)
        if (vips_[vip].state == State::raising || vips_[vip].state == State::up) start(vip, false);
    go_on();
}

void CommandVips::start(std::size_t vip, bool up) {
    Vip& it = vips_[vip];
    if (it.run) runner_.stop(*std::exchange(it.run, {}));
    it.state = up ? State::raising : State::lowering;
    it.run = runner_.move_vip(vip, up, [this, vip, up](const RunEnd& end) {
        ended(vip, up, end.succeeded() ? "" : to_string(end));
        go_on();
    });
    if (!it.run) return ended(vip, up, std::string(runner_.trouble()));
    const Instant at =
        loop_.now() + config_.command_vips[vip].command_timeout + termination_grace + answer_slack;
    limit_.set(std::max(at, limit_.deadline().value_or(at)));
}

void CommandVips::ended(std::size_t vip, bool up, const std::string& trouble) {
    Vip& it = vips_[vip];
    it.run.reset();
    const std::string title = title_of(config_.command_vips[vip]);
    if (trouble.empty())
        log_event(up ? LogEvent::command_vip_up : LogEvent::command_vip_down,
                  {.vip = config_.command_vips[vip].name}, "{}: is {}, by its command", title,
                  up ? "up" : "down");
    else if (up)
        trouble_ = trouble_.empty() ? title + ": up_command: " + trouble : trouble_;
    else
        log_event(LogEvent::command_vip_stuck, {.vip = config_.command_vips[vip].name},
                  "{}: down_command: {}; the address may still be here", title, trouble);
    // Of one that could not be put up nobody knows how far it came.
    it.state = up ? State::up : State::down;
}

/// What was awaited has come, or not yet.
void CommandVips::go_on() {
    if (any(State::raising) || any(State::lowering)) return;
    limit_.clear();
    if (auto raised = std::exchange(raised_, nullptr)) raised(trouble_);
    for (const auto& lowered : std::exchange(lowered_, {})) lowered();
}

void CommandVips::give_up() {
    for (std::size_t vip = 0; vip < vips_.size(); ++vip) {
        if (!vips_[vip].run) continue;
        runner_.stop(*vips_[vip].run);
        ended(vip, vips_[vip].state == State::raising, "the runner does not answer");
    }
    go_on();
}

bool CommandVips::any(State state) const {
    return std::ranges::find(vips_, state, &Vip::state) != vips_.end();
}

}  // namespace komainu
