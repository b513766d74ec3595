// What main and runner say to each other comes through as it was said, or is refused.
#include "runner/orders.h"

#include <gtest/gtest.h>

#include "packet/ledger_record.h"
#include "runner/hook_queue.h"
#include "test/unit/sample_table.h"

namespace komainu {
namespace {

using Room = std::array<std::byte, runner_message_bytes_max>;

HookFacts some_facts() {
    HookFacts facts{HookEvent::backend, 7,        NodeId{2}, NodeId{3}, "standby",
                    "active",           "silent", "",        "63",      "recovery-start"};
    facts.reason.assign(fact_bytes_max, 'r');
    return facts;
}

const std::vector<RunnerOrder>& orders() {
    static const std::vector<RunnerOrder> all{
        CheckOrder{1, 31},
        CheckOrder{2, 3, NodeId{64}},
        HookOrder{1ULL << 63, 5, some_facts()},
        StopOrder{3},
        FarewellOrder{},
        ReadConfigOrder{4},
        TakeOverOrder{5},
        MoveVipOrder{6, 7, true},
        MoveVipOrder{6, 7, false},
        CommandOrder{7, ClusterCommand::follow_primary, {63, 0, 1, 62}},
        CommandOrder{8, ClusterCommand::failover, {}}};
    return all;
}

const std::vector<RunnerReport>& reports() {
    static const std::vector<RunnerReport> all{
        RunReport{9, {Ending::killed, 11, std::string(run_line_bytes_max, 'x')}},
        RunReport{10, {Ending::not_started, 0, ""}},
        RunnerReadyReport{},
        RunnerFailedReport{"there is no user nobody2"},
        ConfigReport{11, ConfigOutcome::accepted, ""},
        ConfigReport{12, ConfigOutcome::failed, "cannot fork"}};
    return all;
}

TEST(RunnerOrders, ComeThroughAsTheyWere) {
    Room room;
    for (const RunnerOrder& order : orders())
        EXPECT_EQ(decode_runner_order(encode(order, room)), order) << order.index();
    for (const RunnerReport& report : reports())
        EXPECT_EQ(decode_runner_report(encode(report, room)), report) << report.index();
}

TEST(RunnerOrders, AreRefusedWhenCutShortOrTooLong) {
    Room room;
    for (const RunnerOrder& order : orders()) {
        const auto bytes = encode(order, room);
        for (std::size_t size = 0; size < bytes.size(); ++size)
            EXPECT_FALSE(decode_runner_order(bytes.first(size))) << order.index() << " " << size;
        EXPECT_FALSE(decode_runner_order(Bytes(room).first(bytes.size() + 1)));
    }
}

TEST(RunnerOrders, CutTextsOffThatAreTooLong) {
    Room room;
    const RunReport said{1, {Ending::exited, 1, std::string(5000, 'x')}};
    const auto heard = decode_runner_report(encode(RunnerReport{said}, room));
    ASSERT_TRUE(heard);
    EXPECT_EQ(std::get<RunReport>(*heard).end.line.size(), run_line_bytes_max);
}

TEST(RunnerOrders, LetNoControlCharacterIntoAnEnvironment) {
    Room room;
    for (const char odd : {'\0', '\n', '\x1b'}) {
        HookOrder order{1, 0, some_facts()};
        order.facts.cause = std::string("a") + odd;
        EXPECT_FALSE(decode_runner_order(encode(RunnerOrder{order}, room)));
    }
}

TEST(RunnerOrders, KnowNoOtherCommandsAndBackends) {
    Room room;
    const auto bytes = encode(RunnerOrder{CommandOrder{1, ClusterCommand::failback, {}}}, room);
    const std::size_t command = 1 + 8, backend = command + 1;
    ASSERT_EQ(bytes.size(), backend + 4);
    const Room good = room;
    room[command] = std::byte{3};
    EXPECT_FALSE(decode_runner_order(bytes));
    for (std::size_t place = backend; place < bytes.size(); ++place) {
        room = good;
        room[place] = std::byte{backends_max};
        EXPECT_FALSE(decode_runner_order(bytes)) << place;
    }
    room = good;
    room[backend] = std::byte{255};
    EXPECT_FALSE(decode_runner_order(bytes)) << "a command is always about a backend";
}

/// Its record goes to the end, and is looked at by nobody before the disk has it.
TEST(RunnerOrders, BringTheLongestRecordToTheDisk) {
    std::array<std::byte, ledger_record_bytes_max> record_room;
    const Bytes record =
        encode(LedgerRecord{{1, NodeId{1}}, test::longest_table(), 5}, record_room);
    Room room;
    const RunnerOrder order = StoreOrder{1ULL << 63, 2, {record.begin(), record.end()}};
    const Bytes bytes = encode(order, room);
    EXPECT_EQ(decode_runner_order(bytes), order);
    for (std::size_t size = 0; size < 1 + 8 + 8; ++size)
        EXPECT_FALSE(decode_runner_order(bytes.first(size))) << size;
}

TEST(RunnerOrders, BringNoLongerRecordThanThereIs) {
    Room room;
    for (const std::size_t size : {ledger_record_bytes_max, ledger_record_bytes_max + 1}) {
        const Bytes bytes =
            encode(RunnerOrder{StoreOrder{1, 2, std::vector(size, std::byte{3})}}, room);
        EXPECT_EQ(decode_runner_order(bytes).has_value(), size == ledger_record_bytes_max) << size;
    }
}

TEST(RunnerOrders, KnowNoOtherEventsAndEndings) {
    Room room;
    auto bytes = encode(RunnerOrder{HookOrder{1, 0, some_facts()}}, room);
    room[1 + 8 + 2] = std::byte{6};
    EXPECT_FALSE(decode_runner_order(bytes));
    bytes = encode(RunnerReport{RunReport{1, {}}}, room);
    room[1 + 8] = std::byte{5};
    EXPECT_FALSE(decode_runner_report(bytes));
}

TEST(RunEndText, SaysHowItEnded) {
    EXPECT_EQ(to_string(RunEnd{Ending::exited, 3, "no such backend"}),
              "exit status 3: no such backend");
    EXPECT_EQ(to_string(RunEnd{Ending::killed, 11, ""}), "killed by signal 11");
    EXPECT_EQ(to_string(RunEnd{Ending::timed_out, 0, ""}), "time-out");
    EXPECT_EQ(to_string(RunEnd{Ending::not_started, 0, "cannot run /x: No such file or directory"}),
              "cannot run /x: No such file or directory");
}

TEST(RunEndText, HasTheFirstLineInPrintableLetters) {
    EXPECT_EQ(first_line("\n  first \nsecond"), "first");
    EXPECT_EQ(first_line("a\x1b[31mb\xc3\xa9"), "a?[31mb??");
    EXPECT_EQ(first_line(std::string(1000, 'x')).size(), run_line_bytes_max);
    EXPECT_EQ(first_line(" \n\t"), "");
}

WaitingHook numbered(std::uint64_t run) {
    WaitingHook hook;
    hook.run = run;
    return hook;
}

TEST(HookQueueTest, LetsOneRunAtATimeInTheirOrder) {
    HookQueue queue;
    for (const std::uint64_t run : {1, 2}) EXPECT_FALSE(queue.push(numbered(run)));
    EXPECT_EQ(queue.next()->run, 1u);
    EXPECT_FALSE(queue.next());
    queue.ended();
    EXPECT_EQ(queue.next()->run, 2u);
    EXPECT_FALSE(queue.idle());
    queue.ended();
    EXPECT_TRUE(queue.idle());
}

TEST(HookQueueTest, DropsTheOldestThatWaitsAndCountsIt) {
    HookQueue queue;
    queue.push(numbered(0));
    EXPECT_EQ(queue.next()->run, 0u);  // it runs, and is not dropped any more
    for (std::uint64_t run = 1; run <= HookQueue::hooks_max; ++run)
        EXPECT_FALSE(queue.push(numbered(run)));
    EXPECT_EQ(queue.push(numbered(1000))->run, 1u);
    EXPECT_EQ(queue.push(numbered(1001))->run, 2u);
    EXPECT_EQ(queue.dropped(), 2u);
    queue.ended();
    EXPECT_EQ(queue.next()->run, 3u);
}

}  // namespace
}  // namespace komainu
