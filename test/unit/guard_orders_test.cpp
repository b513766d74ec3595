// What main and guard say to each other survives the way, and nothing else is understood.
#include "guard/orders.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "io/message_channel.h"

namespace komainu {

namespace {

using Room = std::array<std::byte, guard_message_bytes_max>;

LastWillBytes will_of(std::size_t length) {
    LastWillBytes will;
    for (std::size_t i = 0; i < length; ++i) will.push_back(static_cast<std::byte>(i));
    return will;
}

ProbeReport probed_with(std::size_t rivals) {
    ProbeReport report{12, {}, 0};
    for (std::size_t i = 0; i < rivals; ++i) {
        const auto number = static_cast<std::uint8_t>(i);
        report.rivals.push_back({number, {{2, 0, 0, 0, 0, number}}});
    }
    return report;
}

std::vector<GuardOrder> all_orders() {
    return {HoldOrder{7, will_of(last_will_bytes_max)},
            HoldOrder{8, {}},
            DropOrder{9},
            AnnounceOrder{},
            ProbeOrder{10},
            DepositOrder{11, will_of(3)},
            ReloadOrder{12, digest_of("text")}};
}

std::vector<GuardReport> all_reports() {
    return {HeldReport{7, Instant(5ns), Instant(6ns)},
            DroppedReport{8, DropReason::ordered},
            DroppedReport{9, DropReason::lease_expired},
            HoldFailedReport{10, "why not"},
            CarrierReport{Carrier::down, "eth0"},
            CarrierReport{Carrier::up, "eth1"},
            CarrierReport{Carrier::missing, "eth2"},
            RestoredReport{"main"},
            FenceReport{"eth0: no clsact"},
            FenceReport{},
            ReadyReport{},
            StartFailedReport{"no interface"},
            RivalSeenReport{1023, {{2, 0, 0, 0, 0, 0x66}}, 3},
            ProbeReport{11, {}, 1024},
            probed_with(1),
            probed_with(ProbeReport::rivals_max),
            ReloadedReport{12},
            ReloadFailedReport{13, "vip.a: eth7 is missing"}};
}

}  // namespace

TEST(GuardOrders, ComeBackAsTheyWere) {
    Room room;
    for (const auto& order : all_orders()) EXPECT_EQ(decode_order(encode(order, room)), order);
}

TEST(GuardReports, ComeBackAsTheyWere) {
    Room room;
    for (const auto& report : all_reports()) EXPECT_EQ(decode_report(encode(report, room)), report);
}

TEST(GuardOrders, AreRejectedWhenTruncatedOrTooLong) {
    for (const auto& order : all_orders()) {
        Room room{};
        const Bytes bytes = encode(order, room);
        for (std::size_t length = 0; length < bytes.size(); ++length)
            EXPECT_FALSE(decode_order(bytes.first(length)));
        EXPECT_FALSE(decode_order(Bytes(room).first(bytes.size() + 1)));
    }
}

TEST(GuardReports, AreRejectedWhenTruncatedOrTooLong) {
    for (const auto& report : all_reports()) {
        Room room{};
        const Bytes bytes = encode(report, room);
        for (std::size_t length = 0; length < bytes.size(); ++length)
            EXPECT_FALSE(decode_report(bytes.first(length)));
        EXPECT_FALSE(decode_report(Bytes(room).first(bytes.size() + 1)));
    }
}

TEST(GuardOrders, OfUnknownKindAreRejected) {
    for (int kind = 0; kind < 256; ++kind) {
        const std::array<std::byte, 1> bytes{static_cast<std::byte>(kind)};
        EXPECT_EQ(decode_order(bytes).has_value(), kind == 3) << kind;
        EXPECT_EQ(decode_report(bytes).has_value(), kind == 6) << kind;
    }
}

TEST(GuardReports, WithAnUnknownReasonAreRejected) {
    Room room;
    const Bytes bytes = encode(GuardReport{DroppedReport{1, DropReason::ordered}}, room);
    room[bytes.size() - 1] = std::byte{2};
    EXPECT_FALSE(decode_report(bytes));
}

TEST(GuardReports, WithMoreRivalsThanThereMayBeAreRejected) {
    Room room{};
    const Bytes bytes = encode(GuardReport{probed_with(ProbeReport::rivals_max)}, room);
    constexpr std::size_t count_at = 1 + 8 + 2;
    ASSERT_EQ(room[count_at], std::byte{ProbeReport::rivals_max});
    room[count_at] = std::byte{ProbeReport::rivals_max + 1};
    EXPECT_FALSE(decode_report(Bytes(room).first(bytes.size() + 8)));
}

TEST(GuardReports, LongTextsAreCutOff) {
    Room room;
    const GuardReport report = StartFailedReport{std::string(5000, 'x')};
    const auto decoded = decode_report(encode(report, room));
    ASSERT_TRUE(decoded);
    EXPECT_EQ(std::get<StartFailedReport>(*decoded).text.size(), guard_text_bytes_max);
}

TEST(GuardChannel, HandsOverMessagesInOrderAndThenTheEnd) {
    auto sockets = make_channel();
    ASSERT_TRUE(sockets);
    for (std::uint64_t round = 1; round <= 3; ++round)
        ASSERT_EQ(send_over(sockets->main.get(), GuardOrder{DropOrder{round}}), Sent::yes);
    // With a report unread, the death of main also resets the connection.
    ASSERT_EQ(send_over(sockets->child.get(), GuardReport{ReadyReport{}}), Sent::yes);
    sockets->main.close();
    std::vector<GuardOrder> received;
    const auto state = receive_messages(sockets->child.get(), [&](Bytes bytes, Descriptors&) {
        if (const auto order = decode_order(bytes)) received.push_back(*order);
    });
    EXPECT_EQ(state, ChannelState::closed);
    EXPECT_EQ(received, (std::vector<GuardOrder>{DropOrder{1}, DropOrder{2}, DropOrder{3}}));
}

TEST(GuardChannel, NeverBlocksWhenTheOtherSideDoesNotRead) {
    auto sockets = make_channel();
    ASSERT_TRUE(sockets);
    Sent sent = Sent::yes;
    for (int i = 0; i < 100000 && sent == Sent::yes; ++i)
        sent = send_over(sockets->child.get(), GuardReport{ReadyReport{}});
    EXPECT_EQ(sent, Sent::no_room);
}

}  // namespace komainu
