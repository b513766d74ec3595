#include "conf/outside.h"

namespace komainu {

bool is_asked_from_outside(const ServiceConfig& service) {
    if (service.weight != 0 || service.backend) return false;
    switch (service.check) {
        case CheckKind::tcp:
        case CheckKind::query:
            return true;
        case CheckKind::http:
            return service.unix_socket.empty();
        case CheckKind::process:
        case CheckKind::command:
            return false;
    }
    return false;
}

std::vector<ServiceConfig> services_from_outside(const Config& config, const NodeConfig& node) {
    std::vector<ServiceConfig> services;
    if (config.lifecheck.method != LifecheckMethod::query || node.witness || node.id == config.self)
        return services;
    for (ServiceConfig service : config.services) {
        if (!is_asked_from_outside(service)) continue;
        if (service.address) service.address->address = node.addresses.front();
        service.connect_to = node.addresses.front();
        service.initial = InitialState::well;
        services.push_back(std::move(service));
    }
    return services;
}

}  // namespace komainu
