#include "test/faults/trial.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>

namespace komainu::faults {

namespace {

using lab::patience;

constexpr int asker_number = 201;
/// Of a service that waits for a processor like everybody.
constexpr Duration served_within = 500ms;

}  // namespace

lab::ClusterOptions usual_cluster() {
    lab::ClusterOptions options;
    options.interval = 10ms;
    options.deadtime = 50ms;
    return options;
}

std::string in_words(const std::vector<int>& path) {
    return path.empty() ? "nobody" : fmt::format("{}", fmt::join(path, " -> "));
}

Trial::Trial(lab::ClusterOptions options)
    : cluster_(std::move(options)),
      addresses_(cluster_.network()),
      claims_(cluster_.network(), cluster_.vip()),
      client_(cluster_.client_host(), cluster_.service()),
      asker_(cluster_.network().add_host("asker", asker_number), cluster_.vip()) {}

bool Trial::begin() {
    cluster_.start_services();
    cluster_.start_all();
    return mark();
}

bool Trial::mark() {
    if (!wait_until_well(patience)) return false;
    address_mark_ = addresses_.mark();
    client_mark_ = client_.mark();
    marked_at_ = lab::now();
    active_ = cluster_.active().value_or(0);
    if (active_ == 0) return false;
    const auto after = [this](int node) { return node % cluster_.size() + 1; };
    standby_ = after(active_);
    other_ = after(standby_);
    return true;
}

bool Trial::supervise(int node) {
    if (!cluster_.daemon(node).wait(patience)) return false;
    cluster_.start(node);
    return true;
}

void Trial::start_what_does_not_run() {
    for (int node = 1; node <= cluster_.size(); ++node) {
        if (!cluster_.service_running(node)) cluster_.start_service(node);
        if (!cluster_.running(node)) cluster_.start(node);
    }
}

bool Trial::has_moved() const {
    const auto answers = client_.answers_since(client_mark_);
    return !answers.empty() && answers.back().tag != active_;
}

bool Trial::wait_until_moved(Duration limit) const {
    return lab::wait_until([this] { return has_moved(); }, limit);
}

bool Trial::is_well() {
    if (!cluster_.whole()) return false;
    const auto active = cluster_.active();
    return active && client_.answered_by(*active, client_.mark(), served_within);
}

bool Trial::wait_until_well(Duration limit) {
    return lab::wait_until([this] { return is_well(); }, limit);
}

std::vector<int> Trial::path() const {
    std::vector<int> path{active_};
    std::set<int> holders{active_};
    for (const auto& event : addresses_.events_since(address_mark_)) {
        if (event.address != cluster_.vip()) continue;
        if (event.kind == lab::AddressEvent::Kind::removed)
            holders.erase(event.host);
        else if (holders.insert(event.host).second)
            path.push_back(event.host);
    }
    return path;
}

Sight Trial::sight() const {
    Sight sight;
    sight.path = path();
    sight.lost = std::ranges::any_of(addresses_.events_since(address_mark_), [&](const auto& e) {
        return e.address == cluster_.vip() && e.kind == lab::AddressEvent::Kind::removed;
    });
    sight.wire_overlap =
        lab::overlap_of(claims_.claims(), addresses_.events_since(0), cluster_.vip(), marked_at_);
    sight.address_overlap = addresses_.overlap(cluster_.vip(), address_mark_);
    sight.outage = client_.outage_since(client_mark_);
    sight.pause = client_.pause_since(client_mark_);
    return sight;
}

std::string Trial::bugs() const {
    std::string found;
    for (int node = 1; node <= cluster_.size(); ++node) {
        std::istringstream lines(cluster_.log(node));
        for (std::string line; std::getline(lines, line);)
            for (const char* mark : {"bug at", "runtime error", "Sanitizer"})
                if (line.find(mark) != line.npos) found += line + "\n";
    }
    return found;
}

}  // namespace komainu::faults
