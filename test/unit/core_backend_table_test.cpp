// The table of backends by itself: what events do to it, what it folds, what cannot be one.
#include "core/backend_table.h"

#include <gtest/gtest.h>

#include "test/unit/sample_table.h"

namespace komainu {
namespace {

using Kind = BackendEventKind;
using test::sample_event;

using Entries = StaticVector<Entry, entries_max>;

constexpr Ballot some_ballot{1, NodeId{1}};

Entry entry_of(Kind kind, std::uint8_t backend, bool has_command = false) {
    return {sample_event(kind, backend), has_command};
}

Entry end_of(std::uint64_t index) {
    Entry entry = entry_of(Kind::command_ended, 0);
    entry.event.ended = index;
    return entry;
}

/// What is objected to the last event after the earlier ones.
std::optional<EventOutcome> objection_after(std::initializer_list<BackendEvent> earlier,
                                            const BackendEvent& event) {
    BackendStates states;
    for (const BackendEvent& each : earlier) apply(states, each);
    return objection_to(states, event);
}

TEST(BackendTable, EntersNothingThatIsSoAlready) {
    const auto detach = sample_event(Kind::detach, 1), attach = sample_event(Kind::attach, 1);
    const auto promote = sample_event(Kind::promote, 1);
    EXPECT_EQ(objection_after({}, detach), std::nullopt);
    EXPECT_EQ(objection_after({detach}, detach), EventOutcome::already_so);
    EXPECT_EQ(objection_after({}, attach), EventOutcome::already_so);
    EXPECT_EQ(objection_after({detach}, attach), std::nullopt);
    EXPECT_EQ(objection_after({}, promote), std::nullopt);
    EXPECT_EQ(objection_after({promote}, promote), EventOutcome::already_so);
    EXPECT_EQ(objection_after({end_of(3).event}, end_of(3).event), EventOutcome::already_so);
    EXPECT_EQ(objection_after({end_of(3).event}, end_of(4).event), std::nullopt);
}

TEST(BackendTable, PromotesNoBackendThatIsDown) {
    EXPECT_EQ(objection_after({sample_event(Kind::detach, 1)}, sample_event(Kind::promote, 1)),
              EventOutcome::is_down);
}

TEST(BackendTable, HasOneOnlineRecoveryAtATimeOfABackendThatIsDown) {
    const auto detach = sample_event(Kind::detach, 1), other = sample_event(Kind::detach, 2);
    const auto start = sample_event(Kind::recovery_start, 1);
    const auto end = sample_event(Kind::recovery_end, 1);
    EXPECT_EQ(objection_after({}, start), EventOutcome::is_up);
    EXPECT_EQ(objection_after({detach}, start), std::nullopt);
    EXPECT_EQ(objection_after({detach, start}, start), EventOutcome::already_so);
    EXPECT_EQ(objection_after({detach, other, start}, sample_event(Kind::recovery_start, 2)),
              EventOutcome::other_recovery);
    EXPECT_EQ(objection_after({detach}, end), EventOutcome::no_recovery);
    EXPECT_EQ(objection_after({detach, start}, end), std::nullopt);
}

TEST(BackendTable, HasOnePrimaryAtMostAndNoneThatIsDown) {
    BackendStates states;
    EXPECT_FALSE(states.primary());
    apply(states, sample_event(Kind::promote, 0));
    apply(states, sample_event(Kind::promote, 2));
    EXPECT_EQ(states.primary(), 2);
    EXPECT_FALSE(states.backends[0].primary);
    apply(states, sample_event(Kind::detach, 2));
    EXPECT_FALSE(states.primary());
}

TEST(BackendTable, KnowsItsStatesAfterEachEntry) {
    const BackendTable table = test::sample_table();
    EXPECT_EQ(table.states_at(5), table.base());
    EXPECT_EQ(table.states_at(5).primary(), 0);
    EXPECT_FALSE(table.states_at(6).backends[0].up);
    EXPECT_FALSE(table.states_at(6).primary());
    EXPECT_EQ(table.states_at(7).primary(), 2);
    EXPECT_EQ(table.states(), table.states_at(7));
}

TEST(BackendTable, FoldsTheOldestEntryWhenItIsFull) {
    BackendTable table;
    table.enter(entry_of(Kind::detach, 7));
    while (!table.entries().full()) table.enter(entry_of(Kind::promote, 1));
    EXPECT_EQ(table.base_index(), 0u);
    EXPECT_TRUE(table.base().backends[7].up);

    const BackendStates before = table.states();
    Entry last = entry_of(Kind::promote, 1);
    last.event.id.number = 99;
    table.enter(last);
    EXPECT_EQ(table.base_index(), 1u);
    EXPECT_EQ(table.index(), entries_max + 1);
    EXPECT_FALSE(table.base().backends[7].up);
    EXPECT_EQ(table.states(), before);
    EXPECT_EQ(table.entry(table.index()), last);
    EXPECT_EQ(table.index_of(last.event.id), table.index());
    EXPECT_EQ(table.index_of(EventId{NodeId{2}, 1}), std::nullopt);
}

TEST(BackendTable, RunsCommandsInTheOrderOfTheirEntries) {
    BackendTable table;
    EXPECT_EQ(table.next_command(0), std::nullopt);
    table.enter(entry_of(Kind::detach, 0, true));
    table.enter(entry_of(Kind::promote, 1));
    table.enter(entry_of(Kind::detach, 2, true));
    EXPECT_EQ(table.next_command(0), std::nullopt) << "it is not committed";
    EXPECT_EQ(table.next_command(3), 1u);
    EXPECT_EQ(table.commands_pending(), 2u);
    table.enter(end_of(1));
    EXPECT_EQ(table.next_command(2), std::nullopt);
    EXPECT_EQ(table.next_command(4), 3u);
    EXPECT_EQ(table.commands_pending(), 1u);
    table.enter(end_of(3));
    EXPECT_EQ(table.next_command(5), std::nullopt);
    EXPECT_EQ(table.commands_pending(), 0u);
}

TEST(BackendTable, IsMadeOfWhatCanBeOne) {
    EXPECT_TRUE(BackendTable::made_of({}, 0, {}, {})) << "the first one";
    EXPECT_TRUE(BackendTable::made_of(some_ballot, 0, {}, {}));
    EXPECT_TRUE(BackendTable::made_of(some_ballot, base_index_max, {}, {}));
    Entries entries;
    entries.push_back(entry_of(Kind::detach, 0, true));
    entries.push_back(end_of(6));
    BackendStates base;
    base.commands_ended = 5;
    EXPECT_TRUE(BackendTable::made_of(some_ballot, 5, base, entries));
}

TEST(BackendTable, IsNotMadeOfWhatCannotBeOne) {
    Entries entries;
    entries.push_back(entry_of(Kind::detach, 0));
    EXPECT_FALSE(BackendTable::made_of({}, 0, {}, entries)) << "entries that nobody put there";
    EXPECT_FALSE(BackendTable::made_of({}, 1, {}, {}));
    EXPECT_FALSE(BackendTable::made_of({0, NodeId{1}}, 0, {}, {}));
    EXPECT_FALSE(BackendTable::made_of({1, no_node}, 0, {}, {}));
    EXPECT_FALSE(BackendTable::made_of({1, NodeId{nodes_max + 1}}, 0, {}, {}));
    EXPECT_FALSE(BackendTable::made_of(some_ballot, base_index_max + 1, {}, {}));
    entries.push_back(entry_of(Kind::detach, static_cast<std::uint8_t>(backends_max)));
    EXPECT_FALSE(BackendTable::made_of(some_ballot, 0, {}, entries));
}

TEST(BackendTable, HasNoEndOfACommandThatIsNotBeforeIt) {
    BackendStates base;
    for (const std::uint64_t ended : {std::uint64_t{6}, UINT64_MAX}) {
        base.commands_ended = ended;
        EXPECT_FALSE(BackendTable::made_of(some_ballot, 5, base, {})) << ended;
    }
    for (const std::uint64_t ended : {std::uint64_t{7}, std::uint64_t{8}, UINT64_MAX}) {
        Entries entries;
        entries.push_back(entry_of(Kind::detach, 0, true));
        entries.push_back(end_of(ended));
        EXPECT_FALSE(BackendTable::made_of(some_ballot, 5, {}, entries)) << ended;
        entries[1].event.kind = Kind::detach;
        EXPECT_TRUE(BackendTable::made_of(some_ballot, 5, {}, entries)) << "it means nothing there";
    }
}

}  // namespace
}  // namespace komainu
