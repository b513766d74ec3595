// What the guard does once it is set up: holds the VIPs for as long as main's lease stands, and not
// longer. It knows three states: idle, holding, and letting go (which only takes more than one step
// when the kernel fails to remove an address).
//
// The order in letting go is what others rely on: first the VIPs are down, then the last will goes
// out, then main is told. Routes and rules, which nobody waits for, go last; they come before the
// VIPs are announced.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/fd.h"
#include "conf/config.h"
#include "guard/announcement_page.h"
#include "guard/announcer.h"
#include "guard/boot_timer.h"
#include "guard/config_inbox.h"
#include "guard/fence_posts.h"
#include "guard/interfaces.h"
#include "guard/last_will.h"
#include "guard/lease_page.h"
#include "guard/orders.h"
#include "guard/own_macs.h"
#include "guard/prober.h"
#include "guard/rival_watch.h"
#include "guard/route_set.h"
#include "guard/seldom.h"
#include "guard/vip_set.h"
#include "io/loop.h"
#include "netlink/address_socket.h"
#include "netlink/monitor.h"
#include "netlink/route_socket.h"
#include "packet/claim_socket.h"
#include "packet/frame_socket.h"
#include "packet/neighbor_claim.h"

namespace komainu {

/// Everything that has to be opened before privileges are given up.
struct GuardTools {
    std::unique_ptr<Loop> loop;
    BootTimer lease_timer;
    AddressSocket addresses;
    Monitor monitor;
    FrameSocket frames;
    std::vector<ClaimSocket> claims;  ///< one for each family that a VIP has
    LastWill last_will;
    ConfigInbox inbox;
    FilterSocket filters;
    RouteSocket routes;
    std::optional<FencePrograms> fence;
};

class Keeper {
public:
    Keeper(const Config& config, LeasePage& page, AnnouncementPage& announcements, Fd to_main,
           GuardTools tools);

    /// Removes what an earlier run left behind, and learns what there is.
    Status sweep();

    /// Tells main that the guard works, and works until main is gone. Nothing is held afterwards.
    void run();

private:
    enum class State : std::uint8_t { idle, holding, letting_go };
    enum class LetGo : std::uint8_t { ordered, lease_expired, main_gone, hold_failed };

    // Orders.
    void read_orders();
    void obey(const HoldOrder& order);
    void obey(const DropOrder& order);
    void obey(const AnnounceOrder& order);
    void obey(const ProbeOrder& order);
    void obey(const DepositOrder& order);
    void obey(const ReloadOrder& order);
    void main_is_gone();

    // Holding and letting go (keeper.cpp).
    void begin_holding(Instant acknowledged_at);
    void hold_failed(const std::string& why);
    void awake();
    void judge_lease();
    void let_go(LetGo why);
    void remove_vips();
    void vips_are_down();
    void remove_routes();
    void renew();
    void watch_own_pulse();

    // Interfaces and addresses (keeper_events.cpp).
    void read_events();
    void follow(const NetlinkEvent& event);
    void take_stock();
    void settle();
    void settle_interface(std::size_t interface);
    void prepare(const std::vector<VipConfig>& vips, const InterfaceTable& interfaces);
    void read_forwarding();
    void put_back();
    void put_back_routes();
    void report_carriers();
    void report_carrier(const VipInterface& interface);
    void mend_fence();
    void report_fence();
    void tell_bites();

    // Announcing (keeper_events.cpp).
    void announce_all_again();
    void announce();
    void collect_frames(std::size_t vip, std::vector<AnnouncementFrames>& frames);
    void schedule_announcing();

    // Other VIPs (keeper_reload.cpp).
    void read_inbox();
    Status take_over(const TextDigest& text);
    Status change_to(Config wanted);
    Result<VipSet::Change> put_on(const Config& wanted, const InterfaceTable& interfaces);
    Status lease_leaves_time_for(const Config& wanted) const;
    void follow_change(const FormerPlaces& former);
    void listen_by(std::vector<ClaimSocket> sockets);

    // Others who claim a VIP (keeper_rivals.cpp).
    void listen(std::uint32_t events);
    void hear_claims();
    void ignore_earlier_claims();
    void consider(int interface_index, const NeighborClaim& claim);
    void defend(std::size_t vip, const MacAddress& rival);
    void report_rivals();
    void probe();
    std::optional<std::size_t> vip_of(int interface_index, const IpAddress& address) const;
    bool is_on_the_lan(std::size_t vip) const;

    void report(const GuardReport& report);

    Config config_;
    LeasePage& page_;
    AnnouncementCounter announcements_;  ///< what was sent, for main to read
    Fd to_main_;
    GuardTools tools_;
    InterfaceTable interfaces_;
    InterfaceTable tracked_;  ///< which carry no VIP: main hears of them, nothing else is done
    VipSet vips_;
    RouteSet routes_;
    FencePosts fence_;
    Announcer announcer_;
    OwnMacs own_macs_;
    RivalWatch rivals_;
    Prober prober_;

    State state_ = State::idle;
    LetGo why_ = LetGo::ordered;  ///< while letting go
    std::string why_hold_failed_;
    std::uint64_t round_ = 0;  ///< of the last Hold
    bool main_gone_ = false;
    std::optional<Instant> last_put_back_;

    std::map<std::string, Carrier> carriers_told_;  ///< by interface, tracked ones as well
    std::optional<std::string> fence_trouble_told_;
    std::uint64_t bites_before_ = 0;      ///< of the fence, when holding began
    std::vector<Forwarding> forwarding_;  ///< by interface
    std::set<std::string> prepared_;      ///< interfaces

    Seldom put_back_lines_, route_lines_, frame_lines_, kernel_lines_, fence_lines_;
    std::vector<Seldom> rival_lines_;  ///< by VIP

    // Watches and timers die first. The timers are in the order in which equal deadlines are
    // served.
    Loop::Timer judge_;          ///< the lease timer fired in this wake-up
    Loop::Timer remove_;         ///< tries again to remove VIPs
    Loop::Timer remove_routes_;  ///< tries again to remove routes and rules
    Loop::Timer put_back_;       ///< a VIP is missing, or a route may be
    Loop::Timer announce_;       ///< the announcer's deadline
    Loop::Timer renew_;          ///< half of the addresses' lifetime has passed
    Loop::Timer pulse_;          ///< a sign of life is due, while holding
    Loop::Timer report_rivals_;  ///< RivalWatch's deadline
    Loop::Timer probe_;          ///< the prober's deadline
    Loop::Timer listen_again_;   ///< claims were more than one look may bring
    Loop::Watch orders_, inbox_, events_, lease_;
    std::vector<Loop::Watch> claims_;  ///< one for each of the tools' claim sockets
};

}  // namespace komainu
