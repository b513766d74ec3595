#include "guard/rival_watch.h"

#include <algorithm>
#include <utility>

namespace komainu {

Instant RivalWatch::heard(std::size_t vip, const MacAddress& mac, Instant now) {
    Rival& rival = rivals_[vip];
    rival.mac = mac;
    ++rival.unreported;
    const Instant report_at = std::max(now, rival.report_not_before);
    report_at_ = report_at_ ? std::min(*report_at_, report_at) : report_at;

    const bool insists = rival.claimed_at && now < *rival.claimed_at + defend_interval;
    rival.claimed_at = now;
    if (!insists) {
        rival.defended_at = now;
        rival.pause = first_pause;
    } else if (rival.defended_at <= now) {
        rival.defended_at = std::max(now, rival.defended_at + rival.pause);
        rival.pause = std::min(2 * rival.pause, defend_interval);
    }
    return rival.defended_at;
}

RivalWatch::Reports RivalWatch::take_reports(Instant now) {
    Reports reports;
    report_at_.reset();
    for (std::size_t vip = 0; vip < rivals_.size(); ++vip) {
        Rival& rival = rivals_[vip];
        if (rival.unreported == 0) continue;
        if (now >= rival.report_not_before && !reports.full()) {
            reports.push_back({vip, rival.mac, std::exchange(rival.unreported, 0)});
            rival.report_not_before = now + between_reports;
        } else {
            const Instant at = std::max(now, rival.report_not_before);
            report_at_ = report_at_ ? std::min(*report_at_, at) : at;
        }
    }
    return reports;
}

void RivalWatch::forget() {
    std::ranges::fill(rivals_, Rival{});
    report_at_.reset();
}

}  // namespace komainu
