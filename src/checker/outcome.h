// What komainu-check found out: its exit status, and the one line that it prints.
#pragma once

#include <cstdint>
#include <string>

namespace komainu {

enum class Finding : std::uint8_t {
    well = 0,
    ill = 1,
    bad_settings = 2,
};

struct Outcome {
    Finding finding = Finding::ill;
    std::string why;  ///< without a full stop
};

}  // namespace komainu
