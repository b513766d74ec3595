// The captures of real daemons, which are here as they were made by `make captures`: the dissector
// says of each packet what packet/ says of it, and each has in it what it is there for.
#include <gtest/gtest.h>

#include "test/pcap/pcap_file.h"
#include "test/pcap/tshark.h"

namespace komainu::test {
namespace {

void append(Told& told, const Told& more) {
    for (const auto& [name, values] : more)
        told[name].insert(told[name].end(), values.begin(), values.end());
}

/// What a stream says, by the packets in which its units end. A segment that was sent again says
/// nothing.
class StreamTeller {
public:
    Told tell(const Packet& packet) {
        const auto missed = static_cast<std::int32_t>(packet.sequence - next_);
        if (next_ != 0 && missed < 0) return {};
        EXPECT_TRUE(next_ == 0 || missed == 0) << "a segment is missing";
        next_ = packet.sequence + static_cast<std::uint32_t>(packet.payload.size());
        unread_.insert(unread_.end(), packet.payload.begin(), packet.payload.end());
        Told told;
        for (auto size = unit_bytes(unread_); size && *size <= unread_.size();
             size = unit_bytes(unread_)) {
            const auto of_unit = tell_unit(Bytes(unread_).first(*size));
            EXPECT_TRUE(of_unit);
            if (of_unit) append(told, *of_unit);
            unread_.erase(unread_.begin(), unread_.begin() + static_cast<std::ptrdiff_t>(*size));
        }
        return told;
    }

private:
    ByteVector unread_;
    std::uint32_t next_ = 0;
};

class Captures : public testing::Test {
protected:
    /// All that is said in the file.
    Told compared(const std::string& name) {
        const std::string path = "test/pcap/" + name;
        const auto packets = read_packets(path);
        EXPECT_GT(packets.size(), 20u);
        EXPECT_LT(packets.size(), 1000u);
        const auto why = why_no_dissector();
        const auto shown = why.empty() ? dissect(path) : std::vector<Shown>(packets.size());
        EXPECT_EQ(shown.size(), packets.size());
        Told all;
        std::map<std::string, StreamTeller> flows;
        for (std::size_t i = 0; i < std::min(packets.size(), shown.size()); ++i) {
            const Packet& packet = packets[i];
            if (packet.payload.empty()) continue;
            const auto told = packet.transport == Transport::udp ? tell_datagram(packet.payload)
                                                                 : flows[packet.flow].tell(packet);
            EXPECT_TRUE(told) << i + 1;
            append(all, told.value_or(Told{}));
            if (!why.empty()) continue;
            EXPECT_EQ(shown[i].fields, told.value_or(Told{})) << "packet " << i + 1;
            EXPECT_EQ(shown[i].experts, std::set<std::string>{}) << "packet " << i + 1;
        }
        if (!why.empty()) skipped_ = why;
        return all;
    }
    void TearDown() override {
        if (!skipped_.empty()) GTEST_SKIP() << skipped_;
    }

    /// So many of that value.
    static std::ptrdiff_t count(const Told& told, const std::string& name,
                                const std::string& value) {
        const auto found = told.find(name);
        return found == told.end() ? 0 : std::ranges::count(found->second, value);
    }
    static std::size_t different(const Told& told, const std::string& name) {
        const auto found = told.find(name);
        if (found == told.end()) return 0;
        return std::set(found->second.begin(), found->second.end()).size();
    }

private:
    std::string skipped_;
};

TEST_F(Captures, AnElection) {
    const Told told = compared("election.pcap");
    EXPECT_GT(count(told, "type", "1"), 10);
    EXPECT_GT(count(told, "type", "2"), 0);
    EXPECT_GT(count(told, "granted", "1"), 0);
    EXPECT_GT(count(told, "condition.quarantined", "1"), 0);
    EXPECT_GT(count(told, "condition.witness", "1"), 0);
}

TEST_F(Captures, ASwitchoverByIpv6) {
    const Told told = compared("switchover-ipv6.pcap");
    for (const char* type : {"1", "2", "3", "4", "5"}) EXPECT_GT(count(told, "type", type), 0);
}

TEST_F(Captures, ALastWill) {
    const Told told = compared("last-will.pcap");
    EXPECT_GT(count(told, "type", "4"), 0);
    EXPECT_GT(count(told, "sequence", "1"), 0) << "it was sealed when its term began";
}

TEST_F(Captures, ANewKey) { EXPECT_EQ(different(compared("new-key.pcap"), "key_id"), 2u); }

TEST_F(Captures, PeerStreams) {
    for (const char* name : {"streams.pcap", "streams-ipv6.pcap"}) {
        const Told told = compared(name);
        for (const char* type :
             {"1", "2", "3", "4", "16", "17", "19", "20", "21", "23", "24", "25"})
            EXPECT_GT(count(told, "frame.type", type), 0) << name << " " << type;
        EXPECT_GT(count(told, "join.refusal", "2"), 0) << name;
        EXPECT_GT(different(told, "event.kind"), 4u) << name;
        EXPECT_GT(count(told, "magic", "KMNP"), 3) << name;
        for (const std::string& host : told.at("info.host")) EXPECT_EQ(host.substr(0, 2), "db");
    }
}

}  // namespace
}  // namespace komainu::test
