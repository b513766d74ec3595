#include "conf/nearest.h"

#include <algorithm>
#include <numeric>

#include "base/assert.h"

namespace komainu {

// The table of Wagner and Fischer, of which one row is kept: row[j] is the distance between the
// letters of a seen so far and the first j letters of b.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (const char letter : a) {
        std::size_t diagonal = row[0]++;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = diagonal + (letter == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row.back();
}

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
    KOMAINU_ASSERT(!known.empty());
    return *std::ranges::min_element(
        known, {}, [&](const std::string& name) { return edit_distance(word, name); });
}

}  // namespace komainu
