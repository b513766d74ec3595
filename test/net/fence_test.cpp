// The fence under real daemons: main and guard are stopped, or killed, by one system call, so that
// nobody is left to remove the VIP, and the old active's kernel goes on having it. Everything asks
// that kernel for the VIP; it must be silent before the new active has said its first word, and
// everything else of that host must go on.
//
// KOMAINU_FENCE_RUNS=50 repeats the takeovers so often (default 2), and prints what was measured.
#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "netlink/inventory.h"
#include "packet/frame_socket.h"
#include "test/lab/control.h"
#include "test/lab/sandbox.h"
#include "test/net/scenario.h"
#include "test/unit/hex.h"

namespace komainu::lab {
namespace {

using test::from_hex;
using test::hex;

constexpr std::size_t source_mac_at = 6, ether_type_at = 12, ip4_source_at = 26, ip6_source_at = 22;
constexpr std::uint16_t ether_type_ipv4 = 0x0800, ether_type_ipv6 = 0x86dd;

bool has_bytes(const Frame& frame, std::size_t offset, Bytes bytes) {
    return frame.bytes.size() >= offset + bytes.size() &&
           std::ranges::equal(Bytes(frame.bytes).subspan(offset, bytes.size()), bytes);
}

bool is_packet_from(const Frame& frame, const IpAddress& address) {
    const bool ipv4 = address.is_ipv4();
    return frame.u16(ether_type_at) == (ipv4 ? ether_type_ipv4 : ether_type_ipv6) &&
           has_bytes(frame, ipv4 ? ip4_source_at : ip6_source_at, wire_bytes(address));
}

/// Whether a host says by this frame that the VIP is there: by ARP, NDP, or a packet from it.
bool speaks_for(const Frame& frame, const MacAddress& host, const IpAddress& vip) {
    if (!has_bytes(frame, source_mac_at, wire_bytes(host))) return false;
    if (const auto arp = parse_arp(frame.bytes)) return arp->sender_address == vip;
    if (const auto na = parse_advertisement(frame.bytes); na && na->target == vip) return true;
    return is_packet_from(frame, vip);
}

/// Asks one host for an address again and again, at its hardware address, whoever else may have the
/// address now: by ARP or NDP, and by a datagram to the service behind it, once plain and once in a
/// tag that only has a priority (IEEE 802.1Q: VLAN 0), which the kernel takes off.
class Asker {
public:
    Asker(Host& from, const MacAddress& own, const MacAddress& asked) : own_(own), asked_(asked) {
        from.space.run([&] {
            socket_.emplace(std::move(FrameSocket::open().value()));
            index_ = static_cast<int>(take_inventory().value().link("eth0")->interface);
        });
        source_ = from.ipv4;
    }

    void ask_for(const IpAddress& address) {
        const std::string sender = hex(wire_bytes(source_)), target = hex(wire_bytes(address));
        const std::string ethernet = hex(wire_bytes(asked_)) + hex(wire_bytes(own_));
        const std::string datagram = "080045000025000040004011" + checksum(sender + target) +
                                     sender + target + "1e621e6100110000" + "0100000000000000" +
                                     "00";  // port 7778 to 7777, no checksum
        const auto arp = from_hex(ethernet + "08060001080006040001" + hex(wire_bytes(own_)) +
                                  sender + "000000000000" + target);
        const auto plain = from_hex(ethernet + datagram);
        const auto tagged = from_hex(ethernet + "8100e000" + datagram);
        const std::array frames{OutgoingFrame{index_, arp}, OutgoingFrame{index_, plain},
                                OutgoingFrame{index_, tagged}};
        EXPECT_EQ(socket_->send(frames).sent, frames.size());
    }

private:
    /// RFC 791 section 3.1, over the header above.
    static std::string checksum(const std::string& addresses) {
        std::uint32_t sum = 0;
        const auto words = from_hex("4500002500004000" + std::string("4011") + addresses);
        for (std::size_t i = 0; i < words.size(); i += 2)
            sum += std::to_integer<std::uint32_t>(words[i]) << 8 |
                   std::to_integer<std::uint32_t>(words[i + 1]);
        while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
        return fmt::format("{:04x}", ~sum & 0xffff);
    }

    std::optional<FrameSocket> socket_;
    int index_ = 0;
    IpAddress source_;
    MacAddress own_, asked_;
};

class FenceTakeover : public Scenario {
protected:
    /// Most of the time that the fence has to hold: the kernel itself removes the address 2 to 3 s
    /// after its last renewal.
    static constexpr Duration asking = 2500ms;

    static int runs() {
        const char* text = std::getenv("KOMAINU_FENCE_RUNS");
        return text ? std::max(1, std::atoi(text)) : 2;
    }

    nlohmann::json fence_of(int node) { return (*cluster().status(node))["fence"]; }

    struct Seen {
        Instant last_of_old, first_of_new;
        std::size_t old_after_new = 0;  ///< frames in which the old one speaks for the VIP
        std::size_t own_answers = 0;    ///< of the old host for its own address, meanwhile
    };

    /// Strikes the active and asks its host on and on. What its link has seen.
    Seen strike(int active, int signal) {
        const MacAddress old_mac = mac_of(active);
        const IpAddress own = cluster().host(active).ipv4;
        const Capture link(cluster().host(active), "arp or icmp6 or udp port 7777");
        const Capture lan(cluster().network(), "arp or icmp6 or udp port 7777");
        Host& client = cluster().client_host();
        Asker asker(client, mac_of_host(client), old_mac);
        sleep_for(50ms);
        mark();
        cluster().signal_both(active, signal);
        for (const Instant end = now() + asking; now() < end; sleep_for(1ms)) {
            asker.ask_for(asked());
            asker.ask_for(own);
        }
        return judge(active, link, lan);
    }

    Seen judge(int active, const Capture& link, const Capture& lan) {
        const MacAddress old_mac = mac_of(active);
        Seen seen;
        for (int node = 1; node <= cluster().size(); ++node) {
            const MacAddress mac = mac_of(node);
            const auto words = lan.frames_matching(
                [&](const Frame& f) { return node != active && speaks_for(f, mac, asked()); });
            if (words.empty()) continue;
            EXPECT_EQ(seen.first_of_new, Instant()) << "two others speak for the VIP";
            seen.first_of_new = words.front().at;
        }
        for (const Frame& frame : link.frames()) {
            if (speaks_for(frame, old_mac, asked())) {
                seen.last_of_old = std::max(seen.last_of_old, frame.at);
                seen.old_after_new += frame.at >= seen.first_of_new;
            }
            seen.own_answers += frame.at > seen.first_of_new &&
                                has_bytes(frame, source_mac_at, wire_bytes(old_mac)) &&
                                is_packet_from(frame, cluster().host(active).ipv4);
        }
        return seen;
    }

    /// One takeover, and what is to be said of it.
    void expect_silence_after(int active, int signal) {
        const Seen seen = strike(active, signal);
        ASSERT_NE(seen.first_of_new, Instant()) << "nobody took over";
        EXPECT_NE(seen.last_of_old, Instant()) << "the old active never answered";
        EXPECT_EQ(seen.old_after_new, 0u);
        EXPECT_GT(seen.own_answers, 100u) << "its own address answers as ever";
        silences_.push_back(seen.first_of_new - seen.last_of_old);
        spoke_after_ += seen.old_after_new;
    }

    void print_silences(const char* what) {
        if (silences_.empty() || !std::getenv("KOMAINU_FENCE_RUNS")) return;
        std::ranges::sort(silences_);
        const auto ms = [](Duration d) { return static_cast<double>(d / 1us) / 1000; };
        fmt::print(
            "{}: {} runs, {} answers of the old after the first of the new; silence between "
            "the two {:.1f} to {:.1f} ms, median {:.1f} ms\n",
            what, silences_.size(), spoke_after_, ms(silences_.front()), ms(silences_.back()),
            ms(silences_[silences_.size() / 2]));
    }

    std::string shell_on(int node, const std::string& command) {
        const std::string file = cluster().directory(node) + "/output";
        cluster().host(node).space.run([&] {
            static_cast<void>(std::system(("{ " + command + "; } >" + file + " 2>&1").c_str()));
        });
        return read_file(file);
    }

    bool has_filters(int node) {
        const auto filters = shell_on(node,
                                      "tc filter show dev eth0 ingress; "
                                      "tc filter show dev eth0 egress");
        const auto first = filters.find("komainu-fence");
        return first != filters.npos && filters.find("komainu-fence", first + 1) != filters.npos;
    }

    MacAddress mac_of_host(Host& host) {
        MacAddress mac;
        host.space.run([&] { mac = take_inventory().value().link("eth0")->mac; });
        return mac;
    }

    IpAddress asked() { return asked_.value_or(vip()); }

    std::optional<IpAddress> asked_;  ///< instead of the first VIP
    std::vector<Duration> silences_;
    std::size_t spoke_after_ = 0;
};

TEST_F(FenceTakeover, OfAStoppedNodeIsNotSpoiledByAnyAnswerOfIts) {
    int active = begin();
    ASSERT_NE(active, 0);
    if (fence_of(active)["state"] == "unavailable") GTEST_SKIP() << fence_of(active)["reason"];
    ASSERT_TRUE(is_fenced(active)) << fence_of(active).dump();
    allow_overlap();  // of the address, which a stopped guard cannot remove
    for (int run = 0; run < runs() && !HasFailure(); ++run) {
        ASSERT_TRUE(cluster().wait_until_whole());
        expect_silence_after(active, SIGSTOP);
        cluster().signal_both(active, SIGCONT);
        const int struck = active;
        const auto woken = [&] {
            return cluster().log(struck).find("the fence held back") != std::string::npos &&
                   fence_of(struck)["dropped"] > 0;
        };
        EXPECT_TRUE(wait_until(woken, patience)) << fence_of(struck).dump();
        active = cluster().wait_for_active_other_than(struck).value_or(0);
        ASSERT_NE(active, 0);
    }
    print_silences("main and guard stopped together");
}

TEST_F(FenceTakeover, OfAKilledNodeIsNotSpoiledByAnyAnswerOfIts) {
    int active = begin();
    ASSERT_NE(active, 0);
    if (fence_of(active)["state"] == "unavailable") GTEST_SKIP() << fence_of(active)["reason"];
    ASSERT_TRUE(is_fenced(active)) << fence_of(active).dump();
    allow_overlap();
    for (int run = 0; run < runs() && !HasFailure(); ++run) {
        ASSERT_TRUE(cluster().wait_until_whole());
        expect_silence_after(active, SIGKILL);
        EXPECT_TRUE(has_filters(active)) << "also without anybody who could";
        const int struck = active;
        cluster().start(struck);
        EXPECT_TRUE(wait_until([&] { return cluster().status(struck).has_value(); }, patience));
        EXPECT_EQ(fence_of(struck)["state"], "armed") << "in exchange for the one that was there";
        EXPECT_EQ(shell_on(struck, "tc filter show dev eth0 egress | grep -c direct-action"),
                  "1\n");
        active = cluster().wait_for_active_other_than(struck).value_or(0);
        ASSERT_NE(active, 0);
    }
    print_silences("main and guard killed together");
}

TEST_F(FenceTakeover, OfAVipThatAReloadHasAddedIsNotSpoiledEither) {
    const int active = begin();
    ASSERT_NE(active, 0);
    if (fence_of(active)["state"] == "unavailable") GTEST_SKIP() << fence_of(active)["reason"];
    for (int node = 1; node <= 3; ++node) {
        std::ofstream(cluster().configuration_file(node), std::ios::app)
            << "\n[vip.second]\naddress = 10.77.0.101/24\ninterface = eth0\n";
        EXPECT_EQ(ask(cluster().control_socket(node), {{"command", "reload"}}, patience)
                      .value_or(nlohmann::json())
                      .value("ok", false),
                  true);
    }
    EXPECT_TRUE(is_fenced(active)) << fence_of(active).dump();
    allow_overlap();
    asked_ = parse_address("10.77.0.101").value();
    expect_silence_after(active, SIGSTOP);
    cluster().signal_both(active, SIGCONT);
}

TEST_F(FenceTakeover, OfAnIpv6VipIsNotSpoiledEither) {
    const int active = begin({.vips = {"fd77::100/64"}});
    ASSERT_NE(active, 0);
    if (fence_of(active)["state"] == "unavailable") GTEST_SKIP() << fence_of(active)["reason"];
    ASSERT_TRUE(is_fenced(active)) << fence_of(active).dump();
    allow_overlap();
    const Capture link(cluster().host(active), "icmp6 or udp port 7777");
    const Capture lan(cluster().network(), "icmp6 or udp port 7777");
    mark();
    cluster().signal_both(active, SIGSTOP);
    // The client's neighbor cache is emptied again and again, so that it solicits everybody.
    for (const Instant end = now() + 1500ms; now() < end; sleep_for(10ms))
        cluster().client_host().space.run(
            [] { static_cast<void>(std::system("ip -6 neigh flush to fd77::100 2>/dev/null")); });
    const Seen seen = judge(active, link, lan);
    EXPECT_NE(seen.first_of_new, Instant());
    EXPECT_NE(seen.last_of_old, Instant());
    EXPECT_EQ(seen.old_after_new, 0u);
}

TEST_F(FenceTakeover, LeavesAStandbyAClientOfTheVipLikeAnyOther) {
    const int active = begin();
    ASSERT_NE(active, 0);
    if (fence_of(active)["state"] == "unavailable") GTEST_SKIP() << fence_of(active)["reason"];
    ASSERT_TRUE(is_fenced(active)) << fence_of(active).dump();
    const Client client(cluster().host(active == 1 ? 2 : 1), cluster().service());
    EXPECT_TRUE(client.answered_by(active, client.mark(), patience));
    expect_takeover(active, [&] { EXPECT_EQ(cluster().stop(active), 0); });
    EXPECT_FALSE(has_filters(active)) << "a node that was stopped leaves no fence behind";
    const Client late(cluster().host(active), cluster().service());
    EXPECT_TRUE(late.answered(late.mark(), patience));
}

// --- Where it is not permitted, or barely

class FenceRights : public testing::Test {
protected:
    void start_with(const std::string& capabilities, const std::string& mode) {
        cluster_.emplace(ClusterOptions{.nodes = 1, .more = "\n[daemon]\nfence = " + mode + "\n"});
        main_.emplace(cluster_->host(1).space,
                      std::vector<std::string>{"/usr/bin/setpriv", "--bounding-set", capabilities,
                                               built_program("komainud"), "--config",
                                               cluster_->configuration_file(1)},
                      cluster_->directory(1) + "/log");
        EXPECT_TRUE(wait_until([&] { return !status().is_null(); }, patience)) << cluster_->log(1);
    }
    void start_without_bpf(const std::string& mode) { start_with("-bpf,-sys_admin", mode); }

    nlohmann::json status() {
        const auto answer = ask(cluster_->control_socket(1), {{"command", "status"}}, 1s);
        return answer ? answer->value("status", nlohmann::json()) : nlohmann::json();
    }

    bool becomes_active(Duration limit) {
        return wait_until([&] { return status().value("role", "") == "active"; }, limit);
    }

    std::optional<Cluster> cluster_;
    std::optional<Process> main_;
};

/// Without CAP_PERFMON the kernel verifies far more of the program.
TEST_F(FenceRights, OfTheUnitAreEnough) {
    if (has_user_namespace()) GTEST_SKIP() << "BPF is not permitted in a user namespace";
    start_with("-all,+net_admin,+net_raw,+bpf", "auto");
    EXPECT_EQ(status()["fence"]["state"], "armed") << status()["fence"];
}

constexpr const char* missing = "CAP_BPF is missing; add it to ";

TEST_F(FenceRights, ThatAreMissingAreSaidOnceAndTheNodeGoesOnWithoutIt) {
    start_without_bpf("auto");
    EXPECT_TRUE(becomes_active(patience));
    const auto fence = status()["fence"];
    EXPECT_EQ(fence["state"], "unavailable");
    EXPECT_EQ(fence["reason"].get<std::string>().rfind(missing, 0), 0u) << fence;
    const auto log = cluster_->log(1);
    const auto line = log.find(std::string("warning: no fence: ") + missing);
    ASSERT_NE(line, log.npos) << log;
    EXPECT_EQ(log.find("no fence", line + 20), log.npos) << log;
}

TEST_F(FenceRights, ThatAreMissingKeepANodeFromBecomingActiveWhereItIsRequired) {
    start_without_bpf("require");
    EXPECT_FALSE(becomes_active(1s));
    const auto self = status()["nodes"][0];
    EXPECT_EQ(self["healthy"], false);
    EXPECT_EQ(self["reason"].get<std::string>().rfind(
                  std::string("no fence, which is required: ") + missing, 0),
              0u)
        << self;
}

TEST_F(FenceRights, ThatAreMissingAreNoMatterWhereItIsOff) {
    start_without_bpf("off");
    EXPECT_TRUE(becomes_active(patience));
    EXPECT_EQ(status()["fence"]["state"], "off");
    EXPECT_EQ(cluster_->log(1).find("fence"), std::string::npos);
}

}  // namespace
}  // namespace komainu::lab
