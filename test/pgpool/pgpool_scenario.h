// A scenario with the real servers: in each pgpool the nodes' service.
#pragma once

#include "test/net/scenario.h"
#include "test/pgpool/pgpool_lab.h"

namespace komainu::lab {

class PgpoolScenario : public Scenario {
protected:
    /// Not by its port or a query: a pgpool that searches a primary accepts nobody, and hangs up
    /// when it has no backend at all, neither of which another node's pgpool would do better.
    static ClusterOptions checked_by_process();

    /// Lays out cluster, databases and pgpools, starts all of them but the daemons.
    void lay_out_servers(ClusterOptions options = checked_by_process(),
                         const PgpoolLab::Options& servers = {});
    /// All of it, and a client that commits by the VIP. The active's number.
    int begin_with_servers(ClusterOptions options = checked_by_process(),
                           const PgpoolLab::Options& servers = {});

    /// Databases and pgpools for what is laid out.
    void make_lab(const PgpoolLab::Options& servers);
    PgpoolLab& lab() { return *lab_; }
    /// The client commits again, and the longest time without a commit since the mark is written
    /// down.
    void expect_commits_again();

    void SetUp() override;
    void TearDown() override;

private:
    std::unique_ptr<PgpoolLab> lab_;
};

}  // namespace komainu::lab
