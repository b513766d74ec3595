// The settings of the VIPs, and of the routes and rules that come and go with them, that have to be
// the same on every node: whoever takes over must put up what the others would. The interfaces are
// each host's own affair. With them the backends, whose numbers have to mean the same servers.
#pragma once

#include <optional>
#include <string>

#include "base/setting.h"
#include "conf/config.h"

namespace komainu {

SettingList vip_settings(const Config& config);

/// The lists as one text, to be hashed.
std::string text_of(const SettingList& settings);

/// In what the lists of two nodes differ, and in how many settings more, as each of them is told:
/// "vip.main.address: 10.0.0.9/24 here, 10.0.0.8/24 on node 1".
struct Difference {
    std::string told_us;
    std::string told_them;
};
enum class ListEnd : std::uint8_t { whole, cut_off };
/// Both empty when in nothing. What would stand behind the last of a list that is cut off is not
/// missed.
Difference difference(NodeId us, const SettingList& ours, NodeId them, const SettingList& theirs,
                      ListEnd their_end);

}  // namespace komainu
