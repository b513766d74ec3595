#include "check/service_set.h"

#include <algorithm>

namespace komainu {

namespace {

bool is_healthy(const Damper& damper) { return damper.health() == Health::healthy; }

}  // namespace

ServiceSet::ServiceSet(Loop& loop, const std::vector<ServiceConfig>& services,
                       HealthChanged changed)
    : changed_(std::move(changed)), healthy_(services.empty()) {
    services_.reserve(services.size());  // the reports refer to the elements
    for (const ServiceConfig& config : services) {
        Service& service = services_.emplace_back(Service{"service." + config.name,
                                                          Damper(config.rise, config.fall),
                                                          "not checked yet", nullptr});
        service.check = make_check(loop, config, [this, &service](const CheckResult& result) {
            on_result(service, result);
        });
    }
}

void ServiceSet::start() {
    for (Service& service : services_) service.check->start();
}

void ServiceSet::on_result(Service& service, const CheckResult& result) {
    if (result.verdict != Verdict::passed) service.reason = result.reason;
    service.damper.add(result.verdict);
    const bool healthy = std::ranges::all_of(
        services_, is_healthy, [](const Service& s) -> auto& { return s.damper; });
    if (healthy == healthy_) return;
    healthy_ = healthy;
    changed_(healthy_, reason());
}

std::string ServiceSet::reason() const {
    for (const Service& service : services_)
        if (!is_healthy(service.damper)) return service.name + ": " + service.reason;
    return services_.empty() ? "no service is watched" : "all services are healthy";
}

}  // namespace komainu
