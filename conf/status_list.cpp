#include "conf/status_list.h"

#include <algorithm>

#include "conf/value_text.h"

namespace komainu {

namespace {

constexpr Range<int> status_codes{100, 599};  // RFC 9110 section 15

Result<StatusRange> read_range(std::string_view text) {
    const auto hyphen = text.find('-');
    const auto first = read_number(trim(text.substr(0, hyphen)), status_codes);
    if (!first) return first.error();
    if (hyphen == text.npos) return StatusRange{first.value(), first.value()};
    const auto last = read_number(trim(text.substr(hyphen + 1)), status_codes);
    if (!last) return last.error();
    if (last.value() < first.value())
        return Error{quoted(text) + " ends before it begins; write the smaller code first"};
    return StatusRange{first.value(), last.value()};
}

}  // namespace

Result<StatusList> read_status_list(std::string_view text) {
    StatusList list;
    for (std::size_t begin = 0; begin <= text.size();) {
        const auto end = std::min(text.find(',', begin), text.size());
        auto range = read_range(trim(text.substr(begin, end - begin)));
        if (!range) return range.error();
        if (list.size() == status_ranges_max)
            return Error{"more than " + std::to_string(status_ranges_max) +
                         " codes or ranges; join some of them"};
        list.push_back(*range);
        begin = end + 1;
    }
    return list;
}

std::string to_string(const StatusList& list) {
    std::string text;
    for (const auto& [first, last] : list) {
        text += (text.empty() ? "" : ", ") + std::to_string(first);
        if (last != first) text += "-" + std::to_string(last);
    }
    return text;
}

bool contains(const StatusList& list, int status) {
    return std::ranges::any_of(
        list, [status](const StatusRange& r) { return r.first <= status && status <= r.last; });
}

}  // namespace komainu
