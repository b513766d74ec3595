// What goes over the wire, judged by others, and who may not join.
#include <fmt/format.h>

#include <fstream>

#include "test/lab/sandbox.h"
#include "test/net/wire.h"

namespace komainu::lab {
namespace {

class Membership : public Wire {
protected:
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

TEST_F(Membership, ANodeWithAnotherKeyNeverJoins) {
    lay_out({.keys = {{3, std::string(64, 'a')}}});
    cluster().start_all();
    EXPECT_TRUE(cluster().wait_for_active());
    expect_third_is_refused("unknown_key", "signed with a key that is not in our key file");
}

TEST_F(Membership, ANodeOfAnotherClusterNeverJoins) {
    lay_out();
    set_cluster_name(3, "other");
    cluster().start_all();
    EXPECT_TRUE(cluster().wait_for_active());
    expect_third_is_refused("foreign_cluster", "another cluster's name");
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
