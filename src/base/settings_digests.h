// What the nodes of a cluster compare of their configurations: one number for each group of
// settings that ought to be the same everywhere. They travel in heartbeats; conf/settings_digests.h
// makes them.
#pragma once

#include <array>
#include <cstdint>

namespace komainu {

inline constexpr std::size_t settings_groups = 7;
using SettingsDigests = std::array<std::uint32_t, settings_groups>;

}  // namespace komainu
