#include "daemon/fitness.h"

#include <algorithm>

namespace komainu {

void Fitness::set_services(bool healthy, std::string_view reason) {
    services_healthy_ = healthy;
    services_reason_ = reason;
}

void Fitness::set_carrier(const std::string& interface, bool up) { carriers_[interface] = up; }

void Fitness::set_guard(std::string_view trouble) { guard_trouble_ = trouble; }

void Fitness::set_trusted(std::string_view trouble) { trusted_trouble_ = trouble; }
bool Fitness::all_carriers_up() const {
    return std::ranges::all_of(carriers_, [](const auto& carrier) { return carrier.second; });
}
void Fitness::set_fence(std::string_view trouble) { fence_trouble_ = trouble; }

std::string Fitness::reason() const {
    if (!guard_trouble_.empty()) return guard_trouble_;
    if (!fence_trouble_.empty()) return "no fence, which is required: " + fence_trouble_;
    for (const auto& [interface, up] : carriers_)
        if (!up) return "interface " + interface + " has no carrier";
    if (!trusted_trouble_.empty()) return trusted_trouble_;
    if (!conflict_.empty()) return conflict_;
    return services_healthy_ ? "" : services_reason_;
}

}  // namespace komainu
