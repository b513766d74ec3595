// Who may hold the VIP in which partition: the real core, asked in the simulator, beside a formula
// that knows nothing of it, and beside what pgpool-II's watchdog would come to.
//
//   KOMAINU_TABLE=1 build/release/unit-tests --gtest_filter='QuorumTable.*'      prints the table
//
// A partition cuts the cluster in two: the side of the active ("old") and the other side ("new"),
// with the rest of the nodes dead. With no node on the old side the active itself is dead.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <set>

#include "test/sim/cluster.h"

namespace komainu::sim {
namespace {

constexpr NodeId active{1};
constexpr Duration probe_time = 5ms;

enum class Place : std::uint8_t { nowhere, old_side, new_side, dead };

struct Partition {
    int members = 0;
    Place witness = Place::nowhere;  ///< where the one witness is, if there is one
    int old_side = 0;                ///< nodes that live beside the active, itself included
    int new_side = 0;

    int dead() const { return members - old_side - new_side; }
};

/// On which sides the arbiter agrees.
struct Arbiter {
    bool old_side = false;
    bool new_side = false;
};

struct Rule {
    const char* title;
    QuorumRule quorum;
    QuorumLoss loss;
    Arbiter arbiter;
};

constexpr std::array<Rule, 7> rules{{
    {"majority", QuorumRule::majority, QuorumLoss::release, {}},
    {"+ hold", QuorumRule::majority, QuorumLoss::hold, {}},
    {"half both", QuorumRule::half, QuorumLoss::release, {true, true}},
    {"half old", QuorumRule::half, QuorumLoss::release, {true, false}},
    {"half new", QuorumRule::half, QuorumLoss::release, {false, true}},
    {"half no", QuorumRule::half, QuorumLoss::release, {false, false}},
    {"none", QuorumRule::none, QuorumLoss::release, {}},
}};

struct Holders {
    bool old_one = false;
    bool new_one = false;
    bool operator==(const Holders&) const = default;
};

const char* name_of(const Holders& h) {
    if (h.old_one) return h.new_one ? "both" : "old";
    return h.new_one ? "new" : "-";
}

// --- The formulas --------------------------------------------------------------------------------

/// Whether so many votes may have an active by DESIGN's words for each rule.
bool is_enough(const Rule& rule, bool arbiter, int votes, int members) {
    switch (rule.quorum) {
        case QuorumRule::majority:
            return 2 * votes > members;
        case QuorumRule::half:
            return 2 * votes > members || (2 * votes == members && arbiter);
        case QuorumRule::none:
            return true;
    }
    return false;
}

Holders expected(const Rule& rule, const Partition& p) {
    const int candidates = p.new_side - (p.witness == Place::new_side ? 1 : 0);
    const bool keeps = rule.loss == QuorumLoss::hold ||
                       is_enough(rule, rule.arbiter.old_side, p.old_side, p.members);
    return {p.old_side > 0 && keeps,
            candidates > 0 && is_enough(rule, rule.arbiter.new_side, p.new_side, p.members)};
}

/// pgpool-II, update_quorum_status(): 1 is a quorum, 0 one "on the edge", -1 none. The leader has
/// the VIP unless it is -1. `half` is enable_consensus_with_half_votes.
int pgpool_quorum(int alive, int members, bool half) {
    const int remote = members - 1;
    const int needed = remote % 2 == 0 ? remote / 2 : (remote - 1) / 2;
    const int standbys = alive - 1;
    if (standbys > needed) return 1;
    if (standbys < needed) return -1;
    if (members % 2 != 0) return 1;
    return half ? 0 : -1;
}

Holders pgpool(const Partition& p, bool half) {
    return {p.old_side > 0 && pgpool_quorum(p.old_side, p.members, half) >= 0,
            p.new_side > 0 && pgpool_quorum(p.new_side, p.members, half) >= 0};
}

// --- The core ------------------------------------------------------------------------------------

struct Sides {
    std::set<NodeId> old_side, new_side, dead;
};

/// The witness is the last node; the others are dealt out from the first on.
Sides sides_of(const Partition& p) {
    Sides sides;
    const NodeId last{static_cast<std::uint8_t>(p.members)};
    if (p.witness == Place::old_side) sides.old_side.insert(last);
    if (p.witness == Place::new_side) sides.new_side.insert(last);
    if (p.witness == Place::dead) sides.dead.insert(last);
    const auto old_size = static_cast<std::size_t>(p.old_side);
    const auto dead_size = static_cast<std::size_t>(p.dead());
    for (int i = 1; i <= p.members; ++i) {
        const NodeId id{static_cast<std::uint8_t>(i)};
        if (p.witness != Place::nowhere && id == last) continue;
        auto& side = sides.old_side.size() < old_size ? sides.old_side
                     : sides.dead.size() < dead_size  ? sides.dead
                                                      : sides.new_side;
        side.insert(id);
    }
    return sides;
}

void part(Cluster& cluster, const Sides& sides, const Arbiter& arbiter) {
    for (const NodeId id : sides.dead) cluster.kill_both(id);
    for (const NodeId a : sides.old_side) {
        cluster.set_trusted(a, arbiter.old_side);
        for (const NodeId b : sides.new_side) {
            cluster.cut(a, b);
            cluster.cut(b, a);
        }
    }
    for (const NodeId b : sides.new_side) cluster.set_trusted(b, arbiter.new_side);
}

Holders found(const Rule& rule, const Partition& p) {
    Options options;
    options.members = members(p.members);
    options.members.back().witness = p.witness != Place::nowhere;
    options.quorum = rule.quorum;
    options.on_quorum_loss = rule.loss;
    options.probe_time = probe_time;
    Cluster cluster(options);
    cluster.start_all();
    cluster.run(3 * options.deadtime);
    EXPECT_EQ(cluster.holder(), active);
    const Sides sides = sides_of(p);
    part(cluster, sides, rule.arbiter);
    cluster.run(6 * options.deadtime);
    const auto holds = [&](NodeId id) { return cluster.answers(id); };
    return {std::ranges::any_of(sides.old_side, holds), std::ranges::any_of(sides.new_side, holds)};
}

// --- The table -----------------------------------------------------------------------------------

bool is_possible(const Partition& p) {
    if (p.dead() < 0 || p.old_side + p.new_side == 0 || p.old_side == p.members) return false;
    if (p.old_side == 0 && p.dead() == 0) return false;
    // The old active is no witness.
    switch (p.witness) {
        case Place::nowhere:
            return true;
        case Place::old_side:
            return p.old_side >= 2;
        case Place::new_side:
            return p.new_side >= 1 && p.old_side + p.dead() >= 1;
        case Place::dead:
            return p.dead() >= (p.old_side == 0 ? 2 : 1);
    }
    return false;
}

std::vector<Partition> partitions() {
    std::vector<Partition> all;
    for (int n = 2; n <= 5; ++n)
        for (const Place witness : {Place::nowhere, Place::old_side, Place::new_side, Place::dead})
            for (int old_side = n; old_side >= 0; --old_side)
                for (int new_side = n - old_side; new_side >= 0; --new_side)
                    if (const Partition p{n, witness, old_side, new_side}; is_possible(p))
                        all.push_back(p);
    return all;
}

class Table {
public:
    explicit Table(bool prints) : prints_(prints) {
        if (!prints_) return;
        std::printf("\n%-5s %-7s %-4s %-4s %-4s ", "nodes", "witness", "old", "new", "dead");
        for (const Rule& rule : rules) std::printf("| %-9s ", rule.title);
        std::printf("| %-10s | %-10s |\n", "pgpool off", "pgpool on");
    }

    void add(const Partition& p, const std::array<Holders, rules.size()>& row) {
        if (!prints_) return;
        const Holders off = pgpool(p, false), on = pgpool(p, true);
        std::printf("%-5d %-7s %-4d %-4d %-4d ", p.members, name_of(p.witness), p.old_side,
                    p.new_side, p.dead());
        for (const Holders& holders : row) std::printf("| %-9s ", sim::name_of(holders));
        std::printf("| %-8s %-1s | %-8s %-1s |\n", sim::name_of(off), row[0] == off ? "" : "*",
                    sim::name_of(on), row[2] == on ? "" : "*");
    }

    void explain() const {
        if (!prints_) return;
        std::printf(
            "\nWho holds the VIP: old, the active of before; new, one of the other side; both; -, "
            "nobody.\nhalf both, old, new, no: the arbiter agrees on both sides, on one, on none. "
            "With an odd number it is majority.\npgpool off, on: "
            "enable_consensus_with_half_votes; compared with majority and with half both.\n"
            "* pgpool-II knows no witness: the node that is one here would take the VIP there. "
            "Elsewhere the two agree.\n"
            "The table tells where it ends. On the way pgpool-II can have two holders, since "
            "nothing "
            "makes the old one drop the VIP before the new one takes it; komainu cannot, by "
            "majority.\n");
    }

private:
    static const char* name_of(Place place) {
        switch (place) {
            case Place::nowhere:
                return "";
            case Place::old_side:
                return "old";
            case Place::new_side:
                return "new";
            case Place::dead:
                return "dead";
        }
        return "";
    }

    bool prints_;
};

TEST(QuorumTable, TheCoreHoldsTheVipWhereTheRulesSayAndNowhereElse) {
    Table table(std::getenv("KOMAINU_TABLE") != nullptr);
    for (const Partition& p : partitions()) {
        std::array<Holders, rules.size()> row;
        for (std::size_t i = 0; i < rules.size(); ++i) {
            row[i] = found(rules[i], p);
            EXPECT_EQ(row[i], expected(rules[i], p))
                << rules[i].title << ": " << name_of(row[i]) << ", and should be "
                << name_of(expected(rules[i], p)) << "; " << p.members << " nodes, " << p.old_side
                << " old, " << p.new_side << " new, witness " << static_cast<int>(p.witness);
        }
        table.add(p, row);
    }
    table.explain();
}

/// Where the two differ, the footnote's reason is the only one.
TEST(QuorumTable, DiffersFromPgpoolOnlyWhereAWitnessWouldHaveToHoldTheVip) {
    for (const Partition& p : partitions()) {
        const bool witness_alone = p.witness == Place::new_side && p.new_side == 1;
        const bool differs =
            expected(rules[0], p) != pgpool(p, false) || expected(rules[2], p) != pgpool(p, true);
        EXPECT_TRUE(!differs || witness_alone)
            << p.members << " nodes, " << p.old_side << " old, " << p.new_side << " new";
    }
}

}  // namespace
}  // namespace komainu::sim
