#include "daemon/runner_link.h"

#include <utility>

#include "base/assert.h"
#include "io/log.h"

namespace komainu {

namespace {

constexpr const char* silent = "the runner does not answer";

}  // namespace

RunnerLink::RunnerLink(Loop& loop, Fd socket)
    : socket_(std::move(socket)),
      watch_(loop.watch(socket_.get(), EPOLLIN, [this](std::uint32_t) { on_ready(); })) {}

std::optional<RunId> RunnerLink::check(NodeId node, std::size_t service, Ended ended) {
    const auto run = ++newest_run_;
    return order(run, CheckOrder{run, static_cast<std::uint16_t>(service), node}, std::move(ended));
}

std::optional<RunId> RunnerLink::tell(std::size_t hook, const HookFacts& facts, Ended ended) {
    const auto run = ++newest_run_;
    return order(run, HookOrder{run, static_cast<std::uint16_t>(hook), facts}, std::move(ended));
}

std::optional<RunId> RunnerLink::move_vip(std::size_t vip, bool up, Ended ended) {
    const auto run = ++newest_run_;
    return order(run, MoveVipOrder{run, static_cast<std::uint16_t>(vip), up}, std::move(ended));
}

std::optional<RunId> RunnerLink::run_command(ClusterCommand command, const BackendChange& change,
                                             Ended ended) {
    const auto run = ++newest_run_;
    return order(run, CommandOrder{run, command, change}, std::move(ended));
}

std::optional<RunId> RunnerLink::store(std::uint64_t generation, Bytes record, Ended ended) {
    const auto run = ++newest_run_;
    return order(run, StoreOrder{run, generation, {record.begin(), record.end()}},
                 std::move(ended));
}

/// What finds no room is lost, and was not started: the runner has not read for long.
std::optional<RunId> RunnerLink::order(std::uint64_t run, const RunnerOrder& order, Ended ended) {
    if (runs_.size() == runs_max) {
        trouble_ = silent;
        return {};
    }
    if (!send(order)) return {};
    runs_.emplace(RunId{run}, std::move(ended));
    return RunId{run};
}

bool RunnerLink::send(const RunnerOrder& order) {
    if (!socket_) return false;
    const bool sent = send_over(socket_.get(), order) == Sent::yes;
    trouble_ = sent ? "" : silent;
    return sent;
}

void RunnerLink::stop(RunId run) {
    const bool was_reading = reading_ && reading_->run == run;
    if (was_reading) reading_.reset();
    if (runs_.erase(run) == 0 && !was_reading) return;
    send(StopOrder{static_cast<std::uint64_t>(run)});
}

std::optional<RunId> RunnerLink::read_config(ConfigRead read) {
    const auto run = ++newest_run_;
    KOMAINU_ASSERT(!reading_);
    if (!send(ReadConfigOrder{run})) return {};
    reading_ = {RunId{run}, std::move(read)};
    return RunId{run};
}

bool RunnerLink::take_over(RunId run) {
    return send(TakeOverOrder{static_cast<std::uint64_t>(run)});
}

void RunnerLink::say_farewell() {
    if (!socket_) return;
    send(FarewellOrder{});
    watch_.clear();
    socket_.close();
}

void RunnerLink::on_ready() {
    const auto state = receive_messages(
        socket_.get(),
        [this](Bytes message, Descriptors& descriptors) { on_message(message, descriptors); });
    if (state == ChannelState::closed) lose("the runner died, and no command can be run any more");
}

void RunnerLink::on_message(Bytes message, Descriptors& descriptors) {
    const auto report = decode_runner_report(message);
    KOMAINU_ASSERT(report);
    if (const auto* run = std::get_if<RunReport>(&*report)) return run_ended(*run);
    const auto* config = std::get_if<ConfigReport>(&*report);
    KOMAINU_ASSERT(config);
    config_was_read(*config, descriptors);
}

/// A run that was stopped is answered as well, and nobody waits for it; so is a reading.
void RunnerLink::run_ended(const RunReport& report) {
    const auto found = runs_.find(RunId{report.run});
    if (found == runs_.end()) return;
    const auto ended = std::move(found->second);
    runs_.erase(found);
    ended(report.end);
}

void RunnerLink::config_was_read(const ConfigReport& report, Descriptors& descriptors) {
    if (!reading_ || reading_->run != RunId{report.run}) return;
    const auto reading = std::exchange(reading_, {});
    reading->read(report, descriptors);
}

void RunnerLink::lose(std::string_view trouble) {
    watch_.clear();
    socket_.close();
    trouble_ = trouble;
    log_event(LogEvent::runner_died,
              "{}: checks that run commands fail, and hooks are missed, until a restart", trouble);
    Descriptors none;
    if (reading_)
        config_was_read(
            {static_cast<std::uint64_t>(reading_->run), ConfigOutcome::failed, trouble_}, none);
    for (auto lost = std::exchange(runs_, {}); const auto& [run, ended] : lost)
        ended({Ending::not_started, 0, trouble_});
}

}  // namespace komainu
