// The guard as a process of its own on a host of the lab: what is on the interface, what goes over
// the wire, and what main hears, whatever happens to lease, main, addresses and interfaces.
#include "guard/guard.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <deque>

#include "guard/channel.h"
#include "guard/privileges.h"
#include "io/socket_address.h"
#include "netlink/address_socket.h"
#include "netlink/filter_socket.h"
#include "netlink/inventory.h"
#include "packet/arp.h"
#include "packet/ndp.h"
#include "test/lab/capture.h"
#include "test/lab/clock.h"
#include "test/lab/network.h"
#include "test/lab/watcher.h"
#include "test/net/stranger.h"

namespace komainu {

namespace {

constexpr Duration patience = 10s;
constexpr Duration long_lease = 1h;
constexpr std::uint16_t port = 9694;
constexpr const char* announcements = "arp or icmp6[0] == 136";

const Prefix vip4 = parse_prefix("10.77.0.100/24").value();
const Prefix vip6 = parse_prefix("fd77::100/64").value();

LastWillBytes some_will() {
    LastWillBytes will;
    for (int i = 0; i < 100; ++i) will.push_back(static_cast<std::byte>(i));
    return will;
}

enum class Privileged : bool { no, yes };

// Main's side of a guard that runs on a host of the lab, and a peer that may get the last will.
class GuardedHost {
public:
    GuardedHost() : page_(std::move(make_lease_page().value())) {
        config.self = NodeId{1};
        config.nodes = {{.id = NodeId{1}, .addresses = {host.ipv4}},
                        {.id = NodeId{2}, .addresses = {peer.ipv4}}};
        config.heartbeat.port = port;
        config.vips = {{"main", vip4, "eth0"}, {"six", vip6, "eth0"}};
    }
    ~GuardedHost() {
        sockets_.main.close();
        if (pid_ > 0) kill(pid_, SIGKILL);
        if (pid_ > 0) waitpid(pid_, nullptr, 0);
    }

    void fork_guard(Privileged privileged = Privileged::yes) {
        sockets_ = std::move(make_guard_sockets().value());
        pid_ = fork();
        if (pid_ == 0) {
            host.space.enter();
            sockets_.main.close();
            if (privileged == Privileged::no && !drop_all_capabilities()) _exit(99);
            _exit(run_guard(config, std::move(sockets_.guard), *page_, std::move(programs_)));
        }
        sockets_.guard.close();
    }
    void start() {
        fork_guard();
        ASSERT_TRUE(wait_for<ReadyReport>());
    }

    // Whether there is one; to be called before the start.
    bool load_fence() {
        auto fence = komainu::load_fence(config);
        if (!fence) return false;
        page_ = std::move(fence->page);
        programs_ = std::move(fence->programs);
        return true;
    }
    void use_no_fence() {
        programs_.reset();
        page_ = std::move(make_lease_page().value());
    }
    // How many of the fence's two hooks are in place on an interface.
    int fence_hooks(const char* interface = "eth0") {
        int found = 0;
        host.space.run([&] {
            auto filters = FilterSocket::open();
            const auto inventory = take_inventory();
            const LinkRecord* link = inventory.value().link(interface);
            for (const Hook hook : {Hook::ingress, Hook::egress})
                found += link && filters->is_there(link->interface, hook);
        });
        return found;
    }

    void order(const GuardOrder& order) {
        EXPECT_EQ(send_over(sockets_.main.get(), order), Sent::yes);
    }
    // Grants a lease and has the VIPs held.
    std::optional<HeldReport> hold(std::uint64_t round, Duration lease = long_lease) {
        lease_until = lab::now() + lease;
        EXPECT_TRUE(page_->grant(lease_until));
        order(HoldOrder{round, some_will()});
        return wait_for<HeldReport>();
    }

    // The next report of this kind; others before it are kept for later.
    template <class Report>
    std::optional<Report> wait_for(Duration limit = patience) {
        const Instant end = lab::now() + limit;
        for (;;) {
            for (auto i = reports_.begin(); i != reports_.end(); ++i) {
                const auto* found = std::get_if<Report>(&*i);
                if (!found) continue;
                Report report = *found;
                reports_.erase(i);
                return report;
            }
            if (lab::now() >= end || !receive_within(end - lab::now())) return {};
        }
    }

    std::optional<int> wait_for_exit() {
        int status = -1;
        const auto ended = [&] { return waitpid(pid_, &status, WNOHANG) == pid_; };
        if (!lab::wait_until(ended, patience)) return {};
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

    std::optional<AddressRecord> find(const Prefix& address) {
        std::optional<AddressRecord> found;
        host.space.run([&] {
            const auto inventory = take_inventory();
            for (const auto& a : inventory.value().addresses)
                if (a.address == address) found = a;
        });
        return found;
    }
    bool has(const Prefix& address) { return find(address).has_value(); }

    void shell(const std::string& command) {
        host.space.run([&] { EXPECT_EQ(std::system(command.c_str()), 0) << command; });
    }

    LeasePage& page() { return *page_; }
    pid_t pid() const { return pid_; }
    void close_main_end() { sockets_.main.close(); }

    lab::Network network;
    lab::Host& host = network.add_host("guarded", 1);
    lab::Host& peer = network.add_host("peer", 2);
    Config config;
    Instant lease_until;

private:
    bool receive_within(Duration limit) {
        pollfd readable{sockets_.main.get(), POLLIN, 0};
        const auto ms = std::chrono::ceil<std::chrono::milliseconds>(limit).count();
        if (poll(&readable, 1, static_cast<int>(ms)) != 1) return false;
        bool received = false;
        receive_messages(sockets_.main.get(), [&](Bytes bytes) {
            reports_.push_back(decode_report(bytes).value());
            received = true;
        });
        return received;
    }

    SharedLeasePage page_;
    std::optional<FencePrograms> programs_;
    GuardSockets sockets_;
    std::deque<GuardReport> reports_;
    pid_t pid_ = -1;
};

// Receives last wills on the peer.
class WillReceiver {
public:
    explicit WillReceiver(const lab::Host& peer) {
        peer.space.run([&] { socket_ = Fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)); });
        const SocketAddress own(Endpoint{peer.ipv4, port});
        EXPECT_EQ(bind(socket_.get(), &own.generic, own.size()), 0);
    }

    std::optional<std::vector<std::byte>> receive(Duration limit = patience) {
        pollfd readable{socket_.get(), POLLIN, 0};
        const auto ms = std::chrono::ceil<std::chrono::milliseconds>(limit).count();
        if (poll(&readable, 1, static_cast<int>(ms)) != 1) return {};
        std::vector<std::byte> bytes(2048);
        bytes.resize(static_cast<std::size_t>(recv(socket_.get(), bytes.data(), bytes.size(), 0)));
        return bytes;
    }

private:
    Fd socket_;
};

std::vector<std::byte> bytes_of(const LastWillBytes& will) { return {will.begin(), will.end()}; }

bool is_arp(const lab::Frame& frame, ArpForm form) {
    const auto packet = parse_arp(frame.bytes);
    return packet && is_announcement(*packet) && packet->form == form &&
           packet->sender_address == vip4.address;
}
bool is_arp_request(const lab::Frame& frame) { return is_arp(frame, ArpForm::request); }
bool is_arp_reply(const lab::Frame& frame) { return is_arp(frame, ArpForm::reply); }
bool is_advertisement(const lab::Frame& frame) {
    const auto packet = parse_advertisement(frame.bytes);
    return packet && packet->target == vip6.address && packet->override_flag &&
           !packet->solicited && packet->ethernet.destination == mac_all_nodes;
}

bool wait_for_number(const lab::Capture& capture, bool (*kind)(const lab::Frame&), std::size_t n) {
    return lab::wait_until([&] { return capture.frames_matching(kind).size() >= n; }, patience);
}

}  // namespace

TEST(Guard, HoldsAndAnnouncesBothFamilies) {
    GuardedHost guarded;
    guarded.start();
    const lab::Capture capture(guarded.peer, announcements);
    const auto held = guarded.hold(7);
    ASSERT_TRUE(held);
    EXPECT_EQ(held->round, 7u);
    EXPECT_LE(held->acknowledged_at, held->announced_at);
    for (const auto& vip : {vip4, vip6}) {
        const auto address = guarded.find(vip);
        ASSERT_TRUE(address) << to_string(vip);
        EXPECT_LE(address->valid_seconds, 2u);
    }
    EXPECT_TRUE(capture.wait_for(is_arp_request, patience));
    EXPECT_TRUE(capture.wait_for(is_arp_reply, patience));
    EXPECT_TRUE(capture.wait_for(is_advertisement, patience));
}

TEST(Guard, RepeatsItsAnnouncements) {
    GuardedHost guarded;
    guarded.start();
    const lab::Capture capture(guarded.peer, announcements);
    ASSERT_TRUE(guarded.hold(1));
    EXPECT_TRUE(wait_for_number(capture, is_arp_request, 4));
    EXPECT_TRUE(wait_for_number(capture, is_advertisement, 3));
    const auto advertisements = capture.frames_matching(is_advertisement);
    EXPECT_GE(advertisements[1].at - advertisements[0].at, 999ms);
}

TEST(Guard, DropsWhenOrderedAndSendsNoWill) {
    GuardedHost guarded;
    WillReceiver wills(guarded.peer);
    guarded.start();
    ASSERT_TRUE(guarded.hold(7));
    guarded.order(DropOrder{7});
    EXPECT_EQ(guarded.wait_for<DroppedReport>(), (DroppedReport{7, DropReason::ordered}));
    EXPECT_FALSE(guarded.has(vip4));
    EXPECT_FALSE(guarded.has(vip6));
    EXPECT_FALSE(guarded.page().expiry());
    EXPECT_FALSE(wills.receive(100ms));
}

TEST(Guard, HoldsAgainAfterADrop) {
    GuardedHost guarded;
    guarded.start();
    for (std::uint64_t round = 1; round <= 20; ++round) {
        ASSERT_TRUE(guarded.hold(round));
        guarded.order(DropOrder{round});
        ASSERT_TRUE(guarded.wait_for<DroppedReport>());
    }
    ASSERT_TRUE(guarded.hold(21));
    EXPECT_FALSE(guarded.wait_for<RestoredReport>(100ms)) << "took its own removal for another's";
}

TEST(Guard, AnExpiredLeaseRemovesTheVipsAndThenSendsTheWill) {
    GuardedHost guarded;
    const lab::AddressWatcher watcher(guarded.network);
    WillReceiver wills(guarded.peer);
    guarded.start();
    const auto mark = watcher.mark();
    ASSERT_TRUE(guarded.hold(7, 200ms));
    EXPECT_EQ(wills.receive(), bytes_of(some_will()));
    EXPECT_FALSE(guarded.has(vip4));
    EXPECT_FALSE(guarded.has(vip6));
    EXPECT_EQ(guarded.wait_for<DroppedReport>(), (DroppedReport{7, DropReason::lease_expired}));
    EXPECT_FALSE(guarded.page().extend(guarded.lease_until, guarded.lease_until + 1s));
    ASSERT_TRUE(watcher.wait_for_holders(vip4.address, {}, patience));
    for (const auto& event : watcher.events_since(mark)) {
        if (event.kind != lab::AddressEvent::Kind::removed) continue;
        EXPECT_GE(event.seen, guarded.lease_until);
    }
}

TEST(Guard, AnExtendedLeaseStands) {
    GuardedHost guarded;
    guarded.start();
    ASSERT_TRUE(guarded.hold(7, 300ms));
    for (Instant end = guarded.lease_until; end < guarded.lease_until + 3s; end += 100ms) {
        ASSERT_TRUE(guarded.page().extend(end, end + 100ms));
        lab::sleep_until(end - 200ms);
    }
    EXPECT_TRUE(guarded.has(vip4)) << "also longer than an address lives that is not renewed";
    EXPECT_TRUE(guarded.has(vip6));
    EXPECT_FALSE(guarded.wait_for<RestoredReport>(0ms));
    EXPECT_LT(lab::now() - guarded.page().guard_seen(), 2s);
}

TEST(Guard, ALeaseThatIsOverIsNotHeld) {
    GuardedHost guarded;
    const lab::AddressWatcher watcher(guarded.network);
    guarded.start();
    ASSERT_TRUE(guarded.page().grant(lab::now() - 1ms));
    guarded.order(HoldOrder{7, some_will()});
    EXPECT_EQ(guarded.wait_for<DroppedReport>(), (DroppedReport{7, DropReason::lease_expired}));
    EXPECT_TRUE(watcher.holders(vip4.address).empty());
}

TEST(Guard, TheEndOfMainRemovesTheVipsAndThenSendsTheWill) {
    GuardedHost guarded;
    WillReceiver wills(guarded.peer);
    guarded.start();
    ASSERT_TRUE(guarded.hold(7));
    guarded.close_main_end();
    EXPECT_EQ(wills.receive(), bytes_of(some_will()));
    EXPECT_FALSE(guarded.has(vip4));
    EXPECT_EQ(guarded.wait_for_exit(), 0);
    EXPECT_FALSE(guarded.has(vip6));
}

TEST(Guard, SurvivesTheSignalsThatConcernMain) {
    GuardedHost guarded;
    guarded.start();
    ASSERT_TRUE(guarded.hold(7));
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) kill(guarded.pid(), signal);
    guarded.order(DropOrder{7});
    EXPECT_TRUE(guarded.wait_for<DroppedReport>());
}

TEST(Guard, AKilledGuardLeavesNothingForLong) {
    GuardedHost guarded;
    guarded.start();
    ASSERT_TRUE(guarded.hold(7));
    kill(guarded.pid(), SIGKILL);
    const auto gone = [&] { return !guarded.has(vip4) && !guarded.has(vip6); };
    EXPECT_TRUE(lab::wait_until(gone, patience));
}

TEST(Guard, PutsBackWhatSomebodyElseRemoved) {
    GuardedHost guarded;
    guarded.start();
    ASSERT_TRUE(guarded.hold(7));
    const lab::Capture capture(guarded.peer, announcements);
    guarded.shell("ip addr del 10.77.0.100/24 dev eth0");
    EXPECT_EQ(guarded.wait_for<RestoredReport>(), RestoredReport{"main"});
    EXPECT_TRUE(guarded.has(vip4));
    EXPECT_TRUE(capture.wait_for(is_arp_request, patience));
    guarded.shell("ip addr del fd77::100/64 dev eth0");
    EXPECT_EQ(guarded.wait_for<RestoredReport>(), RestoredReport{"six"});
    EXPECT_TRUE(guarded.has(vip6));
}

TEST(Guard, PutsBackEverythingAfterAFlush) {
    GuardedHost guarded;
    guarded.start();
    ASSERT_TRUE(guarded.hold(7));
    guarded.shell("ip addr flush dev eth0");
    EXPECT_TRUE(guarded.wait_for<RestoredReport>());
    EXPECT_TRUE(guarded.wait_for<RestoredReport>());
    // ip flushes in rounds, and may have removed one a second time.
    EXPECT_TRUE(lab::wait_until([&] { return guarded.has(vip4) && guarded.has(vip6); }, patience));
}

TEST(Guard, SweepsWhatAnEarlierRunLeftBehind) {
    GuardedHost guarded;
    const Prefix old = parse_prefix("10.77.0.55/24").value();
    guarded.host.space.run([&] {
        auto socket = AddressSocket::open();
        const auto eth0 = take_inventory().value().link("eth0")->interface;
        AddressRequest add{AddressRequest::Verb::add, eth0, old};
        ASSERT_TRUE(socket->apply({&add, 1}));
    });
    ASSERT_TRUE(guarded.has(old));
    guarded.start();
    EXPECT_FALSE(guarded.has(old));
    EXPECT_TRUE(guarded.has({guarded.host.ipv4, 24}));
}

TEST(Guard, RefusesAVipThatSomebodyElseHasOnTheInterface) {
    GuardedHost guarded;
    guarded.shell("ip addr add 10.77.0.100/24 dev eth0");
    guarded.start();
    ASSERT_TRUE(guarded.page().grant(lab::now() + long_lease));
    guarded.order(HoldOrder{7, some_will()});
    const auto failed = guarded.wait_for<HoldFailedReport>();
    ASSERT_TRUE(failed);
    EXPECT_EQ(failed->text.rfind("vip.main: 10.77.0.100 is already on eth0", 0), 0u)
        << failed->text;
    EXPECT_TRUE(guarded.has(vip4)) << "what is not ours stays";
    EXPECT_FALSE(guarded.has(vip6)) << "all or none";
    EXPECT_FALSE(guarded.page().expiry());
}

TEST(Guard, RefusesAVipThatSomebodyElseHasElsewhereOnThisHost) {
    GuardedHost guarded;
    guarded.start();
    guarded.shell("ip addr add 10.77.0.100/32 dev lo");
    ASSERT_TRUE(guarded.page().grant(lab::now() + long_lease));
    guarded.order(HoldOrder{7, some_will()});
    EXPECT_TRUE(guarded.wait_for<HoldFailedReport>());
    guarded.shell("ip addr del 10.77.0.100/32 dev lo");
    EXPECT_TRUE(guarded.hold(8)) << "the refusal ends with its cause";
}

TEST(Guard, AVipThatCameFirstTakesNoOtherAddressWithIt) {
    GuardedHost guarded;
    guarded.shell(
        "for i in all eth0; do echo 0 > /proc/sys/net/ipv4/conf/$i/promote_secondaries; done");
    guarded.start();
    guarded.shell("ip addr del 10.77.0.1/24 dev eth0");
    ASSERT_TRUE(guarded.hold(7));
    guarded.shell("ip addr add 10.77.0.1/24 dev eth0");
    guarded.order(DropOrder{7});
    ASSERT_TRUE(guarded.wait_for<DroppedReport>());
    EXPECT_FALSE(guarded.has(vip4));
    EXPECT_TRUE(guarded.has(parse_prefix("10.77.0.1/24").value()));
}

TEST(Guard, TellsTheCarrierAndAnnouncesAgainWhenItComes) {
    GuardedHost guarded;
    guarded.start();
    EXPECT_EQ(guarded.wait_for<CarrierReport>(), (CarrierReport{Carrier::up, "eth0"}));
    ASSERT_TRUE(guarded.hold(7));
    guarded.network.set_carrier(guarded.host, lab::Carrier::down);
    EXPECT_EQ(guarded.wait_for<CarrierReport>(), (CarrierReport{Carrier::down, "eth0"}));
    const lab::Capture capture(guarded.network, announcements);
    guarded.network.set_carrier(guarded.host, lab::Carrier::up);
    EXPECT_EQ(guarded.wait_for<CarrierReport>(), (CarrierReport{Carrier::up, "eth0"}));
    EXPECT_TRUE(capture.wait_for(is_arp_request, patience));
}

TEST(Guard, AnnouncesANewHardwareAddress) {
    GuardedHost guarded;
    guarded.start();
    ASSERT_TRUE(guarded.hold(7));
    const lab::Capture capture(guarded.peer, announcements);
    guarded.shell("ip link set dev eth0 address 02:00:00:00:00:99");
    const auto has_new_address = [](const lab::Frame& frame) {
        return is_arp_reply(frame) && parse_arp(frame.bytes)->sender_mac.bytes[5] == 0x99;
    };
    EXPECT_TRUE(capture.wait_for(has_new_address, patience));
}

TEST(Guard, FollowsAnInterfaceThatIsMadeAnew) {
    GuardedHost guarded;
    guarded.config.vips.push_back({"other", parse_prefix("10.88.0.1/24").value(), "other0"});
    guarded.shell("ip link add other0 type veth peer name other1 && ip link set other0 up");
    guarded.start();
    ASSERT_TRUE(guarded.hold(7));
    guarded.shell("ip link del other0");
    guarded.shell("ip link add other0 type veth peer name other1 && ip link set other0 up");
    EXPECT_EQ(guarded.wait_for<RestoredReport>(), RestoredReport{"other"});
    EXPECT_TRUE(guarded.has(guarded.config.vips.back().address));
}

TEST(Guard, ARenamedInterfaceLosesItsVips) {
    GuardedHost guarded;
    guarded.config.vips.push_back({"other", parse_prefix("10.88.0.1/24").value(), "other0"});
    guarded.shell("ip link add other0 type veth peer name other1 && ip link set other0 up");
    guarded.start();
    ASSERT_TRUE(guarded.hold(7));
    guarded.shell("ip link set other0 down && ip link set other0 name another0");
    const auto gone = [&] { return !guarded.has(guarded.config.vips.back().address); };
    EXPECT_TRUE(lab::wait_until(gone, 1s));
}

TEST(Guard, AnnouncesAgainWhenOrdered) {
    GuardedHost guarded;
    guarded.start();
    ASSERT_TRUE(guarded.hold(7));
    lab::sleep_for(200ms);
    const lab::Capture capture(guarded.peer, announcements);
    guarded.order(AnnounceOrder{});
    ASSERT_TRUE(wait_for_number(capture, is_arp_request, 2));
    const auto frames = capture.frames_matching(is_arp_request);
    EXPECT_LT(frames[1].at - frames[0].at, 800ms) << "begins the schedule anew";
}

TEST(Guard, TellsOfARivalForAsLongAsItHolds) {
    GuardedHost guarded;
    guarded.start();
    lab::Stranger stranger(guarded.network);
    stranger.claim(vip4.address);
    ASSERT_TRUE(guarded.hold(7));
    EXPECT_FALSE(guarded.wait_for<RivalSeenReport>(200ms)) << "what was before the hold";
    stranger.claim(vip6.address);
    EXPECT_EQ(guarded.wait_for<RivalSeenReport>(), (RivalSeenReport{1, stranger.mac(), 1}));
    guarded.order(DropOrder{7});
    ASSERT_TRUE(guarded.wait_for<DroppedReport>());
    stranger.claim(vip4.address);
    EXPECT_FALSE(guarded.wait_for<RivalSeenReport>(200ms));
}

TEST(Guard, TakesNoInterfaceOfItsOwnHostForARival) {
    GuardedHost guarded;
    guarded.shell(
        "ip link add other0 type veth peer name other1 && ip link set other0 address "
        "02:00:00:00:00:77");
    guarded.start();
    ASSERT_TRUE(guarded.hold(7));
    lab::Stranger stranger(guarded.network);
    const MacAddress other{{2, 0, 0, 0, 0, 0x77}};
    stranger.claim(vip4.address, other);
    stranger.claim(vip6.address, other);
    EXPECT_FALSE(guarded.wait_for<RivalSeenReport>(200ms));
    guarded.shell("ip link del other0");
    const auto seen = [&] {
        stranger.claim(vip4.address, other);
        return guarded.wait_for<RivalSeenReport>(50ms).has_value();
    };
    EXPECT_TRUE(lab::wait_until(seen, patience)) << "an address that is no longer ours";
}

TEST(Guard, TakesNobodyInAnotherLanForARival) {
    GuardedHost guarded;
    guarded.shell(
        "ip link add other0 type veth peer name other1 && ip link set other0 up && ip link set "
        "other1 up");
    guarded.start();
    ASSERT_TRUE(guarded.hold(7));
    lab::Stranger elsewhere(guarded.host, "other1");
    elsewhere.claim(vip4.address, MacAddress{{2, 0, 0, 0, 0, 0x66}});
    EXPECT_FALSE(guarded.wait_for<RivalSeenReport>(200ms));
}

TEST(Guard, ProbesAndFindsNobody) {
    GuardedHost guarded;
    guarded.start();
    const lab::Capture capture(guarded.peer, "arp or icmp6[0] == 135");
    guarded.order(ProbeOrder{5});
    EXPECT_EQ(guarded.wait_for<ProbeReport>(), (ProbeReport{5, {}, 0}));
    MacAddress mac;
    guarded.host.space.run([&] { mac = take_inventory().value().link("eth0")->mac; });
    const auto is = [](const auto& bytes) {
        return [&](const lab::Frame& frame) { return std::ranges::equal(frame.bytes, bytes); };
    };
    const auto arp = arp_probe(mac, vip4.address);
    const auto solicitation = neighbor_probe(mac, vip6.address);
    EXPECT_EQ(capture.frames_matching(is(arp)).size(), 3u);
    EXPECT_EQ(capture.frames_matching(is(solicitation)).size(), 3u);
}

TEST(Guard, ProbesAndNamesWhoAnswers) {
    GuardedHost guarded;
    guarded.start();
    lab::Stranger stranger(guarded.network);
    stranger.take(vip4.address);
    stranger.take(vip6.address);
    guarded.order(ProbeOrder{5});
    const auto report = guarded.wait_for<ProbeReport>();
    ASSERT_TRUE(report);
    EXPECT_EQ(report->id, 5u);
    ASSERT_EQ(report->rivals.size(), 2u);
    EXPECT_EQ(report->rivals[0], (ProbeReport::Rival{0, stranger.mac()}));
    EXPECT_EQ(report->rivals[1], (ProbeReport::Rival{1, stranger.mac()}));
}

TEST(Guard, ProbesWhileItHoldsAndDoesNotFindItself) {
    GuardedHost guarded;
    guarded.start();
    ASSERT_TRUE(guarded.hold(7));
    guarded.order(ProbeOrder{5});
    guarded.order(ProbeOrder{6});
    EXPECT_EQ(guarded.wait_for<ProbeReport>(), (ProbeReport{5, {}, 0}));
    EXPECT_EQ(guarded.wait_for<ProbeReport>(), (ProbeReport{6, {}, 0}));
}

TEST(Guard, SaysForHowManyVipsItCouldAskNobody) {
    GuardedHost guarded;
    guarded.config.vips.push_back({"tunnel", parse_prefix("10.88.0.1/24").value(), "lo"});
    guarded.start();
    guarded.order(ProbeOrder{5});
    EXPECT_EQ(guarded.wait_for<ProbeReport>(), (ProbeReport{5, {}, 1})) << "no Ethernet";
    guarded.network.set_carrier(guarded.host, lab::Carrier::down);
    while (guarded.wait_for<CarrierReport>().value().carrier != Carrier::down) continue;
    guarded.order(ProbeOrder{6});
    EXPECT_EQ(guarded.wait_for<ProbeReport>(), (ProbeReport{6, {}, 3}));
}

TEST(Guard, SaysWhichInterfaceIsMissingAndWhichThereAre) {
    GuardedHost guarded;
    guarded.config.vips[0].interface = "eth7";
    guarded.fork_guard();
    const auto failed = guarded.wait_for<StartFailedReport>();
    ASSERT_TRUE(failed);
    EXPECT_EQ(failed->text, "vip.main.interface: no interface eth7 on this host; it has: eth0, lo");
    EXPECT_EQ(guarded.wait_for_exit(), 1);
}

TEST(Guard, SaysWhichCapabilitiesAreMissing) {
    GuardedHost guarded;
    guarded.fork_guard(Privileged::no);
    const auto failed = guarded.wait_for<StartFailedReport>();
    ASSERT_TRUE(failed);
    EXPECT_EQ(failed->text.rfind("CAP_NET_ADMIN and CAP_NET_RAW missing: ", 0), 0u) << failed->text;
    EXPECT_EQ(guarded.wait_for_exit(), 1);
}

TEST(Guard, KeepsNothingButItsTwoCapabilities) {
    GuardedHost guarded;
    guarded.start();
    const auto status = "/proc/" + std::to_string(guarded.pid()) + "/status";
    for (const char* line :
         {"CapInh:.0*$", "CapPrm:.0*3000$", "CapEff:.0*3000$", "CapAmb:.0*$", "NoNewPrivs:.1"})
        guarded.shell("grep -q '" + std::string(line) + "' " + status);
}

TEST(Guard, HoldsAThousandVips) {
    GuardedHost guarded;
    guarded.config.vips.clear();
    for (int i = 0; i < 1000; ++i) {
        const auto address = fmt::format("10.77.{}.{}/16", 1 + i / 250, 1 + i % 250);
        guarded.config.vips.push_back({std::to_string(i), parse_prefix(address).value(), "eth0"});
    }
    guarded.start();
    const lab::Capture capture(guarded.peer, announcements);
    const auto held = guarded.hold(7);
    ASSERT_TRUE(held);
    const auto arp = [](const lab::Frame& frame) { return parse_arp(frame.bytes).has_value(); };
    EXPECT_TRUE(
        lab::wait_until([&] { return capture.frames_matching(arp).size() >= 2000; }, patience));
    guarded.order(DropOrder{7});
    ASSERT_TRUE(guarded.wait_for<DroppedReport>());
    EXPECT_FALSE(guarded.has(guarded.config.vips.front().address));
    EXPECT_FALSE(guarded.has(guarded.config.vips.back().address));
}

// --- The fence

constexpr const char* no_fence = "BPF is not permitted here";
const std::string add_filter_of_others = "tc filter add dev eth0 ingress ";
const std::string matches_nothing = "bpf bytecode '1,6 0 0 0,'";

TEST(GuardFence, StandsWhileTheGuardLivesAndLeavesWithItAfterTheVips) {
    GuardedHost guarded;
    if (!guarded.load_fence()) GTEST_SKIP() << no_fence;
    guarded.shell("tc qdisc add dev eth0 clsact");
    guarded.shell(add_filter_of_others + "pref 7 handle 1 " + matches_nothing);
    guarded.shell(add_filter_of_others + "pref 9 " + matches_nothing);
    guarded.start();
    EXPECT_EQ(guarded.wait_for<FenceReport>(), FenceReport{""});
    EXPECT_EQ(guarded.fence_hooks(), 2) << "also while nothing is held";
    ASSERT_TRUE(guarded.hold(7));
    guarded.order(DropOrder{7});
    ASSERT_TRUE(guarded.wait_for<DroppedReport>());
    EXPECT_EQ(guarded.fence_hooks(), 2);
    guarded.close_main_end();
    EXPECT_EQ(guarded.wait_for_exit(), 0);
    EXPECT_EQ(guarded.fence_hooks(), 0);
    guarded.shell("test $(tc filter show dev eth0 ingress | grep -c bytecode) = 2");
}

TEST(GuardFence, LeavesItsPlaceToWhoeverHasItAlready) {
    GuardedHost guarded;
    if (!guarded.load_fence()) GTEST_SKIP() << no_fence;
    guarded.shell("tc qdisc add dev eth0 clsact");
    guarded.shell(add_filter_of_others + "pref 7 handle 0x6b6f6d61 " + matches_nothing);
    guarded.start();
    EXPECT_EQ(guarded.wait_for<FenceReport>(),
              FenceReport{"eth0: somebody else has a filter in komainu's place (priority 7): bpf"});
    guarded.close_main_end();
    EXPECT_EQ(guarded.wait_for_exit(), 0);
    guarded.shell("tc filter show dev eth0 ingress | grep -q bytecode");
    EXPECT_EQ(guarded.fence_hooks(), 0);
}

TEST(GuardFence, FollowsAnInterfaceThatIsMadeAnewAndLeavesOneThatIsRenamed) {
    GuardedHost guarded;
    guarded.config.vips.push_back({"other", parse_prefix("10.88.0.1/24").value(), "other0"});
    if (!guarded.load_fence()) GTEST_SKIP() << no_fence;
    guarded.shell("ip link add other0 type veth peer name other1 && ip link set other0 up");
    guarded.start();
    ASSERT_TRUE(guarded.hold(7));
    EXPECT_EQ(guarded.fence_hooks("other0"), 2);
    guarded.shell("ip link del other0");
    guarded.shell("ip link add other0 type veth peer name other1 && ip link set other0 up");
    EXPECT_EQ(guarded.wait_for<RestoredReport>(), RestoredReport{"other"});
    EXPECT_EQ(guarded.fence_hooks("other0"), 2);
    guarded.shell("ip link set other0 down && ip link set other0 name another0");
    EXPECT_TRUE(lab::wait_until([&] { return guarded.fence_hooks("another0") == 0; }, patience));
    EXPECT_EQ(guarded.fence_hooks("eth0"), 2);
}

TEST(GuardFence, IsPutBackWhenSomebodyElseTakesItAway) {
    GuardedHost guarded;
    if (!guarded.load_fence()) GTEST_SKIP() << no_fence;
    guarded.start();
    ASSERT_TRUE(guarded.hold(7));
    guarded.shell("tc qdisc del dev eth0 clsact");
    EXPECT_TRUE(lab::wait_until([&] { return guarded.fence_hooks() == 2; }, patience));
}

TEST(GuardFence, OfAKilledGuardStaysAndIsRemovedByAGuardThatHasNone) {
    GuardedHost guarded;
    if (!guarded.load_fence()) GTEST_SKIP() << no_fence;
    guarded.start();
    kill(guarded.pid(), SIGKILL);
    EXPECT_EQ(guarded.wait_for_exit(), 128 + SIGKILL);
    EXPECT_EQ(guarded.fence_hooks(), 2);
    guarded.use_no_fence();
    guarded.start();
    EXPECT_EQ(guarded.fence_hooks(), 0);
    EXPECT_TRUE(guarded.hold(8));
}

TEST(GuardFence, OfAnEarlierRunIsRemovedFromAnInterfaceThatCarriesNoVipsAnyMore) {
    GuardedHost guarded;
    guarded.shell("ip link add other0 type veth peer name other1 && ip link set other0 up");
    guarded.config.vips.push_back({"other", parse_prefix("10.88.0.1/24").value(), "other0"});
    if (!guarded.load_fence()) GTEST_SKIP() << no_fence;
    guarded.start();
    kill(guarded.pid(), SIGKILL);
    EXPECT_EQ(guarded.wait_for_exit(), 128 + SIGKILL);
    guarded.config.vips.pop_back();
    ASSERT_TRUE(guarded.load_fence());
    guarded.start();
    EXPECT_EQ(guarded.fence_hooks("eth0"), 2);
    EXPECT_EQ(guarded.fence_hooks("other0"), 0);
}

TEST(GuardFence, SaysWhereItCannotStand) {
    GuardedHost guarded;
    guarded.shell("tc qdisc add dev eth0 ingress");
    if (!guarded.load_fence()) GTEST_SKIP() << no_fence;
    guarded.start();
    EXPECT_EQ(guarded.wait_for<FenceReport>(),
              FenceReport{"eth0: it has a queue discipline ingress in the place of clsact"});
    guarded.shell("tc qdisc del dev eth0 ingress");
    ASSERT_TRUE(guarded.hold(7));
    EXPECT_EQ(guarded.wait_for<FenceReport>(), FenceReport{""});
}

}  // namespace komainu
