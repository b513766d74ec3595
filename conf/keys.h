// The known keys of each section, how each is read and which member of the model it sets, as
// Boost.Program_options descriptions. The defaults are not here: they are the model's own.
#pragma once

#include <boost/program_options/options_description.hpp>

#include "conf/config.h"

namespace komainu {

using Keys = boost::program_options::options_description;

// The description keeps references to the members: it must not outlive what it was made for.
Keys cluster_keys(Config& config);
Keys keys_of(NodeConfig& node);
Keys keys_of(HeartbeatConfig& heartbeat);
Keys keys_of(LinkConfig& link);
Keys keys_of(VipConfig& vip);
Keys keys_of(RouteConfig& route);
Keys keys_of(RuleConfig& rule);
Keys keys_of(LifecheckConfig& lifecheck);
Keys keys_of(ServiceConfig& service);
Keys keys_of(HookConfig& hook);
Keys keys_of(BackendsConfig& backends);
Keys keys_of(BackendConfig& backend);
Keys keys_of(PgpoolConfig& pgpool);
Keys keys_of(ControlConfig& control);
Keys keys_of(DaemonConfig& daemon);

}  // namespace komainu
