// The interfaces that this node needs, as the guard tells of them, and since when each can be
// counted on. One that goes down counts as down at once: to move the VIPs soon is what this is for.
// One that comes back counts as up only when it has stayed so for the delay, so that a link that
// comes and goes moves them once. What is up when first told of counts at once.
//
// Knows no clock.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/time.h"
#include "guard/orders.h"

namespace komainu {

class Tracking {
public:
    explicit Tracking(Duration delay) : delay_(delay) {}

    void enter(const std::string& interface, Carrier carrier, Instant now);

    /// Other interfaces, or another delay, from now on. The guard tells of those that are new.
    void take_over(const std::set<std::string>& names, Duration delay);

    /// Counts as up what has been so for long enough.
    void judge(Instant now);
    /// When to judge again; nothing while no interface is waited for.
    std::optional<Instant> deadline() const;

    /// Whether it counts as up. One that was never told of does not.
    bool is_up(const std::string& interface) const;
    /// "interface eth1 is down; interface eth2 does not exist"; empty when all count as up.
    std::string trouble() const;

    struct Interface {
        Carrier carrier = Carrier::missing;
        std::optional<Instant> counts_at;  ///< up, and not for long enough before this

        bool counts() const { return carrier == Carrier::up && !counts_at; }
    };
    const std::map<std::string, Interface>& interfaces() const { return interfaces_; }

private:
    Duration delay_;
    std::map<std::string, Interface> interfaces_;
};

}  // namespace komainu
