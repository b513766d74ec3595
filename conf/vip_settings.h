// The settings of the VIPs, and of the routes and rules that come and go with them, that have to be
// the same on every node: whoever takes over must put up what the others would. The interfaces are
// each host's own affair.
#pragma once

#include <optional>
#include <string>

#include "base/setting.h"
#include "conf/config.h"

namespace komainu {

SettingList vip_settings(const Config& config);

/// The lists as one text, to be hashed.
std::string text_of(const SettingList& settings);

/// In what two lists differ, as "vip.main.address: 10.0.0.9/24 here, 10.0.0.8/24 on node 1", and
/// how many more there are; empty when in nothing. `theirs` may be cut off: what would stand behind
/// its last is then not missed.
enum class ListEnd : std::uint8_t { whole, cut_off };
std::string difference(const SettingList& ours, const SettingList& theirs, ListEnd theirs_end,
                       std::string_view here, std::string_view there);

}  // namespace komainu
