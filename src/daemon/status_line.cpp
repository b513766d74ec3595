#include "daemon/status_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "daemon/words.h"

namespace komainu {

namespace {

/// Appends to a room of fixed size, and leaves out what does not fit.
class Line {
public:
    explicit Line(std::span<char> room) : room_(room) {}

    template <class... A>
    void add(fmt::format_string<A...> format, A&&... arguments) {
        const std::span<char> left = room_.subspan(size_);
        const auto made =
            fmt::format_to_n(left.data(), left.size(), format, std::forward<A>(arguments)...);
        size_ += std::min(made.size, left.size());
    }

    /// systemd shows nothing at all of a text that is no UTF-8, as what was cut off may be none.
    std::string_view printable() {
        for (char& c : room_.first(size_))
            if (c < 0x20 || c > 0x7e) c = '?';
        return {room_.data(), size_};
    }

private:
    std::span<char> room_;
    std::size_t size_ = 0;
};

void add_active(Line& line, const Node& node, std::string_view vips) {
    const std::uint64_t term = node.highest_term().round;
    if (node.stale()) return line.add("STALE: holding {} without a quorum, term {}", vips, term);
    line.add("active, term {}", node.active().term.round);
    if (!vips.empty()) line.add(", {} {}", node.vips_held() ? "holding" : "about to hold", vips);
}

void add_role(Line& line, const Node& node, std::string_view vips) {
    if (node.role() == Role::active) return add_active(line, node, vips);
    line.add("{}", word(node.role()));
    const Tenancy active = node.active();
    if (active)
        line.add(" of node {}, term {}", number(active.term.node), active.term.round);
    else
        line.add(", no active");
}

}  // namespace

void StatusLine::take_over(const Config& config) {
    vips_.clear();
    const auto vips = config.all_vips();
    for (std::size_t i = 0; i < std::min(vips.size(), vips_named_max); ++i)
        vips_ += (i == 0 ? "" : ", ") + to_string(vips[i].address.address);
    if (vips.size() > vips_named_max)
        vips_ += fmt::format(" and {} more", vips.size() - vips_named_max);
}

std::string_view StatusLine::compose(const Node& node, std::string_view unfit,
                                     std::string_view trouble) {
    Line line(room_);
    add_role(line, node, vips_);
    if (!node.has_quorum())
        line.add("; no quorum: {} of {} votes are heard", node.votes_within_earshot(),
                 node.votes_needed());
    if (node.quarantined()) line.add("; just started, neither votes nor stands yet");
    if (!unfit.empty() && !node.member().witness) line.add("; unhealthy: {}", unfit);
    if (node.on_standby()) line.add("; put on standby by the operator");
    if (node.paused()) line.add("; paused for maintenance");
    if (!trouble.empty()) line.add("; {}", trouble);
    return line.printable();
}

}  // namespace komainu
