// Others on the LAN who claim a VIP: while it is held they are seen, told of and answered; when a
// cluster starts they are met as the configuration says. Who belongs to the cluster is no rival.
#include <unistd.h>

#include <fstream>

#include "test/net/scenario.h"
#include "test/net/stranger.h"

namespace komainu::lab {
namespace {

using nlohmann::json;

/// Until they repeat within a minute: RFC 5227 and RFC 4861, see guard/announcer.h.
constexpr std::size_t first_arp_frames = 10;
constexpr std::size_t first_advertisements = 3;

/// What a process has used of the processor.
Duration processor_time(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string field;
    for (int i = 1; i <= 13; ++i) file >> field;
    long user = 0;
    long system = 0;
    file >> user >> system;
    return std::chrono::milliseconds((user + system) * 1000 / sysconf(_SC_CLK_TCK));
}

class Rivals : public Scenario {
protected:
    /// The longest time from one renewal of the VIP's lifetime to the next, since the watcher's
    /// mark.
    Duration longest_without_renewal(std::size_t watcher_mark) {
        Duration longest{};
        std::optional<Instant> last;
        for (const AddressEvent& event : watcher().events_since(watcher_mark)) {
            if (event.address != vip()) continue;
            if (last) longest = std::max(longest, event.seen - *last);
            last = event.seen;
        }
        return longest;
    }

    /// Begins, and waits until the active has said all that it says without being asked.
    int begin_and_fall_silent(ClusterOptions options = {}) {
        const int active = begin(std::move(options));
        const std::size_t frames = vip().is_ipv4() ? first_arp_frames : first_advertisements;
        EXPECT_TRUE(
            wait_until([&] { return announcements(active, vip()).size() >= frames; }, patience));
        mark();
        return active;
    }

    json rivals(int node) {
        const auto status = cluster().status(node);
        return status ? (*status)["rivals"] : json();
    }

    void expect_rival(int active, const Stranger& stranger, int times) {
        const auto told = [&] {
            const json seen = rivals(active);
            return seen.size() == 1 && seen[0]["times"] == times;
        };
        EXPECT_TRUE(wait_until(told, patience)) << rivals(active);
        const json seen = rivals(active).at(0);
        EXPECT_EQ(seen["vip"], "v0");
        EXPECT_EQ(seen["interface"], "eth0");
        EXPECT_EQ(seen["mac"], to_string(stranger.mac()));
        const std::string line = "vip.v0: " + to_string(vip()) + " on eth0 is also claimed by " +
                                 to_string(stranger.mac());
        EXPECT_NE(cluster().log(active).find(line), std::string::npos);
    }

    void expect_no_rivals() {
        for (int node = 1; node <= cluster().size(); ++node)
            if (cluster().running(node)) {
                EXPECT_EQ(rivals(node), json::array()) << "node " << node;
                EXPECT_EQ(cluster().log(node).find("is also claimed by"), std::string::npos);
            }
    }

    /// One claim, one answer.
    void expect_one_claim_is_answered(const IpAddress& address) {
        const int active = begin_and_fall_silent(
            {.vips = {to_string(address) + (address.is_ipv4() ? "/24" : "/64")}});
        Stranger stranger(cluster().network());
        const Instant claimed_at = now();
        stranger.claim(vip());
        expect_announced(active, vip());
        const auto answer = announcements(active, vip());
        ASSERT_FALSE(answer.empty());
        RecordProperty("answer_us", static_cast<int>((answer[0].at - claimed_at) / 1us));
        expect_rival(active, stranger, 1);
        sleep_for(300ms);
        EXPECT_EQ(announcements(active, vip()).size(), vip().is_ipv4() ? 2u : 1u);
        EXPECT_EQ(cluster().active(), active);
        for (int node = 1; node <= 3; ++node)
            EXPECT_EQ(rivals(node).empty(), node != active) << "a standby minds its own";
    }

    /// Until each node says that the stranger is in its way.
    void expect_all_wait_for(const Stranger& stranger) {
        const std::string reason = "vip.v0: " + to_string(stranger.mac()) + " answers for " +
                                   to_string(vip()) + " on eth0, and is no active of this cluster";
        for (int node = 1; node <= cluster().size(); ++node) {
            const auto waits = [&] {
                const auto status = cluster().status(node);
                return status && (*status)["nodes"][node - 1]["reason"] == reason;
            };
            EXPECT_TRUE(wait_until(waits, patience)) << cluster().log(node);
        }
    }

    void expect_waits_until_the_stranger_has_gone(ClusterOptions options) {
        lay_out(std::move(options));
        allow_overlap();
        Stranger stranger(cluster().network());
        stranger.take(vip());
        cluster().start_all();
        expect_all_wait_for(stranger);
        sleep_for(500ms);
        EXPECT_FALSE(cluster().active());
        EXPECT_EQ(watcher().holders(vip()), std::set{stranger_number});
        stranger.give_up(vip());
        const auto active = cluster().wait_for_active();
        ASSERT_TRUE(active);
        EXPECT_TRUE(watcher().wait_for_holders(vip(), {*active}, patience));
        for (int node = 1; node <= cluster().size(); ++node) {
            const std::string log = cluster().log(node);
            const auto said = log.find("(conflict = wait)");
            EXPECT_NE(said, std::string::npos);
            EXPECT_EQ(log.find("(conflict = wait)", said + 1), std::string::npos) << "said once";
        }
    }
};

// --- While a VIP is held

TEST_F(Rivals, AreSeenToldOfAndAnswered) {
    expect_one_claim_is_answered(*parse_address("10.77.0.100"));
}

TEST_F(Rivals, AreSeenToldOfAndAnsweredForIpv6) {
    expect_one_claim_is_answered(*parse_address("fd77::100"));
}

TEST_F(Rivals, WhoTakeTheAddressDoNotKeepTheClient) {
    allow_overlap();
    const int active = begin_and_fall_silent();
    Stranger stranger(cluster().network());
    stranger.take(vip());
    stranger.claim(vip());
    expect_announced(active, vip());
    EXPECT_TRUE(client().answered_by(active, client().mark(), patience));
    stranger.give_up(vip());
}

TEST_F(Rivals, WhoInsistAreAnsweredSeldom) {
    const int active = begin_and_fall_silent();
    Stranger stranger(cluster().network());
    int claims = 0;
    for (const Instant end = now() + 2500ms; now() < end; sleep_for(10ms)) {
        stranger.claim(vip());
        ++claims;
    }
    expect_rival(active, stranger, claims);
    // At 0 and at 1 s, and the next at 3 s.
    EXPECT_TRUE(wait_until([&] { return announcements(active, vip()).size() >= 6; }, patience));
    sleep_for(1s);
    EXPECT_EQ(announcements(active, vip()).size(), 6u);
}

TEST_F(Rivals, AreNotThoseWhoOnlyAsk) {
    const int active = begin_and_fall_silent({.vips = {"10.77.0.100/24", "fd77::100/64"}});
    Stranger stranger(cluster().network());
    stranger.send(arp_probe(stranger.mac(), vip(0)));
    stranger.send(neighbor_probe(stranger.mac(), vip(1)));
    sleep_for(300ms);
    expect_no_rivals();
    EXPECT_EQ(cluster().active(), active);
}

TEST_F(Rivals, AreNotTheNodesOfTheCluster) {
    int active = begin({.vips = {"10.77.0.100/24", "fd77::100/64"}});
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(cluster().wait_until_whole());
        active = expect_takeover(active,
                                 [&] { EXPECT_EQ((*cluster().switchover(active))["ok"], true); });
    }
    ASSERT_TRUE(cluster().wait_until_whole());
    expect_takeover(active, [&] { cluster().kill_main(active); });
    sleep_for(300ms);
    expect_no_rivals();
}

TEST_F(Rivals, WhoFloodTheLanDoNotDisturbTheCluster) {
    const int active = begin_and_fall_silent({.deadtime = 500ms});
    Stranger stranger(cluster().network());
    const pid_t guard = cluster().guard_pid(active);
    const auto renewals = watcher().mark();
    const Duration used = processor_time(guard);
    std::size_t frames = 0;
    constexpr Duration flood = 3s;
    constexpr Duration between_renewals = 1s;  // see vip_lifetime()
    for (const Instant end = now() + flood; now() < end; sleep_for(1ms))
        frames += stranger.flood(vip());
    const Duration cost = processor_time(guard) - used;
    RecordProperty("flood_frames", static_cast<int>(frames));
    RecordProperty("guard_ms", static_cast<int>(cost / 1ms));
    EXPECT_GT(frames, 5'000u);
    const Duration longest = longest_without_renewal(renewals);
    RecordProperty("renewal_late_us", static_cast<int>((longest - between_renewals) / 1us));
    EXPECT_GT(longest, between_renewals / 2);
    EXPECT_LT(longest, 2 * between_renewals) << "an address lives for two seconds";
    EXPECT_FALSE(rivals(active).empty());
    EXPECT_EQ(cluster().active(), active);
    for (const AddressEvent& event : watcher().events_since(renewals))
        EXPECT_TRUE(event.address != vip() || event.kind == AddressEvent::Kind::added);
    // The client believed the stranger; the last word is the active's.
    EXPECT_TRUE(client().answered_by(active, client().mark(), patience));
}

// --- At the start

TEST_F(Rivals, AtTheStartAreWaitedFor) { expect_waits_until_the_stranger_has_gone({}); }

TEST_F(Rivals, AtTheStartAreWaitedForWithIpv6) {
    expect_waits_until_the_stranger_has_gone({.vips = {"fd77::100/64"}});
}

TEST_F(Rivals, AtTheStartAreAReasonToRefuse) {
    lay_out({.cluster_keys = "conflict = refuse\n"});
    Stranger stranger(cluster().network());
    stranger.take(vip());
    cluster().start_all();
    const std::string line = "vip.v0: " + to_string(stranger.mac()) + " answers for " +
                             to_string(vip()) +
                             " on eth0, and is no active of this cluster (conflict = refuse)";
    for (int node = 1; node <= 3; ++node) {
        EXPECT_EQ(cluster().daemon(node).wait(patience), 1);
        EXPECT_NE(cluster().log(node).find(line), std::string::npos) << cluster().log(node);
    }
    EXPECT_EQ(watcher().holders(vip()), std::set{stranger_number});
}

TEST_F(Rivals, AtTheStartAreTakenOver) {
    lay_out({.cluster_keys = "conflict = take-over\n"});
    allow_overlap();
    Stranger stranger(cluster().network());
    stranger.take(vip());
    cluster().start_all();
    const auto active = cluster().wait_for_active();
    ASSERT_TRUE(active);
    EXPECT_TRUE(watcher().wait_for_holders(vip(), {*active, stranger_number}, patience));
    expect_announced(*active, vip());
    EXPECT_TRUE(client().answered_by(*active, client().mark(), patience));
    EXPECT_TRUE(logs(*active, "(conflict = take-over)"));
    stranger.give_up(vip());
}

TEST_F(Rivals, AtTheStartIsNotTheActiveOfTheCluster) {
    const int active =
        begin({.vips = {"10.77.0.100/24", "fd77::100/64"}, .cluster_keys = "conflict = refuse\n"});
    const int standby = active == 1 ? 2 : 1;
    expect_no_move(active, [&] {
        EXPECT_EQ(cluster().stop(standby), 0);
        cluster().start(standby);
        EXPECT_TRUE(cluster().wait_until_whole());
    });
    EXPECT_TRUE(cluster().running(standby));
    EXPECT_EQ(cluster().log(standby).find("conflict ="), std::string::npos);
}

}  // namespace
}  // namespace komainu::lab
