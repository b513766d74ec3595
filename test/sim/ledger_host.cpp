#include "test/sim/ledger_host.h"

#include <utility>

#include "base/overload.h"

namespace komainu::sim {

LedgerHost::LedgerHost(Agenda& agenda, Story& story, LedgerSettings settings, Clock clock,
                       std::uint64_t seed, LedgerOutlets outlets)
    : agenda_(agenda),
      story_(story),
      settings_(settings),
      clock_(clock),
      random_(seed),
      outlets_(std::move(outlets)) {}

void LedgerHost::start() {
    if (ledger_) kill();
    ++starts_;
    tell("starts{}", disk_.is_lost ? ", its record is lost" : "");
    ledger_ = std::make_unique<Ledger>(settings_, disk_, clock_.local(agenda_.now()));
    arm();
}

/// What is being written gets to the disk, or does not.
void LedgerHost::kill() {
    if (!ledger_) return;
    tell("is killed");
    if (storing_ && random_.below(2) == 0) disk_ = {*storing_, false};
    storing_.reset();
    ledger_.reset();
    inbox_.clear();
    wakes_at_.reset();
    paused_ = false;
}

void LedgerHost::pause(Duration time) {
    if (!ledger_ || paused_) return;
    tell("is paused for {} ms", time / 1ms);
    paused_ = true;
    agenda_.later(time, [this, run = starts_] {
        if (run != starts_ || !paused_) return;
        tell("goes on");
        paused_ = false;
        for (const LedgerEvent& event : std::exchange(inbox_, {})) step(event);
        arm();
    });
}

void LedgerHost::step(const LedgerEvent& event) {
    if (!ledger_) return;
    paused_ ? inbox_.push_back(event) : run_step(event);
}

void LedgerHost::run_step(const LedgerEvent& event) {
    LedgerActions actions;
    const bool led = ledger_->leads();
    ledger_->step(clock_.local(agenda_.now()), event, actions);
    if (led != ledger_->leads())
        tell("{} ballot {}", led ? "gives up" : "leads with", ledger_->record().promised.round);
    for (const LedgerAction& action : actions) {
        outlets_.judge(*this, action);
        perform(action);
    }
    arm();
}

void LedgerHost::perform(const LedgerAction& action) {
    std::visit(Overload{
                   [&](const TellPeer& a) { outlets_.send(*this, a.to, a.message); },
                   [&](const StoreRecord&) { store(); },
                   [&](const ApplyEntry& a) {
                       tell("applies {}: kind {}, backend {}, event {} of node {}", a.index,
                            static_cast<int>(a.entry.event.kind), a.entry.event.backend,
                            a.entry.event.id.number, number(a.entry.event.id.origin));
                   },
                   [&](const EntriesMissed& a) { tell("missed {} to {}", a.from, a.to); },
                   [&](const AnswerEvent& a) {
                       tell("event {}: outcome {}", a.id.number, static_cast<int>(a.outcome));
                   },
                   [&](const RunCommand& a) { run_command(a); },
                   [&](const StopCommand&) { tell("stops the command"); },
               },
               action);
}

void LedgerHost::store() {
    storing_ = ledger_->record();
    agenda_.later(random_.below(disk_takes_), [this, run = starts_] {
        if (run != starts_ || !storing_) return;
        const bool ok = !disk_refuses_ && random_.below(16) != 0;
        if (ok) disk_ = {*storing_, false};
        storing_.reset();
        step(RecordStored{ok});
    });
}

void LedgerHost::run_command(const RunCommand& command) {
    tell("runs the command of {}", command.index);
    agenda_.later(random_.below(300ms), [this, index = command.index, run = starts_] {
        if (run != starts_) return;
        CommandEnded ended{index, static_cast<std::uint8_t>(random_.below(2)), {}};
        if (ended.status == 0 && random_.below(2) == 0)
            ended.promoted = static_cast<std::uint8_t>(random_.below(3));
        step(ended);
    });
}

void LedgerHost::ask(BackendEventKind kind, std::uint8_t backend, Duration wait) {
    asked_ = BackendEvent{.id = {id(), ++events_}, .kind = kind, .backend = backend};
    tell("is asked for event {} of kind {}, backend {}", events_, static_cast<int>(kind), backend);
    step(EventAsked{*asked_, wait});
}

void LedgerHost::ask_again() {
    if (asked_) step(EventAsked{*asked_, 1s});
}

void LedgerHost::arm() {
    if (!ledger_ || paused_) return;
    const auto deadline = ledger_->deadline();
    if (!deadline) return;
    const Instant due = std::max(agenda_.now(), clock_.true_time_of(*deadline));
    if (wakes_at_ && *wakes_at_ <= due) return;
    wakes_at_ = due;
    agenda_.at(due, [this, due, run = starts_] {
        if (run != starts_ || wakes_at_ != due) return;
        wakes_at_.reset();
        if (ledger_ && !paused_) run_step(LedgerTimer{});
    });
}

}  // namespace komainu::sim
