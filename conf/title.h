// The sections of the configuration by their titles, as errors, the log and the status name them.
#pragma once

#include <fmt/core.h>

#include <string>

#include "conf/config.h"

namespace komainu {

inline std::string title_of(const NodeConfig& node) {
    return fmt::format("node.{}", number(node.id));
}
inline std::string title_of(const LinkConfig& link) { return fmt::format("link.{}", link.number); }
inline std::string title_of(const VipConfig& vip) { return "vip." + vip.name; }
inline std::string title_of(const RouteConfig& route) { return "route." + route.name; }
inline std::string title_of(const RuleConfig& rule) { return "rule." + rule.name; }
inline std::string title_of(const ServiceConfig& service) { return "service." + service.name; }
inline std::string title_of(const BackendConfig& backend) {
    return fmt::format("backend.{}", backend.id);
}
inline std::string title_of(const HookConfig& hook) { return "hook." + hook.name; }

}  // namespace komainu
