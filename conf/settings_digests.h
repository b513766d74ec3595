// Which settings ought to be the same on every node, in groups that the status can name.
#pragma once

#include <array>
#include <string_view>

#include "base/settings_digests.h"
#include "conf/config.h"

namespace komainu {

/// By the keys that are in them.
inline constexpr std::array<std::string_view, settings_groups> settings_group_names{
    "quorum, on_quorum_loss, method",
    "trusted_servers",
    "preempt, preempt_delay, conflict",
    "the nodes' address, priority, witness",
    "interval, deadtime",
    "the links' mode, group, port",
    "the VIPs, routes and rules",
};

/// Equal where the settings of a group are; different with all but certainty where they are not.
SettingsDigests settings_digests(const Config& config);

}  // namespace komainu
