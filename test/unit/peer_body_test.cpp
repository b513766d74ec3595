// The bytes of version 1 of what is said on a stream before anything about the backends is. They
// stay as they are: a later version is tested against them.
#include "packet/peer_body.h"

#include <gtest/gtest.h>

#include "test/unit/hex.h"
#include "test/unit/sample_table.h"

namespace komainu {
namespace {

using test::from_hex;

std::string written(const PeerMessage& message) {
    std::array<std::byte, peer_body_bytes_max> room;
    Writer writer(room);
    write_peer_body(writer, message);
    EXPECT_TRUE(writer.ok());
    return test::hex(writer.written());
}

std::string without_blanks(std::string text) {
    std::erase(text, ' ');
    return text;
}

std::optional<PeerMessage> read(std::uint8_t type, const std::string& digits) {
    PeerMessage message;
    if (!read_peer_body(type, from_hex(digits), message)) return {};
    return message;
}

constexpr std::uint8_t info_type = 2;
constexpr std::uint8_t refused_type = 4;

const std::string host_name = "01 0003 646231";
const std::string software_version = "02 0005 302e312e30";
const std::string service_port = "03 0002 270f";
const std::string peer_port = "04 0002 25de";
const std::string role = "05 0001 01";
const std::string incarnation = "06 0008 0000018f00000001";
const std::string hash =
    "07 0020 "
    "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f";
const std::string names = host_name + software_version;
const std::string needed = peer_port + role + incarnation + hash;
const std::string first_setting = "08 000a 0001 61 0005 312f323420";
const std::string second_setting = "08 0006 0002 6162 0000";

ServerInfo sample() {
    ServerInfo info;
    info.host_name = "db1";
    info.software_version = "0.1.0";
    info.service_port = 9999;
    info.peer_port = 9694;
    info.role = ServerRole::active;
    info.incarnation = Incarnation{0x0000018f'00000001};
    for (std::size_t i = 0; i < tag_bytes; ++i)
        info.vip_settings_hash[i] = static_cast<std::byte>(0x20 + i);
    info.vip_settings = {{"a", "1/24 "}, {"ab", ""}};
    return info;
}

TEST(PeerBody, EachMessageHasItsBytes) {
    struct Golden {
        std::uint8_t type;
        PeerMessage message;
        std::string body;
    };
    for (const auto& [type, message, body] :
         {Golden{1, KeepAlive{}, ""},
          Golden{2, sample(), names + service_port + needed + first_setting + second_setting},
          Golden{3, JoinAccepted{}, ""},
          Golden{4, JoinRefused{JoinRefusal::other_settings, "why"}, "02 0003 776879"},
          Golden{16, LedgerMessage(Prepare{{9, NodeId{1}}}), "0000000000000009 01"}}) {
        EXPECT_TRUE(is_known_type(type));
        EXPECT_EQ(peer_message_type(message), type);
        EXPECT_EQ(written(message), without_blanks(body)) << int{type};
        EXPECT_EQ(read(type, body), message) << int{type};
    }
    for (const int type : {0, 5, 15, 26, 255})
        EXPECT_FALSE(is_known_type(static_cast<std::uint8_t>(type)));
}

TEST(PeerBody, WhatALaterVersionAddsIsPassedOver) {
    EXPECT_EQ(read(1, "c0ffee"), PeerMessage(KeepAlive{}));
    EXPECT_EQ(read(3, "c0ffee"), PeerMessage(JoinAccepted{}));
    EXPECT_EQ(read(refused_type, "02 0003 776879 c0ffee"),
              PeerMessage(JoinRefused{JoinRefusal::other_settings, "why"}));
    const std::string known = names + service_port + needed + first_setting + second_setting;
    EXPECT_EQ(read(info_type, known + "09 0000 ff 0003 c0ffee 0a 0001 00"), PeerMessage(sample()));
}

TEST(PeerBody, AReasonWhyThatIsNotKnownIsAnother) {
    const auto why = [](const std::string& digits) {
        return std::get<JoinRefused>(*read(refused_type, digits + "0000")).why;
    };
    EXPECT_EQ(why("01"), JoinRefusal::not_active);
    EXPECT_EQ(why("02"), JoinRefusal::other_settings);
    EXPECT_EQ(why("03"), JoinRefusal::other);
    EXPECT_EQ(why("ff"), JoinRefusal::other);
    EXPECT_FALSE(read(refused_type, "00 0000"));
}

TEST(PeerBody, AServerInfoHasWhatItNeeds) {
    EXPECT_TRUE(read(info_type, names + needed));
    EXPECT_FALSE(read(info_type, ""));
    EXPECT_FALSE(read(info_type, host_name + needed));
    EXPECT_FALSE(read(info_type, software_version + needed));
    EXPECT_FALSE(read(info_type, names + role + incarnation + hash));
    EXPECT_FALSE(read(info_type, names + peer_port + incarnation + hash));
    EXPECT_FALSE(read(info_type, names + peer_port + role + hash));
    EXPECT_FALSE(read(info_type, names + peer_port + role + incarnation));
}

TEST(PeerBody, FieldsAscendAndOnlySettingsOccurAgain) {
    EXPECT_FALSE(read(info_type, software_version + host_name + needed));
    EXPECT_FALSE(read(info_type, host_name + names + needed));
    EXPECT_FALSE(read(info_type, names + needed + "09 0000" + first_setting));
    EXPECT_FALSE(read(info_type, names + needed + second_setting + first_setting));
    EXPECT_FALSE(read(info_type, names + needed + first_setting + first_setting));
    EXPECT_FALSE(read(info_type, "00 0000" + names + needed));
}

TEST(PeerBody, AFieldMeansSomethingAndIsExactlySoLong) {
    const auto reads = [](const std::string& field) {
        return read(info_type, names + field + needed).has_value();
    };
    EXPECT_TRUE(reads("03 0002 0001"));
    EXPECT_FALSE(reads("03 0002 0000"));
    EXPECT_FALSE(reads("03 0001 01"));
    EXPECT_FALSE(reads("03 0003 000100"));
    EXPECT_FALSE(reads("03 ffff 0001"));
    EXPECT_FALSE(read(info_type, names + peer_port + "05 0001 03" + incarnation + hash));
    EXPECT_FALSE(read(info_type, names + peer_port + role + incarnation + "07 0001 00"));
    EXPECT_FALSE(read(info_type, names + needed + "08 0005 0001 61 0001"));
    EXPECT_FALSE(read(info_type, names + needed + "08 0006 0001 61 0000 00"));
}

TEST(PeerBody, TextsArePrintableAndNotTooLong) {
    EXPECT_FALSE(read(info_type, "01 0001 1b" + software_version + needed));
    EXPECT_FALSE(read(info_type, "01 0001 80" + software_version + needed));
    EXPECT_FALSE(read(refused_type, "02 0001 0a"));
    std::string longest;
    for (std::size_t i = 0; i < host_name_bytes_max; ++i) longest += "61";
    EXPECT_TRUE(read(info_type, "01 0040" + longest + software_version + needed));
    EXPECT_FALSE(read(info_type, "01 0041 61" + longest + software_version + needed));
    EXPECT_EQ(printable("a\x1b[1m\xc3\xa9", 5), "a?[1m");
}

TEST(PeerBody, OfManySettingsTheFirstThatFitAreSaid) {
    ServerInfo info = sample();
    info.vip_settings.clear();
    for (int i = 1000; i < 3000; ++i)
        info.vip_settings.push_back({"vip.number" + std::to_string(i) + ".address",
                                     "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff/128"});
    const auto heard = std::get<ServerInfo>(*read(info_type, written(info)));
    EXPECT_GT(heard.vip_settings.size(), 150u);
    EXPECT_LT(heard.vip_settings.size(), info.vip_settings.size());
    EXPECT_TRUE(std::ranges::equal(heard.vip_settings,
                                   std::span(info.vip_settings).first(heard.vip_settings.size())));
}

}  // namespace
}  // namespace komainu
