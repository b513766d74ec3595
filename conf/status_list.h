// Which HTTP status codes are good: "200", "200-299, 301".
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace komainu {

/// Both ends are of it, and within 100 to 599.
struct StatusRange {
    int first = 0;
    int last = 0;
    bool operator==(const StatusRange&) const = default;
};

inline constexpr std::size_t status_ranges_max = 16;
using StatusList = std::vector<StatusRange>;

/// Codes and ranges of codes with commas between them.
Result<StatusList> read_status_list(std::string_view text);
std::string to_string(const StatusList& list);

bool contains(const StatusList& list, int status);

}  // namespace komainu
