#include "daemon/backends.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/overload.h"
#include "core/quorum.h"
#include "daemon/words.h"
#include "io/clock.h"
#include "io/log.h"
#include "packet/ledger_record.h"

namespace komainu {

namespace {

LedgerSettings settings_of(const Config& config) {
    const int nodes = static_cast<int>(config.nodes.size());
    LedgerSettings settings{.self = config.self,
                            .nodes = nodes,
                            .votes_needed = votes_needed_with_arbiter(config.quorum, nodes),
                            .reports_needed = config.reports_needed()};
    const auto set = [&](BackendEventKind kind, const Argv& command) {
        settings.has_command[static_cast<std::size_t>(kind)] = !command.empty();
    };
    set(BackendEventKind::detach, config.backends.failover_command);
    set(BackendEventKind::attach, config.backends.failback_command);
    set(BackendEventKind::promote, config.backends.follow_primary_command);
    return settings;
}

/// A table that nobody has put together yet begins with the primary that the configuration names.
StoredLedger begun(StoredLedger stored, const Config& config) {
    if (stored.record.table.ballot != Ballot{}) return stored;
    BackendStates states;
    for (const BackendConfig& backend : config.backend_list)
        states.backends[static_cast<std::size_t>(backend.id)].primary = backend.primary;
    stored.record.table = *BackendTable::made_of({}, 0, states, {});
    return stored;
}

std::optional<int> main_node(const BackendStates& states, const Config& config) {
    for (const BackendConfig& backend : config.backend_list)
        if (states.backends[static_cast<std::size_t>(backend.id)].up) return backend.id;
    return {};
}

std::optional<int> as_int(std::optional<std::uint8_t> id) {
    return id ? std::optional<int>(*id) : std::nullopt;
}

ClusterCommand command_for(BackendEventKind kind) {
    if (kind == BackendEventKind::detach) return ClusterCommand::failover;
    return kind == BackendEventKind::attach ? ClusterCommand::failback
                                            : ClusterCommand::follow_primary;
}

}  // namespace

Backends::Backends(Loop& loop, const Config& config, RunnerLink& runner, PeerStreams& streams,
                   LedgerFile file, std::uint64_t seed, Handlers handlers)
    : loop_(loop),
      config_(config),
      runner_(runner),
      streams_(streams),
      generation_(file.generation),
      random_(seed),
      handlers_(std::move(handlers)),
      ledger_(settings_of(config), begun(std::move(file.stored), config), loop.now()),
      timer_(loop, [this] { step(LedgerTimer{}); }),
      watch_timer_(loop, [this] { answer_watchers(); }) {}

/// An event that an action brings about is taken in after all actions of its step.
void Backends::step(const LedgerEvent& event) {
    consequences_.push_back(event);
    if (stepping_) return;
    stepping_ = true;
    for (std::size_t i = 0; i < consequences_.size(); ++i)
        run_step(LedgerEvent(std::move(consequences_[i])));
    consequences_.clear();
    stepping_ = false;
    timer_.clear();
    if (const auto deadline = ledger_.deadline()) timer_.set(*deadline);
    answer_watchers();
}

void Backends::active_is(NodeId node) {
    if (node == active_) return;
    active_ = node;
    step(ActiveIs{node});
}

void Backends::run_step(const LedgerEvent& event) {
    const bool was_lost = ledger_.is_lost();
    actions_.clear();
    ledger_.set_wall_clock(static_cast<std::int64_t>(wall_clock_ms()));
    ledger_.step(loop_.now(), event, actions_);
    for (const LedgerAction& action : actions_) perform(action);
    if (was_lost && !ledger_.is_lost())
        log_event(LogEvent::table_remade,
                  "the table of backends was made out anew with the others");
    follow_command();
}

void Backends::follow_command() {
    const auto next = ledger_.table().next_command(ledger_.table().index());
    if (next == next_command_) return;
    next_command_ = next;
    command_since_ = next ? std::optional(loop_.now()) : std::nullopt;
}

void Backends::perform(const LedgerAction& action) {
    std::visit(Overload{
                   [&](const TellPeer& a) { streams_.send(a.to, a.message); },
                   [&](const StoreRecord&) { store(); },
                   [&](const ApplyEntry& a) { apply(a); },
                   [&](const EntriesMissed& a) {
                       log_event(LogEvent::backend_events_missed,
                                 "events {} to {} of the backends were missed while away; the "
                                 "table has what came of them",
                                 a.from + 1, a.to);
                   },
                   [&](const AnswerEvent& a) { answer(a); },
                   [&](const RunCommand& a) { run(a); },
                   [&](const StopCommand&) { stop_command(); },
               },
               action);
}

// --- The disk ------------------------------------------------------------------------------------

void Backends::store() {
    std::array<std::byte, ledger_record_bytes_max> room;
    const auto run = runner_.store(generation_, encode(ledger_.record(), room),
                                   [this](const RunEnd& end) { stored(end); });
    if (!run) stored({Ending::not_started, 0, std::string(runner_.trouble())});
}

void Backends::stored(const RunEnd& end) {
    const std::string trouble = end.succeeded() ? "" : to_string(end);
    if (!trouble.empty() && disk_trouble_.empty())
        log_event(LogEvent::table_not_stored,
                  "the table of backends cannot be stored, and is only known here: {}", trouble);
    if (trouble.empty() && !disk_trouble_.empty())
        log_event(LogEvent::table_stored_again, "the table of backends can be stored again");
    disk_trouble_ = trouble;
    step(RecordStored{end.succeeded()});
}

// --- Events --------------------------------------------------------------------------------------

void Backends::apply(const ApplyEntry& apply) {
    const BackendEvent& event = apply.entry.event;
    ++applied_[static_cast<std::size_t>(event.kind)];
    log_event(LogEvent::backend_event,
              {.cause = word(event.kind), .peer = event.id.origin, .backend = event.backend},
              "event {}: {}", apply.index, sentence(event));
    if (event.kind == BackendEventKind::attach) handlers_.pardon(event.backend);
    if (event.kind != BackendEventKind::command_ended) handlers_.applied(event);
}

void Backends::submit(ClientId client, const AskBackend& asked) {
    if (!config_.backend(asked.backend))
        return handlers_.reply(
            client,
            refusal_line(fmt::format("backend {} is not in the configuration", asked.backend)));
    const EventId id{config_.self, asked.key != 0 ? asked.key : random_.next()};
    submitted_.push_back({client, id, asked});
    step(EventAsked{{.id = id,
                     .kind = asked.kind,
                     .backend = static_cast<std::uint8_t>(asked.backend),
                     .origin = asked.origin,
                     .at_ms = static_cast<std::int64_t>(wall_clock_ms())},
                    asked.wait});
}

void Backends::answer(const AnswerEvent& answer) {
    const auto found = std::ranges::find(submitted_, answer.id, &Submitted::event);
    if (found == submitted_.end()) return;
    const Submitted submitted = *found;
    submitted_.erase(found);
    if (answer.outcome == EventOutcome::done)
        return handlers_.reply(
            submitted.client,
            answer_line({{"ok", true}, {"outcome", "done"}, {"index", answer.index}}));
    if (answer.outcome == EventOutcome::already_so)
        return handlers_.reply(submitted.client,
                               answer_line({{"ok", true}, {"outcome", "already"}}));
    handlers_.reply(submitted.client,
                    refusal_line(sentence(answer.outcome, submitted.asked.backend)));
}

// --- The cluster's commands ----------------------------------------------------------------------

void Backends::run(const RunCommand& command) {
    const BackendEvent& event = command.entry.event;
    BackendStates after = command.before;
    komainu::apply(after, event);
    BackendChange change{.backend = event.backend,
                         .main = main_node(after, config_),
                         .old_main = main_node(command.before, config_),
                         .old_primary = as_int(command.before.primary())};
    Running next;
    next.index = command.index;
    next.command = command_for(event.kind);
    running_ = next;
    if (running_->command != ClusterCommand::follow_primary) {
        if (event.kind == BackendEventKind::detach && change.old_primary == event.backend &&
            change.main)
            running_->promotes = static_cast<std::uint8_t>(*change.main);
        running_->left.push_back(change);
        return run_next();
    }
    // To whom the others are to turn is what pgpool-II calls the new main node there.
    change.main = event.backend;
    for (const BackendConfig& backend : config_.backend_list) {
        change.backend = backend.id;
        if (backend.id != event.backend) running_->left.push_back(change);
    }
    std::ranges::reverse(running_->left);
    run_next();
}

void Backends::run_next() {
    if (running_->left.empty()) {
        const Running done = *std::exchange(running_, {});
        return step(CommandEnded{done.index, static_cast<std::uint8_t>(done.status),
                                 done.status == 0 ? done.promotes : std::nullopt});
    }
    const BackendChange change = running_->left.back();
    running_->left.pop_back();
    log_event(
        LogEvent::backend_command_runs,
        {.cause = word(running_->command), .backend = static_cast<std::size_t>(change.backend)},
        "{} for backend {} (event {}): runs", word(running_->command), change.backend,
        running_->index);
    running_->run = runner_.run_command(running_->command, change,
                                        [this](const RunEnd& end) { command_ended(end); });
    if (!running_->run) command_ended({Ending::not_started, 0, std::string(runner_.trouble())});
}

void Backends::command_ended(const RunEnd& end) {
    constexpr int no_exit = 255;
    runs_.add(end);
    if (!end.succeeded()) {
        log_event(LogEvent::backend_command_failed, {.cause = word(running_->command)},
                  "{} (event {}): failed: {}", word(running_->command), running_->index,
                  to_string(end));
        const int status = end.ending == Ending::exited ? end.status : no_exit;
        if (running_->status == 0) running_->status = status;
    }
    run_next();
}

void Backends::stop_command() {
    if (!running_) return;
    log_event(LogEvent::backend_command_stopped, {.cause = word(running_->command)},
              "{} (event {}): stopped, since this node is not the active any more",
              word(running_->command), running_->index);
    if (running_->run) runner_.stop(*running_->run);
    running_.reset();
}

}  // namespace komainu
