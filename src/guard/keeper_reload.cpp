// How the keeper takes over another list of VIPs, while it holds those of the old one or none.
//
// The order is what keeps the promises: a new VIP is fenced before it is there, and one that goes
// is gone before it leaves the fence; what can be refused is, before what others see is touched.
#include "base/deadtime.h"
#include "guard/claim_sockets.h"
#include "guard/keeper.h"
#include "io/clock.h"
#include "io/log.h"

namespace komainu {

void Keeper::read_inbox() {
    page_.guard_was_awake(boot_now());
    if (tools_.inbox.read() == ConfigInbox::Runner::gone) inbox_.clear();
}

void Keeper::obey(const ReloadOrder& order) {
    awake();
    if (const Status done = take_over(order.text); !done) {
        log_error("goes on with the VIPs that it has: {}", done.error().what);
        return report(ReloadFailedReport{order.id, done.error().what});
    }
    log_notice("has the VIPs of the new configuration");
    report(ReloadedReport{order.id});
    settle();
}

/// The runner hands over a text before main can hear of it: what main means is there by now.
Status Keeper::take_over(const TextDigest& text) {
    read_inbox();
    read_events();
    auto wanted = tools_.inbox.configuration(text, config_);
    if (!wanted) return wanted.error();
    return change_to(std::move(*wanted));
}

Status Keeper::change_to(Config wanted) {
    const auto inventory = take_inventory();
    if (!inventory) return inventory.error();
    InterfaceTable interfaces(wanted), tracked(tracked_only(wanted));
    interfaces.learn({&interfaces_, &tracked_}, inventory.value());
    tracked.learn({&tracked_, &interfaces_}, inventory.value());
    auto claims = open_claim_sockets(wanted);
    if (!claims) return claims.error();

    auto changed = put_on(wanted, interfaces);
    if (!changed) {
        fence_.keep_only(config_.vips, interfaces_);
        return changed.error();
    }
    config_ = std::move(wanted);
    interfaces_ = std::move(interfaces);
    tracked_ = std::move(tracked);
    follow_change(changed->former);
    listen_by(std::move(*claims));
    if (changed->left_behind.empty())
        fence_.keep_only(config_.vips, interfaces_);
    else
        log_event(LogEvent::vip_stuck, "{}: it expires by itself", changed->left_behind);
    return Ok{};
}

/// Everything of it that may be refused.
Result<VipSet::Change> Keeper::put_on(const Config& wanted, const InterfaceTable& interfaces) {
    if (Status fenced = fence_.extend(wanted, interfaces); !fenced) return fenced.error();
    if (state_ == State::holding) prepare(wanted.vips, interfaces);
    awake();
    if (state_ == State::letting_go) return Error{"the VIPs are being removed just now"};
    if (Status time = lease_leaves_time_for(wanted); !time) return time.error();
    return vips_.change_to(wanted, interfaces);
}

/// While addresses are put on nobody looks at the lease, and who takes them over counts on their
/// being gone soon after its end.
Status Keeper::lease_leaves_time_for(const Config& wanted) const {
    if (state_ != State::holding) return Ok{};
    if (page_.stands(boot_now() + removal_of(config_.guarded() + wanted.vips.size()))) return Ok{};
    return Error{"the lease is about to end"};
}

/// What is kept by VIP or by interface.
void Keeper::follow_change(const FormerPlaces& former) {
    const auto is_known = [this](const std::string& name) {
        return interfaces_.has(name) || tracked_.has(name);
    };
    std::erase_if(carriers_told_, [&](const auto& told) { return !is_known(told.first); });
    std::erase_if(prepared_, [&](const std::string& name) { return !interfaces_.has(name); });
    forwarding_.assign(interfaces_.size(), Forwarding::host);
    read_forwarding();
    announcer_.change_to(config_, former);
    rivals_.change_to(former);
    rival_lines_ = rearranged(std::move(rival_lines_), former);
    prober_.change_to(vips_.size(), boot_now());
    if (const auto at = prober_.deadline()) probe_.set(*at);
    if (state_ != State::holding) return;
    for (std::size_t vip = 0; vip < former.size(); ++vip)
        if (!former[vip]) {
            announcer_.start(vip, boot_now());
            routes_.source_was_gone(config_.vips[vip].address.address);
        }
    announce();
    put_back_routes();
}

void Keeper::listen_by(std::vector<ClaimSocket> sockets) {
    claims_.clear();
    tools_.claims = std::move(sockets);
    for (const ClaimSocket& socket : tools_.claims)
        claims_.push_back(
            tools_.loop->watch(socket.fd(), EPOLLIN, [this](std::uint32_t) { hear_claims(); }));
}

}  // namespace komainu
