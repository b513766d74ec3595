#include "check/service_set.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "io/clock.h"

namespace komainu {

namespace {

Health health_before_checking(InitialState state) {
    switch (state) {
        case InitialState::unknown:
            return Health::unseen;
        case InitialState::well:
            return Health::healthy;
        case InitialState::ill:
            return Health::failed;
    }
    assertion_failed("state is an InitialState", __FILE__, __LINE__);
}

/// A backend is not detached because a node has not yet found its way to it.
ServiceSet::View unchecked(const ServiceConfig& config) {
    const bool is_hopeful = config.backend && config.initial == InitialState::unknown;
    return {config.name,
            config.check,
            health_before_checking(is_hopeful ? InitialState::well : config.initial),
            wall_clock_ms(),
            "not checked yet",
            config.weight,
            config.backend};
}

}  // namespace

ServiceSet::ServiceSet(Loop& loop, Commands& commands, const std::vector<ServiceConfig>& services,
                       Require require, Changed changed, Told told)
    : loop_(loop),
      commands_(commands),
      require_(require),
      changed_(std::move(changed)),
      told_(std::move(told)) {
    services_.reserve(services.size());  // the reports refer to the elements
    for (const ServiceConfig& config : services) add(config, unchecked(config));
    judge();
}

void ServiceSet::add(const ServiceConfig& config, View view) {
    const Damper damper(config.rise, config.fall, view.health);
    Service& service = services_.emplace_back(Service{std::move(view), damper, nullptr});
    service.check =
        make_check(loop_, commands_, services_.size() - 1, config,
                   [this, &service](const CheckResult& result) { on_result(service, result); });
}

void ServiceSet::start() {
    for (Service& service : services_) service.check->start();
}

void ServiceSet::take_over(const std::vector<ServiceConfig>& services, Require require) {
    require_ = require;
    const auto before = std::exchange(services_, {});
    services_.reserve(services.size());
    for (const ServiceConfig& config : services) {
        View view = unchecked(config);
        const auto known = std::ranges::find_if(
            before, [&](const Service& service) { return service.view.name == config.name; });
        if (known == before.end()) {
            view.health = Health::healthy;
        } else {
            view.health = known->view.health;
            view.since_ms = known->view.since_ms;
            view.reason = known->view.reason;
            view.tally = known->view.tally;
        }
        add(config, std::move(view));
    }
    judge();
    start();
}

void ServiceSet::Tally::add(const CheckResult& result) {
    switch (result.verdict) {
        case Verdict::passed:
            ++passed;
            return;
        case Verdict::failed:
            ++(result.timed_out ? timed_out : failed);
            return;
        case Verdict::died:
            ++died;
            return;
    }
}

void ServiceSet::on_result(Service& service, const CheckResult& result) {
    service.view.tally.add(result);
    if (result.verdict != Verdict::passed) service.view.reason = result.reason;
    const Health health = service.damper.add(result.verdict);
    if (health == service.view.health) return;
    service.view.health = health;
    service.view.since_ms = wall_clock_ms();
    ++service.view.tally.turns;
    judge();
    if (told_) told_(service.view);
    changed_();
}

void ServiceSet::judge() {
    int counted = 0, healthy = 0;
    penalty_ = 0;
    for (const Service& service : services_) {
        if (service.makes_fit()) {
            ++counted;
            healthy += service.healthy();
        } else if (!service.healthy()) {
            penalty_ += service.view.weight;
        }
    }
    const int needed = require_ == Require::all ? counted : std::min(counted, 1);
    healthy_ = healthy >= needed;
}

std::string ServiceSet::reason() const {
    if (services_.empty()) return "no service is watched";
    if (healthy_)
        return require_ == Require::all ? "all services are healthy"
                                        : "enough services are healthy";
    return reasons_of([](const Service& s) { return s.makes_fit(); });
}

std::string ServiceSet::penalty_reason() const {
    return reasons_of([](const Service& s) { return s.view.weight != 0; });
}

/// Of all of these that are not healthy.
std::string ServiceSet::reasons_of(bool (*whose)(const Service&)) const {
    std::string text;
    for (const Service& service : services_)
        if (whose(service) && !service.healthy())
            text += (text.empty() ? "service." : "; service.") + service.view.name + ": " +
                    service.view.reason;
    return text;
}

std::uint64_t ServiceSet::backends_down() const {
    std::uint64_t down = 0;
    for (const Service& service : services_)
        if (service.view.backend && service.view.health == Health::failed)
            down |= std::uint64_t{1} << *service.view.backend;
    return down;
}

void ServiceSet::pardon(int backend) {
    for (Service& service : services_) {
        if (service.view.backend != backend || service.view.health != Health::failed) continue;
        service.view.health = Health::healthy;
        service.view.since_ms = wall_clock_ms();
        service.damper.pardon();
    }
}

std::vector<ServiceSet::View> ServiceSet::view() const {
    std::vector<View> views;
    for (const Service& service : services_) {
        views.push_back(service.view);
        if (service.healthy()) views.back().reason.clear();
        views.back().doubts = service.damper.doubts();
    }
    return views;
}

}  // namespace komainu
