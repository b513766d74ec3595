// All services that this node watches, and what they make of it. Those without a weight make it fit
// or unfit: it is healthy while all of them are, or with `require = any` while one of them is;
// without any it always is. One with a weight lowers the node's priority by it while it is not
// healthy. One of a backend says nothing about the node.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "check/check.h"
#include "check/damper.h"

namespace komainu {

class ServiceSet {
public:
    /// Called when the health of a service has changed, and with it perhaps all of the below. Must
    /// not destroy the set.
    using Changed = std::function<void()>;

    /// How often a check came out how, since the daemon started or has this service.
    struct Tally {
        std::uint64_t passed = 0;
        std::uint64_t failed = 0;
        std::uint64_t timed_out = 0;
        std::uint64_t died = 0;
        std::uint64_t turns = 0;  ///< of the damped health

        void add(const CheckResult& result);
    };

    struct View {
        std::string name;
        CheckKind check = CheckKind::process;
        Health health = Health::unseen;
        std::uint64_t since_ms = 0;  ///< wall clock
        std::string reason;          ///< why it is not healthy, else empty
        int weight = 0;
        std::optional<int> backend = {};
        Tally tally = {};
        int doubts = 0;  ///< results in a row that speak against the health, and are too few
    };
    /// Before that, with the service itself, by what its check has found.
    using Told = std::function<void(const View&)>;

    /// The services are all of the configuration, in its order.
    ServiceSet(Loop& loop, Commands& commands, const std::vector<ServiceConfig>& services,
               Require require, Changed changed, Told told = {});

    /// Begins to check. The first change may come before this returns.
    void start();

    /// Checks these from now on. Moves nothing by itself: a service that was there before keeps its
    /// health, and one that is new counts as healthy until its check says otherwise. Not to be
    /// called while a check reports.
    void take_over(const std::vector<ServiceConfig>& services, Require require);

    bool healthy() const { return healthy_; }
    /// Why healthy() is what it is: "service.pgpool: process 1234 died".
    std::string reason() const;

    /// By how much the node's priority is to be lower.
    int penalty() const { return penalty_; }
    /// Why it is not 0.
    std::string penalty_reason() const;

    /// Those backends of which a check has failed: bit 0 is backend 0.
    std::uint64_t backends_down() const;
    /// Its checks have to fail anew to count as failed.
    void pardon(int backend);

    std::vector<View> view() const;

private:
    struct Service {
        View view;
        Damper damper;
        std::unique_ptr<Check> check;

        bool healthy() const { return view.health == Health::healthy; }
        bool makes_fit() const { return view.weight == 0 && !view.backend; }
    };

    void add(const ServiceConfig& config, View view);
    void on_result(Service& service, const CheckResult& result);
    void judge();
    std::string reasons_of(bool (*whose)(const Service&)) const;

    Loop& loop_;
    Commands& commands_;
    Require require_;
    Changed changed_;
    Told told_;
    std::vector<Service> services_;
    bool healthy_ = false;
    int penalty_ = 0;
};

}  // namespace komainu
