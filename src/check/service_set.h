// All services that this node watches. The node is healthy while every one of them is; without any
// it always is.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "check/check.h"
#include "check/damper.h"

namespace komainu {

class ServiceSet {
public:
    /// Called when the health of all together changes, with the sentence that says why. Must not
    /// destroy the set.
    using HealthChanged = std::function<void(bool healthy, std::string_view reason)>;

    ServiceSet(Loop& loop, const std::vector<ServiceConfig>& services, HealthChanged changed);

    /// Begins to check. The first change may come before this returns.
    void start();

    bool healthy() const { return healthy_; }

    /// Why healthy() is what it is: "service.pgpool: process 1234 died".
    std::string reason() const;

private:
    struct Service {
        std::string name;
        Damper damper;
        std::string reason;  // of the last failure
        std::unique_ptr<Check> check;
    };

    void on_result(Service& service, const CheckResult& result);

    HealthChanged changed_;
    std::vector<Service> services_;
    bool healthy_;
};

}  // namespace komainu
