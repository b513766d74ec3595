// Three pgpool-IIs, each with its reconciler, and one table: beset at random by operators, by
// decisions of the pgpools' own, restarts, commands that take long or get lost and submissions that
// fail; then left alone. Whatever happened, they come into line with one another, and then
// everything is still.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>
#include <set>
#include <utility>

#include "pgpool/reconciler.h"

namespace komainu {
namespace {

constexpr int backends = 3;
constexpr Duration interval = 500ms;

class Dice {
public:
    explicit Dice(std::uint64_t seed) : random_(seed) {}
    int below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
    bool once_in(int n) { return below(n) == 0; }

private:
    std::mt19937_64 random_;
};

/// What PostgreSQL itself says, and the table.
struct Cluster {
    int postgres_primary = 0;
    WantedBackends table{true,
                         {{0, "10.0.0.1:1", true, true}, {1, "10.0.0.1:2"}, {2, "10.0.0.1:3"}}};

    WantedBackend& backend(int id) { return table.list[static_cast<std::size_t>(id)]; }

    void enter(PgpoolEvent event, int id) {
        if (event == PgpoolEvent::promote) {
            for (WantedBackend& other : table.list) other.primary = other.id == id;
            return;
        }
        backend(id).up = event == PgpoolEvent::attach;
        // The cluster-wide command has promoted another.
        if (event == PgpoolEvent::detach && id == postgres_primary)
            for (const WantedBackend& other : table.list)
                if (other.up) {
                    postgres_primary = other.id;
                    break;
                }
    }
};

/// One at a time it carries out what it was told, when it comes to that.
class Pgpool {
public:
    Pgpool(Cluster& cluster, Dice& dice) : cluster_(cluster), dice_(dice) {
        for (int id = 0; id < backends; ++id)
            nodes_.push_back({"10.0.0.1", 0, PcpNodeStatus::up, false, ""});
        search_primary();
    }

    void take(const PcpRequest& request, Instant now, bool is_beset) {
        const int slow = is_beset && dice_.once_in(10) ? 60'000 : 3'000;
        if (is_beset && dice_.once_in(10)) return;  // lost
        const auto due = now + std::chrono::milliseconds(dice_.below(slow));
        queue_.push_back({request, queue_.empty() ? due : std::max(due, queue_.back().due)});
    }
    void work(Instant now) {
        for (; !queue_.empty() && queue_.front().due <= now; queue_.pop_front())
            carry_out(queue_.front().request);
        if (!has_primary()) search_primary();
    }
    /// Whether that changed anything.
    bool decide(int id, bool attach) {
        if (node(id).is_attached() == attach) return false;
        carry_out({attach ? PcpCommand::attach : PcpCommand::detach, id});
        return true;
    }
    void restart() {
        queue_.clear();
        search_primary();
    }
    const std::vector<PcpNode>& nodes() const { return nodes_; }

private:
    struct Queued {
        PcpRequest request;
        Instant due;
    };

    PcpNode& node(int id) { return nodes_[static_cast<std::size_t>(id)]; }
    bool has_primary() const { return std::ranges::any_of(nodes_, &PcpNode::primary); }

    void carry_out(const PcpRequest& request) {
        PcpNode& named = node(request.node);
        if (request.command == PcpCommand::promote && named.is_attached()) {
            for (PcpNode& other : nodes_) {
                other.primary = &other == &named;
                if (&other != &named) other.status = PcpNodeStatus::down;
            }
        } else if (request.command == PcpCommand::detach && named.is_attached()) {
            named.status = PcpNodeStatus::down;
            if (named.primary || !has_primary()) search_primary();
        } else if (request.command == PcpCommand::attach && !named.is_attached()) {
            named.status = PcpNodeStatus::waiting;
            search_primary();
        }
    }
    void search_primary() {
        for (int id = 0; id < backends; ++id)
            node(id).primary = id == cluster_.postgres_primary && node(id).is_attached();
    }

    Cluster& cluster_;
    Dice& dice_;
    std::vector<PcpNode> nodes_;
    std::deque<Queued> queue_;
};

struct Host {
    Host(Cluster& cluster, Dice& dice, PgpoolMode mode) : pgpool(cluster, dice), reconciler(mode) {}

    Pgpool pgpool;
    Reconciler reconciler;
    WantedBackends coming;  ///< the table, as it was half a second ago
    struct Submitted {
        Submission submission;
        Instant due;
    };
    std::deque<Submitted> submitted;
};

class Walk {
public:
    Walk(std::uint64_t seed, PgpoolMode mode) : dice_(seed), mode_(mode) {
        for (int i = 0; i < 3; ++i) hosts_.emplace_back(cluster_, dice_, mode);
    }

    void run() {
        for (int i = 0; i < 400; ++i) {
            if (dice_.once_in(8)) disturb();
            step(true);
        }
        for (int i = 0; i < 4000; ++i) step(false);
        const int before = deeds_;
        for (int i = 0; i < 2000; ++i) step(false);
        EXPECT_EQ(deeds_, before) << "still something is done";
        for (Host& host : hosts_) expect_in_line(host);
        EXPECT_LE(static_cast<int>(told_.size()), decisions_)
            << "the cluster was told of what came of its own commands";
    }

    int deeds_per_disturbance() const { return deeds_ / std::max(disturbances_, 1); }

private:
    void disturb() {
        ++disturbances_;
        Host& host = hosts_[static_cast<std::size_t>(dice_.below(3))];
        const int id = dice_.below(backends);
        switch (dice_.below(4)) {
            case 0:
                return cluster_.enter(dice_.once_in(2) ? PgpoolEvent::detach : PgpoolEvent::attach,
                                      id);
            case 1:
                decisions_ += host.pgpool.decide(id, dice_.once_in(2)) ? 1 : 0;
                return;
            case 2:
                host.pgpool.restart();
                host.submitted.clear();
                return host.reconciler.forget();
            case 3:
                cluster_.backend(id).quarantined = dice_.once_in(2);
        }
    }

    void step(bool is_beset) {
        now_ += interval;
        for (Host& host : hosts_) step(host, is_beset);
        if (!is_beset)
            for (WantedBackend& backend : cluster_.table.list) backend.quarantined = false;
    }

    void step(Host& host, bool is_beset) {
        host.pgpool.work(now_);
        for (; !host.submitted.empty() && host.submitted.front().due <= now_;
             host.submitted.pop_front()) {
            const Submission& submission = host.submitted.front().submission;
            const bool accepted = !is_beset || !dice_.once_in(4);
            if (accepted) cluster_.enter(submission.event, submission.backend);
            host.reconciler.submitted(now_, submission, accepted);
        }
        host.reconciler.want(std::exchange(host.coming, cluster_.table));
        const Steps steps = host.reconciler.observe(now_, host.pgpool.nodes());
        deeds_ += static_cast<int>(steps.commands.size() + steps.submissions.size());
        for (const PcpRequest& request : steps.commands) host.pgpool.take(request, now_, is_beset);
        for (const Submission& submission : steps.submissions) {
            if (submission.event != PgpoolEvent::promote) told_.emplace(&host, submission.id);
            host.submitted.push_back(
                {submission, now_ + std::chrono::milliseconds(dice_.below(2000))});
        }
    }

    void expect_in_line(Host& host) {
        EXPECT_EQ(host.reconciler.trouble(), "");
        for (const WantedBackend& backend : cluster_.table.list) {
            const PcpNode& node = host.pgpool.nodes()[static_cast<std::size_t>(backend.id)];
            EXPECT_EQ(node.is_attached(), backend.up) << backend.id;
            // One that is found, and not the primary of PostgreSQL alone, which is detached.
            if (mode_ == PgpoolMode::mirror && cluster_.backend(cluster_.postgres_primary).up) {
                EXPECT_EQ(node.primary, backend.primary) << backend.id;
            }
        }
    }

    Dice dice_;
    PgpoolMode mode_;
    Cluster cluster_;
    Instant now_{1h};
    std::vector<Host> hosts_;
    int deeds_ = 0;
    int disturbances_ = 0;
    int decisions_ = 0;                                     ///< of pgpools by themselves
    std::set<std::pair<const Host*, std::uint64_t>> told_;  ///< each once
};

void walk(PgpoolMode mode) {
    for (std::uint64_t seed = 1; seed <= 100 && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Walk one(seed, mode);
        one.run();
        EXPECT_LE(one.deeds_per_disturbance(), 20);
    }
}

TEST(ReconcilerWalk, InModeMirrorAllComeIntoLineAndThenAreStill) { walk(PgpoolMode::mirror); }

TEST(ReconcilerWalk, InModeConsensusAllComeIntoLineAndThenAreStill) { walk(PgpoolMode::consensus); }

}  // namespace
}  // namespace komainu
