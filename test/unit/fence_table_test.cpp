// The table by which the fence knows the VIPs, as its program in the kernel reads it.
#include "guard/fence_table.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <vector>

namespace komainu {
namespace {

IpAddress address(const std::string& text) { return parse_address(text).value(); }

fence_address words_of(const IpAddress& ip) {
    std::array<std::uint8_t, 16> bytes{};
    if (ip.is_ipv4()) bytes[10] = bytes[11] = 0xff;
    std::memcpy(bytes.data() + (ip.is_ipv4() ? 12 : 0), ip.bytes.data(), ip.size());
    fence_address entry;
    std::memcpy(&entry, bytes.data(), sizeof entry);
    return entry;
}

struct FenceTableTest : testing::Test {
    std::unique_ptr<fence_table> table = std::make_unique<fence_table>();

    /// As the program does.
    std::optional<std::size_t> place_of(const IpAddress& ip) {
        const fence_address wanted = words_of(ip);
        for (std::size_t i = 0; i < fence_tries; ++i) {
            const std::size_t place = (fence_place(&wanted) + i) % fence_places;
            if (std::memcmp(&table->places[place], &wanted, sizeof wanted) == 0) return place;
        }
        return {};
    }
    bool has(const std::string& text) { return place_of(address(text)).has_value(); }
    std::size_t entries() {
        std::size_t count = 0;
        for (const auto& place : table->places) count += (place.words[0] | place.words[1]) != 0;
        return count;
    }
};

TEST_F(FenceTableTest, HasWhatWasEntered) {
    EXPECT_FALSE(has("10.77.0.100"));
    ASSERT_TRUE(enter(*table, address("10.77.0.100")));
    ASSERT_TRUE(enter(*table, address("fd77::100")));
    ASSERT_TRUE(enter(*table, address("fd77::100")));
    EXPECT_TRUE(has("10.77.0.100"));
    EXPECT_TRUE(has("fd77::100"));
    EXPECT_FALSE(has("10.77.0.101"));
    EXPECT_EQ(entries(), 2u);
}

TEST_F(FenceTableTest, WhatStaysKeepsItsPlaceWhateverGoesBeforeIt) {
    std::vector<IpAddress> all;
    for (int i = 0; i < 1000; ++i)
        all.push_back(address("10.77." + std::to_string(i / 250) + "." + std::to_string(i % 250)));
    for (const auto& ip : all) ASSERT_TRUE(enter(*table, ip));
    std::vector<IpAddress> kept;
    std::vector<std::optional<std::size_t>> places;
    for (std::size_t i = 0; i < all.size(); i += 3) {
        kept.push_back(all[i]);
        places.push_back(place_of(all[i]));
    }
    keep_only(*table, kept);
    EXPECT_EQ(entries(), kept.size());
    for (std::size_t i = 0; i < kept.size(); ++i) EXPECT_EQ(place_of(kept[i]), places[i]);
    for (const auto& ip : all) ASSERT_TRUE(enter(*table, ip));
    EXPECT_EQ(entries(), all.size());
    for (std::size_t i = 0; i < kept.size(); ++i) EXPECT_EQ(place_of(kept[i]), places[i]);
}

TEST_F(FenceTableTest, HasRoomForAsManyVipsAsThereMayBeHoweverTheyLie) {
    for (const std::string form : {"10.0.0.0", "2001:db8::", "fd77:0:0:"}) {
        *table = {};
        std::vector<IpAddress> all;
        for (int i = 1; i <= fence_vips_max; ++i) {
            IpAddress ip = address(form == "fd77:0:0:" ? "fd77::" : form);
            const std::size_t high = form == "fd77:0:0:" ? 6 : ip.size() - 2;
            ip.bytes[high] = static_cast<std::uint8_t>(i >> 8);
            ip.bytes[high + 1] = static_cast<std::uint8_t>(i);
            all.push_back(ip);
            ASSERT_TRUE(enter(*table, ip)) << to_string(ip);
        }
        for (const auto& ip : all) EXPECT_TRUE(place_of(ip)) << to_string(ip);
    }
}

TEST_F(FenceTableTest, SaysWhenAnAddressHasNoRoom) {
    const IpAddress ip = address("10.77.0.100");
    const fence_address words = words_of(ip);
    for (std::size_t i = 0; i < fence_tries; ++i)
        table->places[(fence_place(&words) + i) % fence_places] = {{1, i + 1}};
    const Status entered = enter(*table, ip);
    ASSERT_FALSE(entered);
    EXPECT_EQ(entered.error().what, "the fence has no room for 10.77.0.100");
}

}  // namespace
}  // namespace komainu
