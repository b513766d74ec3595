// The kernel's filter, run here by libpcap's interpreter of the same programs: it lets pass all
// that read_claim would make something of, and hardly anything else.
#include "packet/claim_filter.h"

#include <gtest/gtest.h>
#include <pcap/pcap.h>

#include <random>

#include "packet/arp.h"
#include "packet/ndp.h"
#include "packet/neighbor_claim.h"

namespace komainu {

namespace {

constexpr MacAddress mac{{0x02, 0x00, 0x00, 0x00, 0x00, 0xa1}};

IpAddress ip(const char* text) { return parse_address(text).value(); }

// A thousand in the order of their numbers, high bit and all.
std::vector<IpAddress> many(Family family) {
    std::vector<IpAddress> addresses;
    for (int i = 0; i < 1024; ++i) {
        IpAddress address = ip(family == Family::ipv4 ? "192.168.0.0" : "2001:db8::");
        const std::size_t last = address.size() - 1;
        address.bytes[last - 1] = static_cast<std::uint8_t>(i >> 8);
        address.bytes[last] = static_cast<std::uint8_t>(i);
        addresses.push_back(address);
    }
    return addresses;
}

// As the kernel's and the library's instructions are the same and have different names.
std::vector<bpf_insn> program(Family family, std::span<const IpAddress> addresses) {
    std::vector<bpf_insn> steps;
    for (const sock_filter& step : claim_filter(family, addresses))
        steps.push_back({step.code, step.jt, step.jf, step.k});
    return steps;
}

bool passes(const std::vector<bpf_insn>& steps, Bytes frame) {
    // libpcap speaks of unsigned characters.
    const std::vector<u_char> bytes(reinterpret_cast<const u_char*>(frame.data()),
                                    reinterpret_cast<const u_char*>(frame.data()) + frame.size());
    const auto size = static_cast<u_int>(bytes.size());
    return bpf_filter(steps.data(), bytes.data(), size, size) != 0;
}

}  // namespace

TEST(ClaimFilter, IsAProgramThatTheKernelTakes) {
    for (const Family family : {Family::ipv4, Family::ipv6})
        for (const std::size_t n : {0u, 1u, 199u, 200u, 201u, 400u, 1024u}) {
            const auto addresses = many(family);
            const auto steps = program(family, std::span(addresses).first(n));
            EXPECT_LE(steps.size(), static_cast<std::size_t>(BPF_MAXINSNS));
            EXPECT_TRUE(bpf_validate(steps.data(), static_cast<int>(steps.size()))) << n;
            // The kernel makes up to two instructions of 8 bytes of each.
            EXPECT_LE(steps.size() * 16, 20480u) << "net.core.optmem_max";
        }
}

TEST(ClaimFilter, PassesTheClaimsOfEachOfItsAddressesAndOfNoOther) {
    const auto addresses = many(Family::ipv4);
    const std::span<const IpAddress> some = std::span(addresses).first(450);
    const auto steps = program(Family::ipv4, some);
    for (std::size_t i = 0; i < addresses.size(); ++i)
        for (const auto form : {ArpForm::request, ArpForm::reply})
            EXPECT_EQ(passes(steps, arp_announcement(form, mac, addresses[i])), i < some.size());
}

TEST(ClaimFilter, PassesTheAdvertisementsOfEachOfItsAddressesAndOfNoOther) {
    const auto addresses = many(Family::ipv6);
    const std::span<const IpAddress> some = std::span(addresses).first(450);
    const auto steps = program(Family::ipv6, some);
    for (std::size_t i = 0; i < addresses.size(); ++i)
        EXPECT_EQ(passes(steps, neighbor_advertisement(mac, addresses[i], Forwarding::host)),
                  i < some.size());
}

TEST(ClaimFilter, KeepsOutWhatOnlyAsks) {
    const std::vector<IpAddress> both{ip("10.77.0.100"), ip("2001:db8::100")};
    EXPECT_FALSE(passes(program(Family::ipv4, both), arp_probe(mac, both[0])));
    EXPECT_FALSE(passes(program(Family::ipv6, both), neighbor_probe(mac, both[1])));
}

TEST(ClaimFilter, OfNoAddressPassesNothing) {
    const std::vector<IpAddress> both{ip("10.77.0.100"), ip("2001:db8::100")};
    const auto other = [&](Family family, std::size_t i) {
        return program(family, std::span(both).subspan(i, 1));
    };
    EXPECT_FALSE(passes(other(Family::ipv4, 1), arp_announcement(ArpForm::reply, mac, both[0])));
    EXPECT_FALSE(
        passes(other(Family::ipv6, 0), neighbor_advertisement(mac, both[1], Forwarding::host)));
}

// With a seed of its own: frames with a few bytes changed, and cut off somewhere.
TEST(ClaimFilter, NeverKeepsOutAClaim) {
    const std::vector<IpAddress> both{ip("10.77.0.100"), ip("2001:db8::100")};
    std::mt19937 random(20260504);
    const auto program4 = program(Family::ipv4, both);
    const auto program6 = program(Family::ipv6, both);
    int claims = 0;
    for (int i = 0; i < 200'000; ++i) {
        const auto arp = arp_announcement(ArpForm::reply, mac, both[0]);
        const auto advertisement = neighbor_advertisement(mac, both[1], Forwarding::host);
        const bool four = i % 2 == 0;
        std::vector<std::byte> frame =
            four ? std::vector(arp.begin(), arp.end())
                 : std::vector(advertisement.begin(), advertisement.end());
        for (auto changes = random() % 3; changes > 0; --changes)
            frame[random() % frame.size()] = static_cast<std::byte>(random());
        if (random() % 8 == 0) frame.resize(random() % frame.size());
        const auto claim = read_claim(frame);
        if (!claim || claim->address != both[four ? 0 : 1]) continue;
        ++claims;
        EXPECT_TRUE(passes(four ? program4 : program6, frame));
    }
    EXPECT_GT(claims, 10'000);
}

}  // namespace komainu
