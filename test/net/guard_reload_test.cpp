// The guard is ordered to take over another list of VIPs: it does so by the text that the runner
// has handed it, and answers each order once.
#include <unistd.h>

#include "conf/reader.h"
#include "io/memory_file.h"
#include "packet/frame_socket.h"
#include "test/net/guarded_host.h"

namespace komainu {

namespace {

const std::string beginning =
    "[cluster]\nname = lab\n[node.1]\naddress = 10.77.0.1\n[node.2]\naddress = 10.77.0.2\n"
    "[heartbeat]\nport = 9694\ninterval = 1s\ndeadtime = 2s\n";

std::string vip(const std::string& name, const std::string& address,
                const std::string& interface = "eth0") {
    return "[vip." + name + "]\naddress = " + address + "\ninterface = " + interface + "\n";
}

std::string but_named(std::string text, const std::string& name) {
    return text.replace(text.find("lab"), 3, name);
}

const std::string main_vip = vip("main", "10.77.0.100/24");
const std::string other_vip = vip("other", "10.88.0.1/24", "other0");

std::string many_vips(int count) {
    std::string text = beginning;
    for (int i = 0; i < count; ++i)
        text += vip("v" + std::to_string(i), fmt::format("10.99.{}.{}/16", 1 + i / 250, i % 250));
    return text;
}

class GuardReload : public testing::Test {
protected:
    void begin(const std::string& text) {
        guarded.config = read_config(text).config;
        guarded.config.self = NodeId{1};
    }
    void make_other_interface() { lab::add_pair(guarded.host, "other0", "other1"); }
    void hand_over(const std::string& text) {
        const Fd file = std::move(make_memory_file().value());
        ASSERT_EQ(::write(file.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
        ASSERT_TRUE(seal_memory_file(file.get()));
        guarded.hand_over(file.get());
    }
    void order(const std::string& text) { guarded.order(ReloadOrder{++id, digest_of(text)}); }
    bool takes_over(const std::string& text) {
        hand_over(text);
        order(text);
        return guarded.wait_for<ReloadedReport>() == ReloadedReport{id};
    }
    std::string refusal_of(const std::string& text) {
        order(text);
        const auto failed = guarded.wait_for<ReloadFailedReport>();
        EXPECT_TRUE(failed && failed->id == id);
        return failed ? failed->text : "";
    }
    bool has(const std::string& address) { return guarded.has(parse_prefix(address).value()); }

    GuardedHost guarded;
    std::uint64_t id = 0;
};

TEST_F(GuardReload, HoldsTheNewListUnderTheLeaseOfTheOldOne) {
    make_other_interface();
    begin(beginning + main_vip);
    guarded.start();
    ASSERT_TRUE(guarded.hold(7));
    const lab::Capture capture(guarded.peer, announcements);
    ASSERT_TRUE(takes_over(beginning + vip("six", "fd77::100/64") + main_vip + other_vip));
    EXPECT_TRUE(has("10.77.0.100/24") && has("fd77::100/64") && has("10.88.0.1/24"));
    EXPECT_TRUE(capture.wait_for(is_advertisement, patience));
    EXPECT_EQ(guarded.wait_for<CarrierReport>(), (CarrierReport{Carrier::up, "eth0"}));
    EXPECT_TRUE(guarded.wait_for<CarrierReport>()) << "other0";
    lab::sleep_for(3s);
    EXPECT_TRUE(has("10.77.0.100/24") && has("fd77::100/64") && has("10.88.0.1/24")) << "renewed";
    guarded.order(DropOrder{7});
    ASSERT_TRUE(guarded.wait_for<DroppedReport>());
    EXPECT_FALSE(has("10.77.0.100/24") || has("fd77::100/64") || has("10.88.0.1/24"));
    ASSERT_TRUE(guarded.hold(8));
    EXPECT_TRUE(has("10.77.0.100/24") && has("fd77::100/64") && has("10.88.0.1/24"));
    guarded.close_main_end();
    EXPECT_EQ(guarded.wait_for_exit(), 0);
    EXPECT_FALSE(has("10.77.0.100/24") || has("fd77::100/64") || has("10.88.0.1/24"));
}

TEST_F(GuardReload, IsByNoOtherTextThanTheOneThatWasHandedOver) {
    begin(beginning + main_vip);
    guarded.start();
    const std::string wanted = beginning + vip("stolen", "10.77.0.66/24");
    EXPECT_NE(refusal_of(wanted), "") << "main alone can name none";
    hand_over(beginning + main_vip + vip("b", "10.77.0.101/24"));
    EXPECT_EQ(refusal_of(wanted), "the guard was handed another configuration");
    hand_over(but_named(wanted, "temple"));
    EXPECT_NE(refusal_of(but_named(wanted, "temple")).find("cannot change"), std::string::npos);
    ASSERT_TRUE(guarded.hold(7));
    EXPECT_TRUE(has("10.77.0.100/24"));
    EXPECT_FALSE(has("10.77.0.66/24") || has("10.77.0.101/24"));
}

TEST_F(GuardReload, PutsAVipOnAnInterfaceThatWasOnlyTrackedAndBack) {
    make_other_interface();
    const std::string tracked = beginning + "[lifecheck]\ntrack_interface = other0\n" + main_vip;
    begin(tracked);
    guarded.start();
    while (guarded.wait_for<CarrierReport>(0ms)) {
    }
    ASSERT_TRUE(guarded.hold(7));
    ASSERT_TRUE(takes_over(tracked + other_vip));
    ASSERT_TRUE(takes_over(tracked));
    EXPECT_FALSE(guarded.wait_for<RestoredReport>(300ms)) << "nothing was ever taken off for that";
    EXPECT_FALSE(guarded.wait_for<CarrierReport>(0ms)) << "main knows of it";
    guarded.shell("ip link set other0 down");
    EXPECT_EQ(guarded.wait_for<CarrierReport>(), (CarrierReport{Carrier::down, "other0"}));
}

TEST_F(GuardReload, ListensForClaimsOnTheNewVipsAndCountsThemByTheirNewPlaces) {
    begin(beginning + main_vip);
    guarded.start();
    ASSERT_TRUE(guarded.hold(7));
    ASSERT_TRUE(takes_over(beginning + vip("new", "10.77.0.101/24") + main_vip));
    guarded.peer.space.run([] {
        auto socket = FrameSocket::open();
        const auto inventory = take_inventory();
        const LinkRecord& link = *inventory.value().link("eth0");
        for (const char* claimed : {"10.77.0.101", "10.77.0.100"}) {
            const auto frame =
                arp_announcement(ArpForm::reply, link.mac, parse_address(claimed).value());
            const OutgoingFrame out{static_cast<int>(link.interface), frame};
            EXPECT_EQ(socket->send({&out, 1}).sent, 1u);
        }
    });
    EXPECT_EQ(guarded.wait_for<RivalSeenReport>()->vip, 0);
    EXPECT_EQ(guarded.wait_for<RivalSeenReport>()->vip, 1);
}

TEST_F(GuardReload, AnswersAProbeThatIsUnderWayOnceAndByTheNewPlaces) {
    begin(beginning + main_vip);
    guarded.start();
    guarded.order(ProbeOrder{5});
    ASSERT_TRUE(takes_over(beginning + main_vip + vip("b", "10.77.0.101/24")));
    EXPECT_EQ(guarded.wait_for<ProbeReport>()->id, 5u);
    EXPECT_FALSE(guarded.wait_for<ProbeReport>(500ms));
}

TEST_F(GuardReload, PutsTheFenceWhereTheNewVipsAreAndTakesItAwayWithTheOldOnes) {
    make_other_interface();
    begin(beginning + main_vip);
    if (!guarded.load_fence()) GTEST_SKIP() << "BPF is not permitted here";
    guarded.start();
    ASSERT_TRUE(guarded.hold(7));
    EXPECT_EQ(guarded.fence_hooks("other0"), 0);
    ASSERT_TRUE(takes_over(beginning + main_vip + other_vip));
    EXPECT_EQ(guarded.fence_hooks("other0"), 2);
    EXPECT_EQ(guarded.fence_hooks("eth0"), 2);
    guarded.shell("ip addr add 10.77.0.101/24 dev eth0");
    const std::string refused = beginning + main_vip + vip("b", "10.77.0.101/24");
    hand_over(refused);
    EXPECT_NE(refusal_of(refused), "");
    EXPECT_EQ(guarded.fence_hooks("other0"), 2) << "still there after what came to nothing";
    ASSERT_TRUE(takes_over(beginning + main_vip));
    EXPECT_EQ(guarded.fence_hooks("other0"), 0);
    EXPECT_EQ(guarded.fence_hooks("eth0"), 2);
}

TEST_F(GuardReload, IsRefusedWhereTheFenceIsRequiredAndCannotStand) {
    make_other_interface();
    guarded.shell("tc qdisc add dev other0 ingress");
    const std::string required = beginning + "[daemon]\nfence = require\n";
    begin(required + main_vip);
    if (!guarded.load_fence()) GTEST_SKIP() << "BPF is not permitted here";
    guarded.start();
    hand_over(required + main_vip + other_vip);
    EXPECT_EQ(refusal_of(required + main_vip + other_vip),
              "no fence, which is required: other0: it has a queue discipline ingress in the place "
              "of clsact");
    EXPECT_EQ(guarded.fence_hooks("other0"), 0);
}

TEST_F(GuardReload, IsRefusedWhenTheLeaseIsAboutToEnd) {
    begin(beginning + main_vip);
    guarded.start();
    const std::string wanted = beginning + main_vip + vip("b", "10.77.0.101/24");
    hand_over(wanted);
    ASSERT_TRUE(guarded.page().grant(lab::now() + 2ms));
    guarded.order(HoldOrder{7, some_will()});
    order(wanted);
    const auto failed = guarded.wait_for<ReloadFailedReport>(500ms);
    EXPECT_TRUE(!failed || failed->text == "the lease is about to end");
    ASSERT_TRUE(guarded.wait_for<DroppedReport>());
    EXPECT_FALSE(has("10.77.0.101/24"));
}

// In a subnet of which the host has no address of its own, so that the first VIP is the kernel's
// primary address.
TEST_F(GuardReload, OfAThousandVipsIsQuick) {
    begin(many_vips(1000));
    guarded.start();
    ASSERT_TRUE(guarded.hold(7));
    for (const auto& wanted : {many_vips(1001), beginning + main_vip}) {
        const Instant before = lab::now();
        ASSERT_TRUE(takes_over(wanted));
        EXPECT_LT(lab::now() - before, 1s);
        RecordProperty("reload_us", static_cast<int>((lab::now() - before) / 1us));
    }
    EXPECT_FALSE(has("10.99.1.1/16"));
}

}  // namespace

}  // namespace komainu
