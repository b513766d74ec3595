#include "guard/prober.h"

namespace komainu {

bool Prober::ask(std::uint64_t id, Instant now) {
    if (orders_.size() == orders_max) return false;
    orders_.push_back(id);
    if (orders_.size() == 1) begin(now);
    return true;
}

void Prober::begin(Instant now) {
    round_ = 0;
    next_vip_ = 0;
    next_at_ = now;
    could_not_.assign(could_not_.size(), false);
    found_.assign(found_.size(), std::nullopt);
}

void Prober::change_to(std::size_t vips, Instant now) {
    could_not_.resize(vips);
    found_.resize(vips);
    begin(now);
}

std::optional<Instant> Prober::deadline() const {
    if (orders_.empty()) return {};
    return next_at_;
}

Prober::Turns Prober::take_turns(Instant now) {
    Turns turns;
    if (orders_.empty() || round_ == rounds || now < next_at_) return turns;
    while (next_vip_ < found_.size() && !turns.full()) turns.push_back(next_vip_++);
    if (next_vip_ < found_.size()) {
        next_at_ = now + between_batches;
        return turns;
    }
    next_vip_ = 0;
    ++round_;
    next_at_ = now + (round_ == rounds ? listens_after : between_rounds);
    return turns;
}

void Prober::heard(std::size_t vip, const MacAddress& mac) {
    if (!orders_.empty() && !found_[vip]) found_[vip] = mac;
}

std::optional<ProbeReport> Prober::take_report(Instant now) {
    if (orders_.empty() || round_ < rounds || now < next_at_) return {};
    ProbeReport report;
    report.id = orders_.front();
    for (std::size_t vip = 0; vip < found_.size(); ++vip) {
        if (could_not_[vip]) ++report.not_probed;
        if (found_[vip] && !report.rivals.full())
            report.rivals.push_back({static_cast<std::uint16_t>(vip), *found_[vip]});
    }
    orders_.pop_front();
    begin(now);
    return report;
}

ProbeFrame::ProbeFrame(const IpAddress& vip, const MacAddress& mac, int interface_index)
    : is_ipv4_(vip.is_ipv4()), interface_index_(interface_index) {
    if (is_ipv4_)
        arp_ = arp_probe(mac, vip);
    else
        solicitation_ = neighbor_probe(mac, vip);
}

OutgoingFrame ProbeFrame::frame() const {
    if (is_ipv4_) return {interface_index_, arp_};
    return {interface_index_, solicitation_};
}

}  // namespace komainu
