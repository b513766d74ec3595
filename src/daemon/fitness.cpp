#include "daemon/fitness.h"

namespace komainu {

void Fitness::set_services(bool healthy, std::string_view reason) {
    services_healthy_ = healthy;
    services_reason_ = reason;
}

void Fitness::set_interfaces(std::string_view trouble) { interfaces_trouble_ = trouble; }

void Fitness::set_guard(std::string_view trouble) { guard_trouble_ = trouble; }

void Fitness::set_trusted(std::string_view trouble) { trusted_trouble_ = trouble; }

void Fitness::set_fence(std::string_view trouble) {
    fence_trouble_ = trouble;
    if (!trouble.empty()) fence_trouble_.insert(0, "no fence, which is required: ");
}

const std::string& Fitness::reason() const {
    static const std::string none;
    if (!guard_trouble_.empty()) return guard_trouble_;
    if (!fence_trouble_.empty()) return fence_trouble_;
    if (!interfaces_trouble_.empty()) return interfaces_trouble_;
    if (!trusted_trouble_.empty()) return trusted_trouble_;
    if (!conflict_.empty()) return conflict_;
    if (!reported_.empty()) return reported_;
    if (!refused_.empty()) return refused_;
    if (!pgpool_trouble_.empty()) return pgpool_trouble_;
    return services_healthy_ ? none : services_reason_;
}

}  // namespace komainu
