// A cluster in virtual time whose story is told when its test fails.
#pragma once

#include <gtest/gtest.h>

#include <iostream>
#include <memory>

#include "test/sim/cluster.h"

namespace komainu::sim {

inline constexpr NodeId one{1}, two{2}, three{3};

class ClusterStory : public testing::Test {
protected:
    void begin(int nodes, QuorumRule quorum = QuorumRule::majority) {
        Options options;
        options.members = members(nodes);
        options.quorum = quorum;
        begin(options);
    }
    void begin(const Options& options) {
        deadtime_ = options.deadtime;
        cluster_ = std::make_unique<Cluster>(options);
        cluster_->start_all();
        cluster_->run(2 * options.deadtime);
    }
    Cluster& cluster() { return *cluster_; }

    /// How long nobody answered for the VIP after the deed.
    template <class Deed>
    Duration gap(Deed deed, NodeId expected) {
        const Instant mark = cluster_->now();
        deed();
        EXPECT_TRUE(cluster_->run_until([&] { return cluster_->holder() == expected; }, 10s));
        const Duration gap = cluster_->without_holder_since(mark);
        cluster_->run(2 * deadtime_);
        EXPECT_EQ(cluster_->holder(), expected);
        return gap;
    }

    void TearDown() override {
        EXPECT_EQ(cluster_->violation(), "");
        if (HasFailure())
            for (const auto& line : cluster_->story().lines()) std::cerr << line << "\n";
    }

private:
    std::unique_ptr<Cluster> cluster_;
    Duration deadtime_{};
};

}  // namespace komainu::sim
