#include "daemon/fitness.h"

namespace komainu {

void Fitness::set_services(bool healthy, std::string_view reason) {
    services_healthy_ = healthy;
    services_reason_ = reason;
}

void Fitness::set_carrier(const std::string& interface, bool up) { carriers_[interface] = up; }

void Fitness::set_guard(std::string_view trouble) { guard_trouble_ = trouble; }

void Fitness::set_fence(std::string_view trouble) { fence_trouble_ = trouble; }

std::string Fitness::reason() const {
    if (!guard_trouble_.empty()) return guard_trouble_;
    if (!fence_trouble_.empty()) return "no fence, which is required: " + fence_trouble_;
    for (const auto& [interface, up] : carriers_)
        if (!up) return "interface " + interface + " has no carrier";
    return services_healthy_ ? "" : services_reason_;
}

}  // namespace komainu
