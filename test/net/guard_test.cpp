// What the guard holds and for how long, what it sends, and what its process may do.
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "io/socket_address.h"
#include "netlink/address_socket.h"
#include "test/lab/watcher.h"
#include "test/net/guarded_host.h"

namespace komainu {

namespace {

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

TEST(Guard, CountsTheFramesThatItAnnouncesWith) {
    using Protocol = AnnouncementPage::Protocol;
    GuardedHost guarded;
    guarded.start();
    EXPECT_EQ(guarded.announced(Protocol::arp), 0u);
    const lab::Capture capture(guarded.peer, announcements);
    ASSERT_TRUE(guarded.hold(7));
    EXPECT_TRUE(wait_for_number(capture, is_arp_reply, 2));
    EXPECT_TRUE(wait_for_number(capture, is_advertisement, 2));
    guarded.order(DropOrder{7});
    ASSERT_TRUE(guarded.wait_for<DroppedReport>());
    const auto seen = [&](auto matches) { return capture.frames_matching(matches).size(); };
    EXPECT_TRUE(lab::wait_until(
        [&] {
            return guarded.announced(Protocol::arp) == seen(is_arp_request) + seen(is_arp_reply) &&
                   guarded.announced(Protocol::ndp) == seen(is_advertisement);
        },
        patience));
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

// Such an address appears after the start, which sweeps: from a guard that was stopped, say.
TEST(Guard, ReplacesAnAddressOfAnEarlierRunThatHasAnotherLabel) {
    GuardedHost guarded;
    guarded.config.vips[0].label = "eth0:new";
    guarded.start();
    guarded.host.space.run([&] {
        const auto inventory = take_inventory();
        AddressRequest old{AddressRequest::Verb::add, inventory->link("eth0")->interface, vip4, 60};
        old.label = "eth0:old";
        ASSERT_TRUE(AddressSocket::open()->apply({&old, 1}));
        ASSERT_EQ(old.error, 0);
    });
    ASSERT_TRUE(guarded.hold(1));
    guarded.shell("ip -o addr show dev eth0 label eth0:new | grep -q 10.77.0.100/24");
    EXPECT_LE(guarded.find(vip4)->valid_seconds, 2u);
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

}  // namespace

}  // namespace komainu
