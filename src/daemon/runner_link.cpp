#include "daemon/runner_link.h"

#include <utility>

#include "io/log.h"
#include "io/message_channel.h"

namespace komainu {

RunnerLink::RunnerLink(Loop& loop, std::optional<Fd> socket) : socket_(std::move(socket)) {
    if (socket_)
        watch_ = loop.watch(socket_->get(), EPOLLIN, [this](std::uint32_t) { on_ready(); });
}

std::optional<RunId> RunnerLink::start(std::size_t service, Ended ended) {
    const auto run = ++newest_run_;
    return order(run, CheckOrder{run, static_cast<std::uint16_t>(service)}, std::move(ended));
}

std::optional<RunId> RunnerLink::tell(std::size_t hook, const HookFacts& facts, Ended ended) {
    const auto run = ++newest_run_;
    return order(run, HookOrder{run, static_cast<std::uint16_t>(hook), facts}, std::move(ended));
}

/// What finds no room is lost, and was not started: the runner has not read for long.
std::optional<RunId> RunnerLink::order(std::uint64_t run, const RunnerOrder& order, Ended ended) {
    if (!socket_) return {};
    if (runs_.size() == runs_max || send_over(socket_->get(), order) != Sent::yes) {
        trouble_ = "the runner does not answer";
        return {};
    }
    trouble_.clear();
    runs_.emplace(RunId{run}, std::move(ended));
    return RunId{run};
}

void RunnerLink::stop(RunId run) {
    if (runs_.erase(run) == 0 || !socket_) return;
    send_over(socket_->get(), RunnerOrder{StopOrder{static_cast<std::uint64_t>(run)}});
}

void RunnerLink::say_farewell() {
    if (!socket_) return;
    send_over(socket_->get(), RunnerOrder{FarewellOrder{}});
    watch_.clear();
    socket_.reset();
}

void RunnerLink::on_ready() {
    const auto state =
        receive_messages(socket_->get(), [this](Bytes message) { on_message(message); });
    if (state == ChannelState::closed) lose("the runner died, and no command can be run any more");
}

/// A run that was stopped is answered as well, and nobody waits for it.
void RunnerLink::on_message(Bytes message) {
    const auto report = decode_runner_report(message);
    KOMAINU_ASSERT(report);
    const auto* run = std::get_if<RunReport>(&*report);
    KOMAINU_ASSERT(run);
    const auto found = runs_.find(RunId{run->run});
    if (found == runs_.end()) return;
    const auto ended = std::move(found->second);
    runs_.erase(found);
    ended(run->end);
}

void RunnerLink::lose(std::string_view trouble) {
    watch_.clear();
    socket_.reset();
    trouble_ = trouble;
    log_error("{}: checks that run commands fail, and hooks are missed, until a restart", trouble);
    for (auto lost = std::exchange(runs_, {}); const auto& [run, ended] : lost)
        ended({Ending::not_started, 0, trouble_});
}

}  // namespace komainu
