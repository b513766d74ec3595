// What goes over the wire, judged by others, and what comes from others over the wire: who has not
// the key can neither join nor disturb, not even with what he has recorded.
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <signal.h>
#include <sys/socket.h>

#include <cstring>
#include <fstream>
#include <random>
#include <sstream>
#include <thread>

#include "io/socket_address.h"
#include "test/lab/fail.h"
#include "test/lab/sandbox.h"
#include "test/net/scenario.h"

namespace komainu::lab {
namespace {

constexpr std::uint16_t port = 9694;
constexpr const char* heartbeats_only = "udp port 9694";

/// Where things stand in a frame that carries UDP over IPv4 without options.
constexpr std::size_t sender_at = 26;
constexpr std::size_t payload_at = 42;
constexpr std::size_t type_at = 5;  // in the payload; packet/datagram.h has the numbers

using Payload = std::vector<std::byte>;

struct Datagram {
    IpAddress sender;
    Payload payload;
};

int type_of(const Datagram& datagram) { return std::to_integer<int>(datagram.payload.at(type_at)); }

std::vector<Datagram> datagrams_of(const std::vector<Frame>& frames) {
    std::vector<Datagram> datagrams;
    for (const Frame& frame : frames) {
        if (frame.bytes.size() < payload_at) continue;
        Datagram datagram{{}, Payload(frame.bytes.begin() + payload_at, frame.bytes.end())};
        std::memcpy(datagram.sender.bytes.data(), frame.bytes.data() + sender_at,
                    datagram.sender.size());
        datagrams.push_back(std::move(datagram));
    }
    return datagrams;
}

/// Somebody on the LAN who may send whatever he likes, in whoever's name.
class Attacker {
public:
    explicit Attacker(const Host& host) {
        host.space.run([this] {
            socket_ = Fd(must(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW), "raw"));
        });
    }

    void send(const Datagram& datagram, const Host& to) const {
        const auto packet = packet_of(datagram, to.ipv4);
        const SocketAddress name({to.ipv4, 0});
        EXPECT_EQ(
            ::sendto(socket_.get(), packet.data(), packet.size(), 0, &name.generic, name.size()),
            std::ssize(packet));
    }

private:
    /// The kernel fills in what is zero here; a UDP checksum of zero means that there is none.
    static std::vector<std::byte> packet_of(const Datagram& datagram, const IpAddress& to) {
        iphdr ip{};
        ip.version = 4;
        ip.ihl = sizeof ip / 4;
        ip.ttl = 64;
        ip.protocol = IPPROTO_UDP;
        std::memcpy(&ip.saddr, datagram.sender.bytes.data(), sizeof ip.saddr);
        std::memcpy(&ip.daddr, to.bytes.data(), sizeof ip.daddr);
        udphdr udp{};
        udp.source = htons(port);
        udp.dest = htons(port);
        udp.len = htons(static_cast<std::uint16_t>(sizeof udp + datagram.payload.size()));

        std::vector<std::byte> packet(sizeof ip + sizeof udp);
        std::memcpy(packet.data(), &ip, sizeof ip);
        std::memcpy(packet.data() + sizeof ip, &udp, sizeof udp);
        packet.insert(packet.end(), datagram.payload.begin(), datagram.payload.end());
        return packet;
    }

    Fd socket_;
};

class Wire : public Scenario {
protected:
    /// Long, so that no takeover but an attack's can happen on a busy machine.
    static constexpr Duration deadtime = 500ms;

    int begin(ClusterOptions options = {}) {
        options.deadtime = deadtime;
        return Scenario::begin(std::move(options));
    }

    nlohmann::json status(int node) {
        return cluster().status(node).value_or(nlohmann::json::object());
    }
    bool believes_alive(int node, int peer) {
        return status(node)["nodes"][peer - 1]["alive"] == true;
    }
    /// 0 of a node that does not answer.
    std::uint64_t counter(int node, const std::string& path) {
        return status(node).value(nlohmann::json::json_pointer(path), std::uint64_t{0});
    }
    std::uint64_t refused(int node, const std::string& reason) {
        return counter(node, "/datagrams/refused/" + reason);
    }
    std::vector<int> terms() {
        std::vector<int> terms;
        for (int node = 1; node <= cluster().size(); ++node)
            if (cluster().running(node)) terms.push_back(status(node)["term"]);
        return terms;
    }

    /// Until every node that runs believes every other that runs to be alive, and out of its
    /// quarantine.
    void expect_all_joined() {
        const auto all_joined = [&] {
            for (int node = 1; node <= cluster().size(); ++node)
                for (int peer = 1; peer <= cluster().size(); ++peer)
                    if (cluster().running(node) && cluster().running(peer) &&
                        (!believes_alive(node, peer) ||
                         status(node)["nodes"][peer - 1]["quarantined"] == true))
                        return false;
            return true;
        };
        EXPECT_TRUE(wait_until(all_joined, patience));
    }

    std::uint64_t received(int node) { return counter(node, "/datagrams/received"); }

    /// All that is said in a cluster's life: heartbeats, requests for votes, votes, a release.
    std::vector<Datagram> record_a_life() {
        lay_out({.deadtime = deadtime});
        const Capture capture(cluster().network(), heartbeats_only);
        cluster().start_all();
        EXPECT_TRUE(cluster().wait_for_active()) << "no node became active";
        expect_all_joined();
        // On a busy machine the first one may have lost it again before all had joined.
        const auto active = cluster().wait_for_active();
        if (!active) return {};
        const auto answer = cluster().switchover(*active);
        EXPECT_TRUE(answer && (*answer)["ok"] == true);
        EXPECT_TRUE(cluster().wait_for_active_other_than(*active));
        expect_all_joined();
        // The capture may be behind.
        const auto types = [&] {
            std::set<int> found;
            for (const Datagram& datagram : datagrams_of(capture.frames()))
                found.insert(type_of(datagram));
            return found;
        };
        EXPECT_TRUE(wait_until(
            [&] {
                return std::ranges::includes(types(), std::set{1, 2, 3, 4});
            },
            patience));
        return datagrams_of(capture.frames());
    }

    /// To every node what was meant for any, in the order in which it was said. A node's kernel
    /// drops what claims to come from that very node.
    void replay(const std::vector<Datagram>& recorded) {
        const Attacker attacker(cluster().client_host());
        std::map<int, std::uint64_t> before;
        for (int node = 1; node <= cluster().size(); ++node) before[node] = received(node);
        for (const Datagram& datagram : recorded)
            for (int node = 1; node <= cluster().size(); ++node)
                attacker.send(datagram, cluster().host(node));
        const auto arrived = [&](int node) {
            return received(node) >= before[node] + recorded.size() / 2;
        };
        for (int node = 1; node <= cluster().size(); ++node)
            EXPECT_TRUE(!cluster().running(node) || wait_until([&] { return arrived(node); }, 2s));
    }

    /// The same again and again, a datagram each millisecond: an attack, but not a flood.
    void replay_until(const std::stop_token& stop, const std::vector<Datagram>& recorded) {
        const Attacker attacker(cluster().client_host());
        for (std::size_t next = 0; !stop.stop_requested(); ++next) {
            for (int node = 1; node <= cluster().size(); ++node)
                attacker.send(recorded.at(next % recorded.size()), cluster().host(node));
            sleep_for(1ms);
        }
    }

    /// What the nodes have believed and done so far is what they have told as a notice; of what
    /// they refuse they warn.
    std::vector<std::string> notices() {
        std::vector<std::string> notices;
        for (int node = 1; node <= cluster().size(); ++node) {
            std::istringstream log(cluster().log(node));
            for (std::string line; std::getline(log, line);)
                if (line.find(" notice: ") != line.npos) notices.push_back(line);
        }
        return notices;
    }

    /// Nothing comes of what is sent: the VIP stays, and the terms, and what is believed of whom.
    template <class Deed>
    void expect_ignored(Deed deed) {
        expect_all_joined();
        const auto active = cluster().active();
        ASSERT_TRUE(active);
        EXPECT_TRUE(
            wait_until([&] { return status(*active)["vips"][0]["held"] == true; }, patience));
        const auto terms_before = terms();
        const auto notices_before = notices();
        expect_no_move(*active, deed);
        EXPECT_EQ(terms(), terms_before);
        EXPECT_EQ(notices(), notices_before);
    }

    void set_cluster_name(int node, const std::string& name) {
        const auto file = cluster().configuration_file(node);
        std::string text = read_file(file);
        const std::string old = "name = lab";
        ASSERT_NE(text.find(old), text.npos);
        std::ofstream(file) << text.replace(text.find(old), old.size(), "name = " + name);
    }

    /// The third node is refused for the reason by the two others, who say so once.
    void expect_third_is_refused(const char* reason, const std::string& line) {
        for (const int node : {1, 2}) {
            EXPECT_TRUE(wait_until([&] { return refused(node, reason) > 20; }, patience));
            EXPECT_FALSE(believes_alive(node, 3));
            EXPECT_FALSE(believes_alive(3, node));
            const auto log = cluster().log(node);
            const auto first = log.find(line);
            EXPECT_NE(first, log.npos);
            EXPECT_EQ(log.find(line, first + 1), log.npos) << "said twice";
        }
        EXPECT_EQ(status(3)["role"], "standby");
        EXPECT_EQ(status(3)["quorum"], false);
        EXPECT_TRUE(status(3)["active"].is_null());
    }
};

TEST_F(Wire, ANodeWithAnotherKeyNeverJoins) {
    begin({.keys = {{3, std::string(64, 'a')}}});
    expect_third_is_refused("unknown_key", "signed with a key that is not in our key file");
}

TEST_F(Wire, ANodeOfAnotherClusterNeverJoins) {
    lay_out();
    set_cluster_name(3, "other");
    cluster().start_all();
    EXPECT_TRUE(cluster().wait_for_active());
    expect_third_is_refused("foreign_cluster", "another cluster's name");
}

TEST_F(Wire, AReplayToTheRunningClusterIsIgnored) {
    const auto recorded = record_a_life();
    expect_ignored([&] { replay(recorded); });
}

TEST_F(Wire, AReplayBringsNoKilledNodeBackToLife) {
    const auto recorded = record_a_life();
    const int killed = cluster().active().value_or(1);
    const int active = expect_takeover(killed, [&] { cluster().kill_main(killed); });
    const auto lives = [&] {
        for (int node = 1; node <= 3; ++node)
            if (node != killed && believes_alive(node, killed)) return true;
        return false;
    };
    EXPECT_TRUE(wait_until([&] { return !lives(); }, patience));
    expect_ignored([&] {
        replay(recorded);
        EXPECT_FALSE(lives());
    });
    EXPECT_FALSE(lives());
    EXPECT_EQ(cluster().active(), active);
}

TEST_F(Wire, AReplayOfItsFormerLifeDoesNotDisturbARestartedNode) {
    const auto recorded = record_a_life();
    const int killed = cluster().active().value_or(1);
    expect_takeover(killed, [&] { cluster().kill_main(killed); });
    EXPECT_TRUE(cluster().daemon(killed).wait(patience));
    cluster().start(killed);
    EXPECT_TRUE(wait_until([&] { return !status(killed).empty(); }, patience));
    expect_all_joined();
    expect_ignored([&] {
        replay(recorded);
        for (int node = 1; node <= 3; ++node)
            EXPECT_TRUE(node == killed || believes_alive(node, killed));
    });
}

TEST_F(Wire, AReplayOfAnEarlierClusterLifeIsIgnoredByTheNextOne) {
    const auto recorded = record_a_life();
    for (int node = 1; node <= 3; ++node) EXPECT_EQ(cluster().stop(node), 0);
    mark();
    for (const int node : {1, 2}) cluster().start(node);
    ASSERT_TRUE(cluster().wait_for_active());
    expect_all_joined();
    expect_ignored([&] {
        replay(recorded);
        for (const int node : {1, 2}) EXPECT_FALSE(believes_alive(node, 3));
    });
    for (const int node : {1, 2}) EXPECT_FALSE(believes_alive(node, 3));
}

// Two nodes, one after the other: each must prove itself to the other, and must stay free to vote
// until the other is.
TEST_F(Wire, AReplayThatNeverEndsDoesNotKeepAClusterFromForming) {
    const auto recorded = record_a_life();
    for (int node = 1; node <= 3; ++node) EXPECT_EQ(cluster().stop(node), 0);
    std::jthread attack([&](const std::stop_token& stop) { replay_until(stop, recorded); });
    cluster().start(1);
    sleep_for(deadtime);
    cluster().start(2);
    EXPECT_TRUE(cluster().wait_for_active());
    expect_all_joined();
}

TEST_F(Wire, GarbageIsCountedAndIgnored) {
    const int active = begin();
    const Attacker attacker(cluster().client_host());
    std::mt19937 random(77);
    std::uniform_int_distribution<int> byte(0, 255);
    std::uniform_int_distribution<std::size_t> length(0, 1400);
    expect_ignored([&] {
        for (int i = 0; i < 300; ++i) {
            Datagram garbage{cluster().host(active).ipv4, Payload(length(random))};
            for (std::byte& b : garbage.payload) b = static_cast<std::byte>(byte(random));
            for (int node = 1; node <= 3; ++node) attacker.send(garbage, cluster().host(node));
        }
    });
    for (int node = 1; node <= 3; ++node)
        EXPECT_TRUE(node == active || refused(node, "malformed") > 100);
}

TEST_F(Wire, ADamagedDatagramIsCountedAndIgnored) {
    const int active = begin();
    const Capture capture(cluster().network(), heartbeats_only);
    EXPECT_TRUE(capture.wait_for([](const Frame&) { return true; }, patience));
    const Datagram genuine = datagrams_of(capture.frames()).front();
    const Attacker attacker(cluster().client_host());
    const auto send_to_all = [&](Payload payload) {
        for (int node = 1; node <= 3; ++node)
            attacker.send({cluster().client_host().ipv4, payload}, cluster().host(node));
    };
    expect_ignored([&] {
        for (std::size_t bytes = 0; bytes < genuine.payload.size(); ++bytes)
            send_to_all(Payload(genuine.payload.begin(),
                                genuine.payload.begin() + static_cast<std::ptrdiff_t>(bytes)));
        for (std::size_t at = 0; at < genuine.payload.size(); ++at) {
            Payload flipped = genuine.payload;
            flipped[at] ^= std::byte{1};
            send_to_all(flipped);
        }
        Payload longer = genuine.payload;
        longer.push_back(std::byte{0});
        send_to_all(longer);
    });
    for (const char* reason :
         {"malformed", "unknown_version", "foreign_cluster", "unknown_key", "bad_tag"})
        EXPECT_GT(refused(active, reason), 0u) << reason;
}

// tshark's fields as it prints them: numbers of flags as 1, addresses in their usual form.
class Announcements : public Wire {
protected:
    /// The answers of tshark for the announcements of a node with a VIP of either family.
    std::optional<std::vector<std::string>> judged(const std::string& filter,
                                                   const std::vector<std::string>& fields) {
        const auto file = sandbox_directory() + "/announcements.pcap";
        capture_->write(file);
        return ask_tshark(file, filter, fields);
    }

    void announce() {
        lay_out({.nodes = 1, .vips = {"10.77.0.100/24", "fd77::100/64"}});
        capture_ = std::make_unique<Capture>(cluster().network(), "arp or icmp6");
        cluster().start(1);
        EXPECT_TRUE(watcher().wait_for_holders(vip(1), {1}, patience));
        expect_announced(1, vip(0));
        expect_announced(1, vip(1));
        // This capture may be behind that of the scenario. The advertisement is the last to come.
        const auto is_advertisement = [&](const Frame& frame) {
            const auto advertisement = parse_advertisement(frame.bytes);
            return advertisement && advertisement->target == vip(1);
        };
        EXPECT_TRUE(capture_->wait_for(is_advertisement, patience));
    }

    void TearDown() override {
        capture_.reset();
        Wire::TearDown();
    }

private:
    std::unique_ptr<Capture> capture_;
};

TEST_F(Announcements, AreGratuitousArpInBothFormsByTsharksJudgement) {
    announce();
    const auto lines = judged("arp.src.proto_ipv4 == 10.77.0.100 && arp.isgratuitous == 1",
                              {"eth.dst", "eth.src", "arp.opcode", "arp.src.hw_mac",
                               "arp.dst.hw_mac", "arp.dst.proto_ipv4", "_ws.expert.message"});
    if (!lines) GTEST_SKIP() << "tshark is not installed";
    ASSERT_GE(lines->size(), 2u);
    const auto mac = to_string(mac_of(1));
    const std::string broadcast = "ff:ff:ff:ff:ff:ff";
    EXPECT_EQ((*lines)[0],
              fmt::format("{0}\t{1}\t1\t{1}\t00:00:00:00:00:00\t10.77.0.100\t", broadcast, mac));
    EXPECT_EQ((*lines)[1], fmt::format("{0}\t{1}\t2\t{1}\t{1}\t10.77.0.100\t", broadcast, mac));
}

TEST_F(Announcements, AreUnsolicitedNeighborAdvertisementsByTsharksJudgement) {
    announce();
    const auto lines = judged(
        "icmpv6.type == 136 && icmpv6.nd.na.target_address == fd77::100",
        {"eth.dst", "eth.src", "ipv6.src", "ipv6.dst", "ipv6.hlim", "icmpv6.code",
         "icmpv6.checksum.status", "icmpv6.nd.na.flag.r", "icmpv6.nd.na.flag.s",
         "icmpv6.nd.na.flag.o", "icmpv6.opt.type", "icmpv6.opt.linkaddr", "_ws.expert.message"});
    if (!lines) GTEST_SKIP() << "tshark is not installed";
    ASSERT_FALSE(lines->empty());
    const auto mac = to_string(mac_of(1));
    EXPECT_EQ((*lines)[0],
              fmt::format(
                  "33:33:00:00:00:01\t{0}\tfd77::100\tff02::1\t255\t0\t1\t0\t0\t1\t2\t{0}\t", mac));
}

}  // namespace
}  // namespace komainu::lab
