// What is told of the backends: to clients that ask for them, and in the status.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

#include "daemon/backends.h"
#include "daemon/status.h"
#include "daemon/words.h"
#include "io/clock.h"

namespace komainu {

using nlohmann::json;

namespace {

json entry_json(std::uint64_t index, const Entry& entry, bool counts) {
    const BackendEvent& event = entry.event;
    json told{
        {"index", index},
        {"event", word(event.kind)},
        {"id", event.backend},
        {"node", number(event.id.origin)},
        {"origin", word(event.origin)},
        {"counts", counts},
        {"at", event.at_ms > 0 ? json(utc_text(static_cast<std::uint64_t>(event.at_ms))) : json()},
        {"text", sentence(event)}};
    if (event.kind == BackendEventKind::command_ended) {
        told["of"] = event.ended;
        told["status"] = event.status;
    }
    return told;
}

}  // namespace

json Backends::list_json() const {
    const BackendStates states = ledger_.states();
    json list = json::array();
    for (const BackendConfig& config : config_.backend_list) {
        const Backend& backend = states.backends[static_cast<std::size_t>(config.id)];
        const bool seen_down = (ledger_.seen_down() >> config.id & 1) != 0;
        json told{{"id", config.id},
                  {"address", to_string(config.address)},
                  {"state", !backend.up ? "down"
                            : seen_down ? "quarantined"
                                        : "up"},
                  {"role", backend.primary ? "primary" : "standby"}};
        if (backend.recovered_by != no_node) told["recovered_by"] = number(backend.recovered_by);
        list.push_back(std::move(told));
    }
    return list;
}

/// A command that failed long ago is history.
std::string Backends::failed_command() const {
    constexpr std::int64_t told_for_ms = 3'600'000;
    const auto& entries = ledger_.table().entries();
    const auto last = std::find_if(
        std::make_reverse_iterator(entries.end()), std::make_reverse_iterator(entries.begin()),
        [](const Entry& entry) { return entry.event.kind == BackendEventKind::command_ended; });
    if (last == std::make_reverse_iterator(entries.begin())) return "";
    const BackendEvent& event = last->event;
    const auto now_ms = static_cast<std::int64_t>(wall_clock_ms());
    if (event.status == 0 || now_ms - event.at_ms > told_for_ms) return "";
    return fmt::format("the command of event {}, for backend {}, ended with {}", event.ended,
                       event.backend, event.status);
}

std::string Backends::revision() const {
    return fmt::format("{}.{}-{:x}{}", ledger_.table().ballot.round, ledger_.committed(),
                       ledger_.seen_down(), ledger_.agreed() ? "" : "?");
}

json Backends::answer_json() const {
    return {{"ok", true},
            {"revision", revision()},
            {"agreed", ledger_.agreed()},
            {"backends", list_json()}};
}

void Backends::list(ClientId client, const AskBackends& asked) {
    if (asked.after != revision() || watchers_.size() == watchers_max)
        return handlers_.reply(client, answer_line(answer_json()));
    watchers_.push_back({client, asked.after, loop_.now()});
    if (!watch_timer_.deadline()) watch_timer_.set(loop_.now() + watch_max);
}

void Backends::answer_watchers() {
    if (watchers_.empty()) return;
    const std::string now = revision();
    std::erase_if(watchers_, [&](const Watcher& watcher) {
        if (watcher.revision == now && loop_.now() < watcher.since + watch_max) return false;
        handlers_.reply(watcher.client, answer_line(answer_json()));
        return true;
    });
    watch_timer_.clear();
    if (!watchers_.empty()) watch_timer_.set(watchers_.front().since + watch_max);
}

void Backends::history(ClientId client) {
    const BackendTable& table = ledger_.table();
    json entries = json::array();
    for (std::uint64_t index = table.base_index() + 1; index <= table.index(); ++index)
        entries.push_back(entry_json(index, table.entry(index), index <= ledger_.committed()));
    handlers_.reply(client, answer_line({{"ok", true}, {"history", std::move(entries)}}));
}

}  // namespace komainu
