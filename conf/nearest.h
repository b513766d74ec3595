// Which known name the operator probably meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace komainu {

/// How many letters must be inserted, removed or replaced to turn one word into the other.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The known name with the least edit distance; of several, the first. At least one is known.
std::string nearest(std::string_view word, const std::vector<std::string>& known);

}  // namespace komainu
