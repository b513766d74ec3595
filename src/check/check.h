// Life checks of the own service. One Check asks about one service, again and again, and reports
// each result; what the results mean for the node's health is damped and put together elsewhere
// (check/damper.h, check/service_set.h).
//
// A new kind of check is a class here, an enumerator of CheckKind, and a line in make_check(). No
// check may block: what cannot do without waiting runs in a process of its own (check/run_check.h).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "check/commands.h"
#include "conf/config.h"
#include "io/loop.h"

namespace komainu {

enum class Verdict : std::uint8_t {
    passed,
    failed,  ///< may pass the next time; counts once
    died,    ///< proven by the kernel; no further failures are awaited
};

struct CheckResult {
    Verdict verdict = Verdict::failed;
    std::string_view reason;  ///< without the service's name, good until the report returns
    bool timed_out = false;   ///< it failed since there was no answer in time
};

/// Must not destroy the Check that reports.
using CheckReport = std::function<void(const CheckResult&)>;

class Check {
public:
    virtual ~Check() = default;

    /// The first result is reported soon, perhaps before this returns.
    virtual void start() = 0;
};

/// `place` is the service's among the services of the configuration.
std::unique_ptr<Check> make_check(Loop& loop, Commands& commands, std::size_t place,
                                  const ServiceConfig& service, CheckReport report);

}  // namespace komainu
