// What makes this node fit to be active: its services, the carrier of the interfaces that carry
// VIPs, its guard, and its fence where one is required. Says why it is unfit in one sentence.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace komainu {

class Fitness {
public:
    void set_services(bool healthy, std::string_view reason);
    void set_carrier(const std::string& interface, bool up);
    void set_guard(std::string_view trouble);  ///< empty: it works
    void set_fence(std::string_view trouble);  ///< where it is required; empty: it stands

    bool healthy() const { return reason().empty(); }
    std::string reason() const;  ///< empty while healthy

private:
    bool services_healthy_ = false;
    std::string services_reason_ = "not checked yet";
    std::map<std::string, bool> carriers_;
    std::string guard_trouble_;
    std::string fence_trouble_;
};

}  // namespace komainu
