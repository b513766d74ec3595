// What the keeper does about interfaces and addresses that change under it, and its announcing.
#include <algorithm>
#include <cstring>

#include "base/overload.h"
#include "guard/forwarding.h"
#include "guard/keeper.h"
#include "io/clock.h"
#include "io/log.h"
#include "io/message_channel.h"

namespace komainu {

namespace {

/// Somebody who removes a VIP again and again is met no more often than this.
constexpr Duration between_put_backs = 10ms;

struct CarrierWords {
    LogEvent event;
    const char* text;
};

CarrierWords told_of(Carrier carrier) {
    switch (carrier) {
        case Carrier::up:
            return {LogEvent::carrier_up, "carrier is up"};
        case Carrier::down:
            return {LogEvent::carrier_down, "carrier is down"};
        case Carrier::missing:
            break;
    }
    return {LogEvent::interface_missing, "no such interface"};
}

bool wants_promotion(const VipConfig& vip) {
    return vip.address.address.is_ipv4() && !vip.address.is_host();
}

}  // namespace

void Keeper::read_events() {
    page_.guard_was_awake(boot_now());
    if (Status read = tools_.monitor.drain([this](const NetlinkEvent& e) { follow(e); }); !read)
        if (const auto count = kernel_lines_.count(boot_now()))
            log_event(LogEvent::kernel_unreadable, "{} ({} times)", read.error().what, count);
    settle();
}

void Keeper::follow(const NetlinkEvent& event) {
    std::visit(Overload{[this](const AddressAdded& e) { vips_.address_added(e.address); },
                        [this](const AddressRemoved& e) { vips_.address_removed(e.address); },
                        [this](const LinkChanged& e) {
                            interfaces_.follow(e.link);
                            tracked_.follow(e.link);
                            routes_.follow(e.link);
                            own_macs_.follow(e.link);
                        },
                        [this](const LinkRemoved& e) {
                            interfaces_.forget(e.interface);
                            tracked_.forget(e.interface);
                            routes_.forget(e.interface);
                            own_macs_.forget(e.interface);
                        },
                        [this](const Overrun&) {
                            log_event(LogEvent::kernel_events_lost,
                                      "netlink events were lost; takes a new inventory");
                            take_stock();
                        }},
               event);
}

void Keeper::take_stock() {
    const auto inventory = take_inventory();
    if (!inventory) return log_event(LogEvent::kernel_unreadable, "{}", inventory.error().what);
    interfaces_.follow_all(inventory.value());
    tracked_.follow_all(inventory.value());
    routes_.follow_all(inventory.value());
    own_macs_.follow_all(inventory.value());
    vips_.follow_all(inventory.value());
}

/// Acts on what was followed.
void Keeper::settle() {
    for (std::size_t i = 0; i < interfaces_.size(); ++i) settle_interface(i);
    report_carriers();
    report_fence();
    const bool routes_in_doubt = routes_.settle();
    if (state_ != State::holding) return;
    const Instant now = tools_.loop->now();
    if (vips_.any_missing() || routes_in_doubt)
        put_back_.set(last_put_back_ ? std::max(now, *last_put_back_ + between_put_backs) : now);
    schedule_announcing();
}

void Keeper::settle_interface(std::size_t interface) {
    const VipInterface& it = interfaces_[interface];
    if (interfaces_.take_replaced(interface)) {
        prepared_.erase(it.name);
        vips_.interface_replaced(interface);
        fence_.follow(interface);
        if (it.link && !it.is_ethernet())
            log_event(LogEvent::not_ethernet, {.interface = it.name},
                      "{} is no Ethernet interface: its VIPs are held and not announced", it.name);
    }
    if (!interfaces_.take_news(interface) || state_ != State::holding) return;
    for (std::size_t vip = 0; vip < vips_.size(); ++vip)
        if (vips_.interface(vip) == interface) announcer_.start(vip, tools_.loop->now());
}

/// Before VIPs are added, so that one that is or becomes the first address of its subnet does not
/// take others with it when it goes (see AddressSocket).
void Keeper::prepare(const std::vector<VipConfig>& vips, const InterfaceTable& interfaces) {
    for (const VipConfig& vip : vips) {
        const auto& link = interfaces[interfaces.position(vip.interface)].link;
        if (!link || !wants_promotion(vip) || !prepared_.insert(link->name).second) continue;
        if (link->promotes_secondaries) continue;
        if (Status set = tools_.addresses.promote_secondaries(link->interface); !set)
            log_event(LogEvent::no_promotion, {.interface = link->name},
                      "{}: {}; removing a VIP may remove other addresses of its subnet", link->name,
                      set.error().what);
        else
            log_notice(
                "{}: promote_secondaries is on now, so that a VIP takes no other address "
                "with it when it goes",
                link->name);
    }
}

void Keeper::put_back() {
    awake();
    if (state_ != State::holding) return;
    const Instant now = boot_now();
    last_put_back_ = now;
    for (const std::size_t vip : vips_.put_back()) {
        const VipConfig& config = vips_.config(vip);
        announcer_.repeat(vip, now);
        routes_.source_was_gone(config.address.address);
        report(RestoredReport{config.name});
        if (const auto count = put_back_lines_.count(now))
            log_event(LogEvent::vip_put_back,
                      {.term = round_, .vip = config.name, .interface = config.interface},
                      "vip.{}: {} was gone from {}; put back and announced ({} since last said)",
                      config.name, to_string(config.address), config.interface, count);
    }
    announce();
    if (vips_.any_missing())
        if (const auto count = kernel_lines_.count(now))
            log_event(LogEvent::vip_not_put_back, {.term = round_},
                      "cannot put back every VIP ({} times); trying again", count);
    put_back_routes();
}

void Keeper::put_back_routes() {
    const auto [back, done] = routes_.put_back();
    if (back.empty() && done) return;
    const auto count = route_lines_.count(boot_now());
    if (!count) return;
    if (back.size() == 1)
        log_event(LogEvent::route_put_back, "{} was gone; put back ({} times since last said)",
                  back.front(), count);
    if (back.size() > 1)
        log_event(LogEvent::route_put_back,
                  "{} and {} more were gone; put back ({} times since last said)", back.front(),
                  back.size() - 1, count);
    if (!done)
        log_event(LogEvent::route_stuck, "{} ({} times); trying again", done.error().what, count);
}

void Keeper::report_carriers() {
    for (const InterfaceTable* table : {&interfaces_, &tracked_})
        for (std::size_t i = 0; i < table->size(); ++i) report_carrier((*table)[i]);
}

void Keeper::report_carrier(const VipInterface& interface) {
    const Carrier carrier = interface.carrier();
    const auto told = carriers_told_.find(interface.name);
    if (told != carriers_told_.end() && told->second == carrier) return;
    const GuardReport news = CarrierReport{carrier, interface.name};
    if (send_over(to_main_.get(), news) != Sent::yes) return;  // tried again by the next event
    carriers_told_[interface.name] = carrier;
    const auto [event, text] = told_of(carrier);
    log_event(event, {.interface = interface.name}, "{}: {}", interface.name, text);
}

// --- The fence

void Keeper::mend_fence() {
    for (const auto& interface : fence_.put_back())
        if (const auto count = fence_lines_.count(boot_now()))
            log_event(LogEvent::fence_put_back, {.interface = interface},
                      "{}: the fence was gone, and is put back ({} since last said)", interface,
                      count);
    report_fence();
}

void Keeper::report_fence() {
    if (!fence_.has_programs()) return;
    const std::string trouble = fence_.trouble();
    if (fence_trouble_told_ == trouble) return;
    if (send_over(to_main_.get(), GuardReport{FenceReport{trouble}}) != Sent::yes) return;
    fence_trouble_told_ = trouble;
    if (trouble.empty())
        log_event(LogEvent::fence_stands, "the fence stands");
    else
        log_event(LogEvent::fence_absent, "the fence does not stand on every interface: {}",
                  trouble);
}

void Keeper::tell_bites() {
    const auto bites = fence_.drops().bites() - bites_before_;
    if (bites > 0)
        log_event(LogEvent::fence_bit, {.term = round_},
                  "the fence held back {} packets of VIPs since the lease was over", bites);
}

// --- Announcing

void Keeper::announce_all_again() {
    for (std::size_t vip = 0; vip < vips_.size(); ++vip) announcer_.repeat(vip, boot_now());
    announce();
}

/// Nothing is announced when the lease is over, not even just before it is judged.
void Keeper::announce() {
    if (state_ != State::holding) return;
    const Instant now = boot_now();
    if (!page_.stands(now)) {
        judge_.set(now);
        return schedule_announcing();
    }
    std::vector<AnnouncementFrames> announcements;
    for (const std::size_t vip : announcer_.take_turns(now)) collect_frames(vip, announcements);
    std::vector<OutgoingFrame> frames;
    for (const auto& announcement : announcements)
        for (std::size_t i = 0; i < announcement.size(); ++i) frames.push_back(announcement[i]);
    const FramesSent result = tools_.frames.send(frames);
    announcements_.add_refused(result.refused);
    if (result.refused > 0)
        if (const auto count = frame_lines_.count(now))
            log_event(LogEvent::vip_not_announced,
                      "{} of {} announcements could not be sent: {} ({} times)", result.refused,
                      frames.size(), std::strerror(result.last_error), count);
    schedule_announcing();
}

void Keeper::collect_frames(std::size_t vip, std::vector<AnnouncementFrames>& frames) {
    const std::size_t i = vips_.interface(vip);
    const VipInterface& interface = interfaces_[i];
    if (!is_on_the_lan(vip)) return;
    const IpAddress& address = vips_.config(vip).address.address;
    frames.emplace_back(address, interface.link->mac, static_cast<int>(interface.link->interface),
                        forwarding_[i]);
    announcements_.add(
        interface.name,
        address.is_ipv4() ? AnnouncementPage::Protocol::arp : AnnouncementPage::Protocol::ndp,
        frames.back().size());
}

void Keeper::schedule_announcing() {
    if (const auto deadline = announcer_.deadline())
        announce_.set(*deadline);
    else
        announce_.clear();
}

/// An advertisement says whether we route; that may have been switched since.
void Keeper::read_forwarding() {
    for (std::size_t vip = 0; vip < vips_.size(); ++vip)
        if (const auto i = vips_.interface(vip); !vips_.config(vip).address.address.is_ipv4())
            forwarding_[i] = ipv6_forwarding(interfaces_[i].name);
}

}  // namespace komainu
