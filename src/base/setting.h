// A setting that nodes compare, as text: its place in the configuration file, and its value.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace komainu {

struct Setting {
    std::string key;  ///< "vip.main.address"
    std::string value;
    auto operator<=>(const Setting&) const = default;
};

/// Ascending by key, each of which occurs once.
using SettingList = std::vector<Setting>;

}  // namespace komainu
