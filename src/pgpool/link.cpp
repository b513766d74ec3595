#include "pgpool/link.h"

#include <algorithm>
#include <utility>

#include "conf/value_text.h"
#include "io/log.h"
#include "pgpool/servers.h"

namespace komainu {

namespace {

constexpr Duration table_patience = 5s;   ///< komainud answers within one
constexpr Duration table_pause = 1s;      ///< after it did not
constexpr Duration table_breath = 100ms;  ///< after it had nothing new
constexpr Duration verdict_interval = 1s;
constexpr Duration submission_patience = std::chrono::milliseconds(submission_wait_ms) + 2s;

/// Says what is new, and once when it is over.
void say(std::string& said, LogEvent event, const std::string& now, std::string_view over) {
    if (said == now) return;
    if (!now.empty())
        log_event(event, "{}", now);
    else
        log_event(LogEvent::pgpool_mended, "{}", over);
    said = now;
}

bool all_changed(const std::vector<PcpNode>& before, const std::vector<PcpNode>& after) {
    return before.size() == after.size() &&
           std::ranges::equal(before, after, [](const PcpNode& b, const PcpNode& a) {
               return b.changed != a.changed;
           });
}

bool any_detached(const std::vector<PcpNode>& before, const std::vector<PcpNode>& after) {
    for (std::size_t i = 0; i < std::min(before.size(), after.size()); ++i)
        if (before[i].is_attached() && !after[i].is_attached()) return true;
    return false;
}

/// pgpool's start is the last change of all backends, and none is detached by it: its file has them
/// as they were, or it forgets that file, and then all are attached. A single backend, however, may
/// have been attached by itself.
bool has_started_anew(const std::vector<PcpNode>& before, const std::vector<PcpNode>& after) {
    if (before.empty() || !all_changed(before, after) || any_detached(before, after)) return false;
    return before.size() > 1 || before[0].is_attached() == after[0].is_attached();
}

const char* doing(PcpCommand command) {
    return command == PcpCommand::attach ? "attaches" : "detaches";
}

const char* done(PgpoolEvent event) {
    switch (event) {
        case PgpoolEvent::attach:
            return "attached it";
        case PgpoolEvent::detach:
            return "detached it";
        case PgpoolEvent::promote:
            return "found it to be the primary";
    }
    return "";
}

}  // namespace

PgpoolLink::PgpoolLink(Loop& loop, const PgpoolSettings& settings, std::uint64_t first_key)
    : loop_(loop),
      settings_(settings),
      first_key_(first_key),
      reconciler_(settings.pgpool.mode),
      table_client_(loop, settings.control_socket, [this](const auto& line) { take_table(line); }),
      event_client_(loop, settings.control_socket,
                    [this](const auto& line) { take_submitted(line); }),
      verdict_client_(loop, settings.control_socket, [this](const auto& line) { take_told(line); }),
      pcp_(loop, settings.pgpool, [this](const auto& answer) { take_pcp(answer); }),
      table_timer_(loop, [this] { ask_table(); }),
      poll_timer_(loop, [this] { poll_pgpool(); }),
      verdict_timer_(loop, [this] { tell(); }) {
    table_timer_.set(loop_.now());
    poll_timer_.set(loop_.now());
    verdict_timer_.set(loop_.now() + verdict_interval);
}

// --- The table -----------------------------------------------------------------------------------

void PgpoolLink::ask_table() { table_client_.ask(ask_backends(revision_), table_patience); }

void PgpoolLink::take_table(const Result<std::string>& line) {
    const auto answer = line ? read_backends(line.value()) : line.error();
    say(said_of_table_, LogEvent::pgpool_unheard,
        answer ? "" : "cannot learn which backends the cluster has: " + answer.error().what,
        "the cluster's backends are known");
    if (!answer) {
        revision_.clear();
        table_timer_.set(loop_.now() + table_pause);
        return;
    }
    const bool is_new = !(answer.value().backends == wanted_);
    const bool is_same = answer.value().revision == revision_;
    revision_ = answer.value().revision;
    wanted_ = answer.value().backends;
    reconciler_.want(*wanted_);
    if (is_new && poll_timer_.deadline()) poll_timer_.set(loop_.now());
    // What is the same may have been said at once, since too many ask.
    table_timer_.set(is_same ? loop_.now() + table_breath : loop_.now());
}

// --- pgpool --------------------------------------------------------------------------------------

void PgpoolLink::poll_pgpool() {
    if (look_for_watchdog_ != Look::due) return pcp_.ask({PcpCommand::node_info});
    look_for_watchdog_ = Look::under_way;
    pcp_.ask({PcpCommand::settings});
}

void PgpoolLink::take_pcp(const Result<PcpAnswer>& answer) {
    if (look_for_watchdog_ == Look::under_way) {
        take_settings(answer);
        return poll_pgpool();
    }
    if (!answer) return lose_pgpool(answer.error().what);
    if (answer.value().to.command == PcpCommand::node_info) {
        if (!answer.value().error.empty()) return lose_pgpool(answer.value().error);
        return take_nodes(answer.value().nodes);
    }
    // That it has the backend so already is one of these. What counts is what it says next.
    say(said_of_commands_, LogEvent::pgpool_refuses,
        answer.value().error.empty() ? "" : "pgpool-II refuses: " + answer.value().error,
        "pgpool-II refuses no more");
    next_command();
}

/// A release that tells nothing of it is not asked again. The node stays fit: such a mistake is
/// mostly one of all nodes, and then nobody would hold the VIPs.
void PgpoolLink::take_settings(const Result<PcpAnswer>& answer) {
    look_for_watchdog_ = Look::done;
    if (!answer || !answer.value().watchdog) return;
    caution_ = *answer.value().watchdog
                   ? "pgpool-II runs its own watchdog, which moves VIPs and detaches backends "
                     "against the cluster; write use_watchdog = off into pgpool.conf on every "
                     "node, and restart pgpool-II"
                   : "";
    say(said_of_watchdog_, LogEvent::pgpool_watchdog, caution_,
        "pgpool-II runs without its own watchdog");
}

void PgpoolLink::lose_pgpool(const std::string& why) {
    look_for_watchdog_ = Look::when_it_answers;
    say(said_of_pgpool_, LogEvent::pgpool_unreachable, "cannot ask pgpool-II: " + why, "");
    commands_.clear();
    verdict_.find(loop_.now(), "pgpool-II cannot be asked: " + why);
    end_round();
}

void PgpoolLink::take_nodes(std::vector<PcpNode> nodes) {
    say(said_of_pgpool_, LogEvent::pgpool_unreachable, "",
        fmt::format("pgpool-II at {} answers", to_string(settings_.pgpool.pcp)));
    if (look_for_watchdog_ == Look::when_it_answers) look_for_watchdog_ = Look::due;
    note_changes(nodes);
    nodes_ = std::move(nodes);
    if (!wanted_ || !wanted_->agreed) {
        if (wanted_)
            verdict_.find_nothing_to_go_by();
        else
            verdict_.find(loop_.now(), "the cluster's backends are not known yet");
        return end_round();
    }
    const auto difference = difference_of_servers(*wanted_, nodes_);
    say(said_of_servers_, LogEvent::pgpool_differs,
        difference.empty() ? "" : "nothing is done: " + difference,
        "pgpool-II has the same backends as the cluster");
    Steps steps;
    if (difference.empty())
        steps = reconciler_.observe(loop_.now(), nodes_);
    else
        verdict_.start_anew();
    verdict_.find(loop_.now(), difference.empty() ? reconciler_.trouble() : difference);
    say(said_of_primary_, LogEvent::pgpool_differs, reconciler_.primary_trouble(),
        "pgpool-II has the cluster's primary");
    act(steps);
}

void PgpoolLink::note_changes(const std::vector<PcpNode>& nodes) {
    if (has_started_anew(nodes_, nodes)) {
        log_event(LogEvent::pgpool_restarted, "pgpool-II has started anew");
        reconciler_.forget();
        verdict_.start_anew();
        look_for_watchdog_ = Look::due;
    }
    if (nodes != nodes_) unrest_ends_at_ = loop_.now() + unrest;
}

void PgpoolLink::act(const Steps& steps) {
    for (const Submission& submission : steps.submissions) {
        log_event(LogEvent::pgpool_told_cluster,
                  {.backend = static_cast<std::size_t>(submission.backend)},
                  "backend {}: pgpool-II has {}, and the cluster is told", submission.backend,
                  done(submission.event));
        submissions_.push_back(submission);
    }
    submit_next();
    commands_.assign(steps.commands.begin(), steps.commands.end());
    next_command();
}

void PgpoolLink::next_command() {
    if (commands_.empty()) return end_round();
    const PcpRequest request = commands_.front();
    commands_.pop_front();
    const LogFacts facts{.backend = static_cast<std::size_t>(request.node)};
    if (request.command == PcpCommand::promote)
        log_event(LogEvent::pgpool_corrected, facts,
                  "backend {}: pgpool-II is to take it for the primary, as the cluster does",
                  request.node);
    else
        log_event(LogEvent::pgpool_corrected, facts,
                  "backend {}: {} it in pgpool-II, as the cluster has it", request.node,
                  doing(request.command));
    unrest_ends_at_ = loop_.now() + unrest;
    pcp_.ask(request);
}

void PgpoolLink::end_round() {
    if (loop_.now() < unrest_ends_at_) pcp_.close();
    poll_timer_.set(loop_.now() + settings_.pgpool.interval);
    if (told_ != verdict_.in_line() || told_why_ != verdict_.why() || told_caution_ != caution_)
        tell();
}

// --- Events --------------------------------------------------------------------------------------

void PgpoolLink::submit_next() {
    if (submissions_.empty() || event_client_.is_busy()) return;
    const Submission& submission = submissions_.front();
    event_client_.ask(submit_event(submission, first_key_ + submission.id), submission_patience);
}

void PgpoolLink::take_submitted(const Result<std::string>& line) {
    const Submission submission = submissions_.front();
    submissions_.pop_front();
    const Status entered = line ? read_submitted(line.value()) : Status(line.error());
    say(said_of_events_, LogEvent::pgpool_unheard,
        entered ? ""
                : fmt::format("backend {}: the cluster does not take that pgpool-II has {}: {}",
                              submission.backend, done(submission.event), entered.error().what),
        "the cluster takes what pgpool-II does");
    reconciler_.submitted(loop_.now(), submission, static_cast<bool>(entered));
    submit_next();
}

// --- The verdict ---------------------------------------------------------------------------------

/// At each change, and so often that its absence shows.
void PgpoolLink::tell() {
    verdict_timer_.set(loop_.now() + verdict_interval);
    if (verdict_client_.is_busy()) return;
    if (told_ != verdict_.in_line() || told_why_ != verdict_.why()) {
        if (verdict_.in_line())
            log_event(LogEvent::pgpool_in_line, "pgpool-II is in line with the cluster");
        else
            log_event(LogEvent::pgpool_out_of_line, "pgpool-II is not in line with the cluster: {}",
                      verdict_.why());
    }
    told_ = verdict_.in_line();
    told_why_ = verdict_.why();
    told_caution_ = caution_;
    verdict_client_.ask(tell_verdict(verdict_.in_line(), verdict_.why(), caution_),
                        verdict_interval * 5);
}

void PgpoolLink::take_told(const Result<std::string>& line) {
    const Status told = line ? read_told(line.value()) : Status(line.error());
    say(said_of_verdict_, LogEvent::pgpool_unheard,
        told ? "" : "cannot tell how pgpool-II is: " + told.error().what,
        "komainud is told how pgpool-II is");
}

}  // namespace komainu
