// What the builders and the parsers of rtnetlink messages share. Of this folder only.
#pragma once

#include <cstdint>

namespace komainu {

/// IFA_PROTO, under a name of our own: kernel headers before 5.18 lack it. Kernels that do not know
/// the attribute ignore it.
inline constexpr std::uint16_t address_proto_attribute = 11;

}  // namespace komainu
