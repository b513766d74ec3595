// Addresses: read from text as numbers only, compared as bytes, written as people write them.
#include <gtest/gtest.h>

#include "base/address.h"

namespace komainu {
namespace {

TEST(Address, IsReadAndWrittenInBothFamilies) {
    for (const char* text : {"10.77.0.100", "0.0.0.0", "fd77::100", "::", "::1"}) {
        const auto address = parse_address(text);
        ASSERT_TRUE(address) << text;
        EXPECT_EQ(to_string(*address), text);
    }
    EXPECT_EQ(to_string(*parse_address("FD77:0:0::0100")), "fd77::100");
}

TEST(Address, IsNeverAName) {
    for (const char* text : {"", "localhost", "10.77.0", "10.77.0.256", "10.77.0.1 ",
                             "fd77::1%eth0", "1:2:3:4:5:6:7:8:9", "10.77.0.1/24"})
        EXPECT_FALSE(parse_address(text)) << text;
}

TEST(Address, KnowsWhatItIs) {
    EXPECT_TRUE(parse_address("239.77.0.1")->is_multicast());
    EXPECT_TRUE(parse_address("ff02::77")->is_multicast());
    EXPECT_FALSE(parse_address("10.77.0.1")->is_multicast());
    EXPECT_TRUE(parse_address("127.0.0.53")->is_loopback());
    EXPECT_TRUE(parse_address("::1")->is_loopback());
    EXPECT_FALSE(parse_address("fd77::1")->is_loopback());
    EXPECT_TRUE(parse_address("fe80::1")->is_ipv6_link_local());
    EXPECT_TRUE(parse_address("febf::1")->is_ipv6_link_local());
    EXPECT_FALSE(parse_address("fec0::1")->is_ipv6_link_local());
    EXPECT_FALSE(parse_address("254.128.0.1")->is_ipv6_link_local());
    EXPECT_TRUE(parse_address("::")->is_unspecified());
}

TEST(PrefixText, WithoutALengthIsAHostPrefix) {
    EXPECT_EQ(parse_prefix("10.77.0.1")->length, 32);
    EXPECT_EQ(parse_prefix("fd77::1")->length, 128);
    EXPECT_EQ(to_string(*parse_prefix("10.77.0.100/24")), "10.77.0.100/24");
}

TEST(PrefixText, IsRefusedWhenItsLengthIsNone) {
    for (const char* text : {"10.77.0.1/33", "fd77::1/129", "10.77.0.1/", "10.77.0.1/-1",
                             "10.77.0.1/2x", "10.77.0.1/24/24", "/24"})
        EXPECT_FALSE(parse_prefix(text)) << text;
}

TEST(Prefix, ContainsTheAddressesOfItsNetworkAndNoOthers) {
    const auto net = [](const char* text) { return *parse_prefix(text); };
    const auto ip = [](const char* text) { return *parse_address(text); };
    EXPECT_TRUE(net("10.77.0.1/24").contains(ip("10.77.0.255")));
    EXPECT_FALSE(net("10.77.0.1/24").contains(ip("10.77.1.1")));
    EXPECT_TRUE(net("10.77.0.1/23").contains(ip("10.77.1.1")));
    EXPECT_FALSE(net("10.77.0.1/31").contains(ip("10.77.0.2")));
    EXPECT_TRUE(net("0.0.0.0/0").contains(ip("192.0.2.1")));
    EXPECT_FALSE(net("0.0.0.0/0").contains(ip("fd77::1")));
    EXPECT_TRUE(net("fd77::/64").contains(ip("fd77::ffff")));
    EXPECT_FALSE(net("fd77::/64").contains(ip("fd77:0:0:1::")));
}

TEST(Endpoint, IsReadWithBracketsAroundIpv6Only) {
    EXPECT_EQ(to_string(*parse_endpoint("10.77.0.1:9694")), "10.77.0.1:9694");
    EXPECT_EQ(to_string(*parse_endpoint("[fd77::1]:9694")), "[fd77::1]:9694");
    for (const char* text : {"10.77.0.1", "fd77::1:9694", "[10.77.0.1]:9694", "10.77.0.1:0",
                             "10.77.0.1:65536", "localhost:80", ":80", ""})
        EXPECT_FALSE(parse_endpoint(text)) << text;
}

TEST(MacAddress, IsWrittenInHexadecimal) {
    EXPECT_EQ(to_string(MacAddress{{0x02, 0, 0, 0xab, 0xcd, 0xef}}), "02:00:00:ab:cd:ef");
}

}  // namespace
}  // namespace komainu
