// The fence's program, run by the kernel on frames that are written out here (BPF_PROG_TEST_RUN):
// what it drops without the lease, what it lets pass all the same, and that the lease opens it.
#include "guard/fence.h"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <linux/pkt_cls.h>

#include <cerrno>
#include <limits>

#include "test/unit/hex.h"

namespace komainu {
namespace {

constexpr Instant end_of_time{Duration::max()};
constexpr Instant beginning_of_time{1ns};

// To the interface that the kernel lends for such runs, which has the hardware address zero.
const std::string to_us = "000000000000 020000000002 ";
const std::string to_all = "ffffffffffff 020000000002 ";
const std::string to_another = "020000000007 020000000002 ";

const std::string vip4 = "0a4d0064 ";   // 10.77.0.100
const std::string own4 = "0a4d0001 ";   // 10.77.0.1
const std::string peer4 = "0a4d0002 ";  // 10.77.0.2
const std::string none4 = "00000000 ";
const std::string vip6 = "fd770000000000000000000000000100 ";
const std::string own6 = "fd770000000000000000000000000001 ";
const std::string peer6 = "fd770000000000000000000000000002 ";
const std::string none6 = "00000000000000000000000000000000 ";
const std::string group6 = "ff0200000000000000000001ff000100 ";  // solicited-node, of the VIP

std::string arp(const std::string& operation, const std::string& sender,
                const std::string& target) {
    return "0806 0001 0800 06 04 " + operation + " 020000000002 " + sender + "000000000000 " +
           target;
}
const std::string request = "0001", reply = "0002";

std::string ipv4(const std::string& source, const std::string& destination) {
    return "0800 45000020 00004000 40110000 " + source + destination + "1e611e61 000c0000 01020304";
}
std::string ipv6(const std::string& source, const std::string& destination,
                 const std::string& next_header = "11",
                 const std::string& payload = "1e611e61 000c0000 01020304") {
    return "86dd 60000000 000c " + next_header + " ff " + source + destination + payload;
}
std::string ndp(const std::string& type, const std::string& source, const std::string& destination,
                const std::string& target) {
    return ipv6(source, destination, "3a", type + " 00 0000 00000000 " + target);
}
const std::string solicitation = "87", advertisement = "88", echo_request = "80";

enum class Way { in, out };
enum class Fate { passes, question, packet_in, answer, packet_out };

struct Case {
    std::string name;
    Way way;
    std::string ethernet;
    std::string packet;
    Fate fate;  ///< without the lease
};

const std::vector<Case> cases{
    {"others ask by ARP for a VIP", Way::in, to_all, arp(request, peer4, vip4), Fate::question},
    {"others probe for a VIP", Way::in, to_all, arp(request, none4, vip4), Fate::question},
    {"others ask by ARP for us", Way::in, to_all, arp(request, peer4, own4), Fate::passes},
    {"the holder asks by ARP for us", Way::in, to_all, arp(request, vip4, own4), Fate::passes},
    {"the holder announces by request", Way::in, to_all, arp(request, vip4, vip4), Fate::passes},
    {"the holder announces by reply", Way::in, to_all, arp(reply, vip4, vip4), Fate::passes},
    {"the holder answers us", Way::in, to_us, arp(reply, vip4, own4), Fate::passes},
    {"the holder answers our probe", Way::in, to_us, arp(reply, vip4, none4), Fate::passes},
    {"we ask by ARP for a VIP", Way::out, to_all, arp(request, own4, vip4), Fate::passes},
    {"we probe for a VIP", Way::out, to_all, arp(request, none4, vip4), Fate::passes},
    {"we answer for us", Way::out, to_us, arp(reply, own4, peer4), Fate::passes},
    {"we answer for a VIP", Way::out, to_us, arp(reply, vip4, peer4), Fate::answer},
    {"we announce a VIP by request", Way::out, to_all, arp(request, vip4, vip4), Fate::answer},
    {"we announce a VIP by reply", Way::out, to_all, arp(reply, vip4, vip4), Fate::answer},
    {"we ask in the name of a VIP", Way::out, to_all, arp(request, vip4, peer4), Fate::answer},

    {"IPv4 to a VIP", Way::in, to_us, ipv4(peer4, vip4), Fate::packet_in},
    {"IPv4 to us", Way::in, to_us, ipv4(peer4, own4), Fate::passes},
    {"IPv4 from the holder to us", Way::in, to_us, ipv4(vip4, own4), Fate::passes},
    {"IPv4 to a VIP at another's hardware address", Way::in, to_another, ipv4(peer4, vip4),
     Fate::passes},
    {"IPv4 from a VIP", Way::out, to_us, ipv4(vip4, peer4), Fate::packet_out},
    {"IPv4 from us to the holder", Way::out, to_us, ipv4(own4, vip4), Fate::passes},

    {"others solicit a VIP", Way::in, "3333ff000100 020000000002 ",
     ndp(solicitation, peer6, group6, vip6), Fate::question},
    {"others look whether a VIP is a duplicate", Way::in, "3333ff000100 020000000002 ",
     ndp(solicitation, none6, group6, vip6), Fate::question},
    {"others solicit a VIP itself", Way::in, to_us, ndp(solicitation, peer6, vip6, vip6),
     Fate::question},
    {"others solicit us", Way::in, to_us, ndp(solicitation, peer6, own6, own6), Fate::passes},
    {"the holder solicits us", Way::in, to_us, ndp(solicitation, vip6, own6, own6), Fate::passes},
    {"the holder advertises", Way::in, to_us, ndp(advertisement, vip6, own6, vip6), Fate::passes},
    {"we solicit a VIP", Way::out, to_us, ndp(solicitation, own6, group6, vip6), Fate::passes},
    {"we advertise us", Way::out, to_us, ndp(advertisement, own6, peer6, own6), Fate::passes},
    {"we advertise a VIP", Way::out, to_us, ndp(advertisement, vip6, peer6, vip6), Fate::answer},
    {"we advertise a VIP from our address", Way::out, to_us, ndp(advertisement, own6, peer6, vip6),
     Fate::answer},
    {"we solicit in the name of a VIP", Way::out, to_us, ndp(solicitation, vip6, peer6, peer6),
     Fate::packet_out},

    {"IPv6 to a VIP", Way::in, to_us, ipv6(peer6, vip6), Fate::packet_in},
    {"IPv6 to us", Way::in, to_us, ipv6(peer6, own6), Fate::passes},
    {"IPv6 from the holder to us", Way::in, to_us, ipv6(vip6, own6), Fate::passes},
    {"IPv6 from a VIP", Way::out, to_us, ipv6(vip6, peer6), Fate::packet_out},
    {"IPv6 from us to the holder", Way::out, to_us, ipv6(own6, vip6), Fate::passes},
    {"an echo that mentions a VIP", Way::in, to_us, ndp(echo_request, peer6, own6, vip6),
     Fate::passes},

    {"neither ARP nor IP", Way::in, to_all, "88cc 0207 04" + vip4 + vip6, Fate::passes},
    {"ARP of other addresses than IPv4", Way::in, to_all,
     "0806 0001 86dd 06 04 0001 020000000002 " + peer4 + "000000000000 " + vip4, Fate::passes},
    {"a truncated ARP", Way::in, to_all, arp(request, peer4, "0a4d00"), Fate::passes},
    // Such runs need a whole header where the frame says that it is IPv4: here it says so in a tag.
    {"a truncated IPv4 header", Way::in, to_us,
     "8100 0005 0800 45000020 00004000 40110000 " + peer4 + "0a4d00", Fate::passes},
    {"a truncated solicitation", Way::in, to_us,
     ipv6(peer6, own6, "3a", "87 00 0000 00000000 fd77"), Fate::passes},
};

const std::vector<std::string> tags{"", "8100 0005 ", "88a8 0007 8100 0005 ",
                                    "88a8 0007 8100 0005 8100 0006 "};

class FenceProgram : public testing::Test {
protected:
    void SetUp() override {
        load({{"four", parse_prefix("10.77.0.100/24").value(), "eth0"},
              {"six", parse_prefix("fd77::100/64").value(), "eth0"}});
    }

    void load(std::vector<VipConfig> vips) {
        Config config;
        config.vips = std::move(vips);
        auto loaded = load_fence(config);
        if (!loaded && loaded.error().code == EPERM) GTEST_SKIP() << loaded.error().what;
        ASSERT_TRUE(loaded) << loaded.error().what;
        fence_.emplace(std::move(*loaded));
    }

    LeasePage& page() { return *fence_->page; }
    FenceDrops drops() { return fence_->programs.counters->read(); }

    /// What the classifier says: TC_ACT_UNSPEC or TC_ACT_SHOT.
    int verdict(Way way, const std::string& frame) {
        const auto bytes = test::from_hex(frame);
        bpf_test_run_opts options{};
        options.sz = sizeof options;
        options.data_in = bytes.data();
        options.data_size_in = static_cast<std::uint32_t>(bytes.size());
        const auto& programs = fence_->programs;
        const int program = way == Way::in ? programs.ingress.get() : programs.egress.get();
        EXPECT_EQ(bpf_prog_test_run_opts(program, &options), 0) << std::strerror(errno);
        return static_cast<int>(options.retval);
    }

    /// The one counter that has moved; passes when none has.
    Fate counted_since(const FenceDrops& before) {
        const FenceDrops after = drops();
        const std::array moved{std::pair{after.questions - before.questions, Fate::question},
                               std::pair{after.packets_in - before.packets_in, Fate::packet_in},
                               std::pair{after.answers - before.answers, Fate::answer},
                               std::pair{after.packets_out - before.packets_out, Fate::packet_out}};
        Fate fate = Fate::passes;
        for (const auto& [by, kind] : moved) {
            if (by == 0) continue;
            EXPECT_EQ(by, 1u);
            EXPECT_EQ(fate, Fate::passes) << "two counters have moved";
            fate = kind;
        }
        return fate;
    }

    void expect_fate(const Case& c, const std::string& tag, Fate fate) {
        SCOPED_TRACE(c.name + ", tagged " + tag);
        const auto before = drops();
        const int expected = fate == Fate::passes ? TC_ACT_UNSPEC : TC_ACT_SHOT;
        EXPECT_EQ(verdict(c.way, c.ethernet + tag + c.packet), expected);
        EXPECT_EQ(counted_since(before), fate);
    }

    void expect_shut() {
        for (const auto& c : cases)
            for (const auto& tag : tags) expect_fate(c, tag, c.fate);
    }

    std::optional<Fence> fence_;
};

TEST_F(FenceProgram, IsShutBeforeAnyLease) { expect_shut(); }

TEST_F(FenceProgram, IsShutWhenTheLeaseHasExpiredThoughNobodyHasClosedIt) {
    ASSERT_TRUE(page().grant(beginning_of_time));
    expect_shut();
}

TEST_F(FenceProgram, LetsEverythingPassWhileTheLeaseStands) {
    ASSERT_TRUE(page().grant(end_of_time));
    for (const auto& c : cases)
        for (const auto& tag : tags) expect_fate(c, tag, Fate::passes);
}

TEST_F(FenceProgram, IsShutAgainWhenTheLeaseIsClosed) {
    ASSERT_TRUE(page().grant(end_of_time));
    page().close();
    expect_shut();
}

TEST_F(FenceProgram, DoesNotLookBehindMoreTagsThanAnyInterfaceOfThisHostWouldTakeOff) {
    const std::string four_tags = tags.back() + tags[1];
    EXPECT_EQ(verdict(Way::out, to_us + four_tags + ipv4(vip4, peer4)), TC_ACT_UNSPEC);
}

TEST_F(FenceProgram, KnowsAsManyVipsAsThereMayBe) {
    std::vector<VipConfig> vips;
    for (std::size_t i = 0; i < vips_max; ++i) {
        const auto text = i % 2 == 0 ? fmt::format("10.{}.{}.1/8", i / 256, i % 256)
                                     : fmt::format("fd77::{:x}/64", i);
        vips.push_back({std::to_string(i), parse_prefix(text).value(), "eth0"});
    }
    load(vips);
    for (std::size_t i = 0; i < vips_max; ++i) {
        const auto packet =
            i % 2 == 0 ? ipv4(fmt::format("0a{:02x}{:02x}01 ", i / 256, i % 256), peer4)
                       : ipv6(fmt::format("fd77000000000000000000000000{:04x} ", i), peer6);
        EXPECT_EQ(verdict(Way::out, to_us + packet), TC_ACT_SHOT) << i;
    }
    EXPECT_EQ(verdict(Way::out, to_us + ipv4(own4, peer4)), TC_ACT_UNSPEC);
}

}  // namespace
}  // namespace komainu
