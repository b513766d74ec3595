// What happened, one line each, for whoever has to understand a failure. Switched off in mass runs:
// a run that fails is run once more to be told.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

namespace komainu::sim {

class Story {
public:
    explicit Story(bool told) : told_(told) {}

    template <class... Parts>
    void tell(Instant now, NodeId node, fmt::format_string<Parts...> text, Parts&&... parts) {
        if (!told_) return;
        if (lines_.size() == lines_max)
            lines_.erase(lines_.begin(), lines_.begin() + lines_max / 2);
        const double ms = static_cast<double>(nanoseconds(now - 1h)) / 1e6;
        const auto who =
            node == no_node ? std::string("       ") : fmt::format("node {}:", number(node));
        lines_.push_back(fmt::format("{:12.3f} ms  {} ", ms, who) +
                         fmt::format(text, std::forward<Parts>(parts)...));
    }

    bool told() const { return told_; }
    const std::vector<std::string>& lines() const { return lines_; }

private:
    static constexpr std::size_t lines_max = 100'000;

    bool told_;
    std::vector<std::string> lines_;
};

}  // namespace komainu::sim
