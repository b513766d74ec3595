#include "check/check.h"

#include "base/assert.h"
#include "check/process_check.h"
#include "check/run_check.h"
#include "check/tcp_check.h"

namespace komainu {

std::unique_ptr<Check> make_check(Loop& loop, Commands& commands, std::size_t place,
                                  const ServiceConfig& service, CheckReport report) {
    switch (service.check) {
        case CheckKind::process:
            return std::make_unique<ProcessCheck>(loop, service, std::move(report));
        case CheckKind::tcp:
            return std::make_unique<TcpCheck>(loop, service, std::move(report));
        case CheckKind::http:
        case CheckKind::query:
        case CheckKind::command:
            return std::make_unique<RunCheck>(loop, commands, place, service, std::move(report));
    }
    assertion_failed("service.check is a CheckKind", __FILE__, __LINE__);
}

}  // namespace komainu
