// The dissector says of each message what packet/ says of it: the same bytes are refused, and of
// the others each field has the same value. It knows each type, and no bytes make it fail.
#include <gtest/gtest.h>

#include <random>

#include "packet/message_body.h"
#include "test/lab/temporary_directory.h"
#include "test/pcap/pcap_file.h"
#include "test/pcap/samples.h"
#include "test/pcap/tshark.h"

namespace komainu::test {
namespace {

class Dissector : public testing::Test {
protected:
    void SetUp() override {
        if (const auto why = why_no_dissector(); !why.empty()) GTEST_SKIP() << why;
    }

    std::vector<Shown> dissected(const PcapFile& file,
                                 const std::vector<std::string>& options = {}) {
        file.write(path());
        auto shown = dissect(path(), options);
        EXPECT_EQ(shown.size(), file.size());
        shown.resize(file.size());
        return shown;
    }

    std::string path() const { return directory_.path("packets.pcap"); }

    static bool is_refused(const Shown& shown) {
        return shown.experts.contains("malformed") || shown.experts.contains("no_frame");
    }

    /// Whether what is shown is what is told.
    static void expect_same(const Shown& shown, const std::optional<Told>& told, Bytes bytes) {
        EXPECT_EQ(!is_refused(shown), told.has_value()) << hex(bytes);
        if (!told || is_refused(shown)) return;
        EXPECT_EQ(shown.fields, *told) << hex(bytes);
    }

private:
    lab::TemporaryDirectory directory_;
};

TEST(Samples, HaveEachType) {
    std::set<int> datagrams;
    for (const auto& datagram : sample_datagrams())
        datagrams.insert(std::to_integer<int>(datagram[5]));
    EXPECT_EQ(datagrams.size(), std::variant_size_v<Message>);
    std::set<int> frames;
    for (const auto& unit : sample_units())
        if (unit.front() != std::byte{'K'}) frames.insert(std::to_integer<int>(unit[2]));
    for (int type = 0; type <= 255; ++type)
        EXPECT_EQ(frames.contains(type), is_known_type(static_cast<std::uint8_t>(type))) << type;
}

TEST_F(Dissector, TellsEachFieldOfEachDatagram) {
    PcapFile file;
    const auto samples = sample_datagrams();
    for (const auto& datagram : samples) file.add_datagram(datagram);
    const auto shown = dissected(file);
    for (std::size_t i = 0; i < samples.size(); ++i) {
        ASSERT_TRUE(tell_datagram(samples[i])) << i;
        expect_same(shown[i], tell_datagram(samples[i]), samples[i]);
        EXPECT_EQ(shown[i].experts, std::set<std::string>{});
    }
}

TEST_F(Dissector, TellsEachFieldOfEachUnitOfAStream) {
    PcapFile file;
    Flow flow;
    const auto samples = sample_units();
    for (const auto& unit : samples) file.add_segment(flow, unit);
    const auto shown = dissected(file);
    for (std::size_t i = 0; i < samples.size(); ++i) {
        ASSERT_TRUE(tell_unit(samples[i])) << i;
        expect_same(shown[i], tell_unit(samples[i]), samples[i]);
        const bool in_clear = samples[i].size() == hello_refusal_bytes;
        EXPECT_EQ(shown[i].experts,
                  in_clear ? std::set<std::string>{"unproven"} : std::set<std::string>{});
    }
}

TEST_F(Dissector, SaysInALineWhatAnAdministratorReads) {
    PcapFile file;
    for (const auto& datagram : sample_datagrams()) file.add_datagram(datagram);
    Flow flow;
    for (const auto& unit : sample_units()) file.add_segment(flow, unit);
    file.write(path());
    std::string lines;
    for (const auto& line : info_columns(path())) lines += line + "\n";
    EXPECT_EQ(lines, sample_lines);
}

TEST_F(Dissector, RefusesWhatANodeRefusesOfDatagrams) {
    std::mt19937 random(1);
    PcapFile file;
    std::vector<ByteVector> altered;
    for (int round = 0; round < 30; ++round)
        for (ByteVector datagram : sample_datagrams()) {
            alter(datagram, datagram_header_bytes - 18, datagram.size() - tag_bytes, random);
            file.add_datagram(datagram);
            altered.push_back(datagram);
        }
    const auto shown = dissected(file);
    for (std::size_t i = 0; i < altered.size(); ++i)
        expect_same(shown[i], tell_datagram(altered[i]), altered[i]);
}

TEST_F(Dissector, KnowsTheBoundsOfADeadtime) {
    PcapFile file;
    std::vector<ByteVector> requests;
    for (const char* deadtime : {"00000013", "00000014", "0036ee80", "0036ee81"}) {
        ByteVector request = sample_datagrams()[4];
        std::ranges::copy(from_hex(deadtime), request.end() - tag_bytes - 4);
        file.add_datagram(request);
        requests.push_back(request);
    }
    const auto shown = dissected(file);
    for (std::size_t i = 0; i < requests.size(); ++i)
        expect_same(shown[i], tell_datagram(requests[i]), requests[i]);
    EXPECT_FALSE(is_refused(shown[1]) || is_refused(shown[2]));
}

TEST_F(Dissector, RefusesWhatANodeRefusesOfFrames) {
    std::mt19937 random(2);
    PcapFile file;
    Flow flow;
    std::vector<ByteVector> altered;
    for (int round = 0; round < 30; ++round)
        for (ByteVector unit : sample_units()) {
            const bool is_frame = unit.front() != std::byte{'K'};
            alter(unit, is_frame ? frame_header_bytes : 4,
                  is_frame ? unit.size() - tag_bytes : unit.size(), random);
            file.add_segment(flow, unit);
            altered.push_back(unit);
        }
    const auto shown = dissected(file);
    for (std::size_t i = 0; i < altered.size(); ++i)
        expect_same(shown[i], tell_unit(altered[i]), altered[i]);
}

TEST_F(Dissector, PassesOverWhatALaterVersionAdds) {
    PcapFile file;
    Flow flow;
    ByteVector longer = framed(1, from_hex("c0ffee"));
    file.add_segment(flow, longer);
    file.add_segment(flow, framed(99, from_hex("c0ffee")));
    auto later = sample_datagrams().front();
    later[4] = std::byte{2};
    file.add_datagram(later);
    auto type_99 = sample_datagrams().front();
    type_99[5] = std::byte{99};
    file.add_datagram(type_99);
    auto padded = sample_datagrams().back();
    padded.push_back(std::byte{0});
    file.add_datagram(padded);
    const auto shown = dissected(file);
    using Set = std::set<std::string>;
    EXPECT_EQ(shown[0].experts, Set{"trailing"});
    EXPECT_EQ(shown[1].experts, Set{"unknown_type"});
    EXPECT_EQ(shown[2].experts, Set{"unknown_version"});
    EXPECT_EQ(shown[3].experts, Set{"unknown_type"});
    EXPECT_EQ(shown[4].experts, Set{"malformed"});
}

TEST_F(Dissector, PutsUnitsTogetherWhereverTheSegmentsEnd) {
    ByteVector stream;
    Told told;
    for (const auto& unit : sample_units()) {
        stream.insert(stream.end(), unit.begin(), unit.end());
        const auto of_unit = tell_unit(unit);
        for (const auto& [name, values] : *of_unit)
            told[name].insert(told[name].end(), values.begin(), values.end());
    }
    for (const std::size_t step : {3, 64, 1460}) {
        PcapFile file;
        Flow flow;
        for (std::size_t at = 0; at < stream.size(); at += step)
            file.add_segment(flow, Bytes(stream).subspan(at, std::min(step, stream.size() - at)));
        Told seen;
        for (const auto& shown : dissected(file)) {
            EXPECT_FALSE(is_refused(shown)) << step;
            for (const auto& [name, values] : shown.fields)
                seen[name].insert(seen[name].end(), values.begin(), values.end());
        }
        EXPECT_EQ(seen, told) << step;
    }
}

TEST_F(Dissector, FindsWhatIsOnAnotherPortByItsMagic) {
    PcapFile file;
    file.add_datagram(sample_datagrams().front(), 1234);
    Flow flow{.to_port = 1234};
    file.add_segment(flow, sample_units().front());
    file.add_segment(flow, framed(1, {}));
    const auto shown = dissected(file);
    EXPECT_EQ(shown[0].fields, *tell_datagram(sample_datagrams().front()));
    EXPECT_EQ(shown[1].fields, *tell_unit(sample_units().front()));
    EXPECT_EQ(shown[2].fields, *tell_unit(framed(1, {})));
    for (const auto& other : dissected(file, {"-o komainu.port:1234"}))
        EXPECT_FALSE(is_refused(other));
}

// dissected() complains of every Lua error.
TEST_F(Dissector, IsNotUpsetByAnyLength) {
    PcapFile file;
    std::uint16_t port = 33000;  // above those that other protocols are known by
    const auto add = [&](const ByteVector& bytes, std::size_t step, const auto& put) {
        for (std::size_t size = 0; size < bytes.size(); size += step) {
            put(Bytes(bytes).first(size));
            put(Bytes(bytes));
            file.cut_last(bytes.size() - size);
        }
    };
    for (const auto& datagram : sample_datagrams())
        add(datagram, datagram.size() < 200 ? 1 : 7,
            [&](Bytes bytes) { file.add_datagram(bytes); });
    for (const auto& unit : sample_units())
        add(unit, unit.size() < 200 ? 1 : 97, [&](Bytes bytes) {
            Flow flow{.from_port = ++port};
            file.add_segment(flow, bytes);
        });
    dissected(file);
}

TEST_F(Dissector, IsNotUpsetByAnyBytes) {
    std::mt19937 random(3);
    PcapFile file;
    std::uint16_t port = 33000;  // above those that other protocols are known by
    for (int round = 0; round < 30; ++round) {
        for (ByteVector datagram : sample_datagrams()) {
            alter(datagram, 4, datagram.size(), random);
            file.add_datagram(datagram);
        }
        for (ByteVector unit : sample_units()) {
            alter(unit, 0, unit.size(), random);
            Flow flow{.from_port = ++port};
            file.add_segment(flow, unit);
            file.add_segment(flow, unit);
        }
    }
    dissected(file);
    dissected(file, {"-o tcp.desegment_tcp_streams:FALSE"});
    dissected(file, {"-2"});
}

}  // namespace
}  // namespace komainu::test
