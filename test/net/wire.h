// Scenarios about what goes over the wire and what comes over it: what the nodes count and believe,
// and what an attacker records and sends.
#pragma once

#include <nlohmann/json.hpp>
#include <sstream>

#include "test/lab/attacker.h"
#include "test/net/scenario.h"

namespace komainu::lab {

inline constexpr const char* heartbeats_only = "udp port 9694";

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

    /// For all reasons that a datagram by itself can give.
    std::uint64_t refused(int node) {
        std::uint64_t sum = 0;
        for (const char* reason :
             {"malformed", "unknown_version", "foreign_cluster", "unknown_key", "bad_tag"})
            sum += refused(node, reason);
        return sum;
    }

    std::uint64_t received(int node) { return counter(node, "/datagrams/received"); }

    /// All that is said in a cluster's life: heartbeats, requests for votes, votes, a release, a
    /// request for a switchover.
    std::vector<Datagram> record_a_life() {
        lay_out({.deadtime = deadtime});
        const Capture capture(cluster().network(), heartbeats_only);
        cluster().start_all();
        EXPECT_TRUE(cluster().wait_for_active()) << "no node became active";
        expect_all_joined();
        // On a busy machine the first one may have lost it again before all had joined.
        const auto active = cluster().wait_for_active();
        if (!active) return {};
        const auto answer = cluster().switchover(after(*active));
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
                return std::ranges::includes(types(), std::set{1, 2, 3, 4, 5});
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
};

}  // namespace komainu::lab
