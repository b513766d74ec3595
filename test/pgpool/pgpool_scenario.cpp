#include "test/pgpool/pgpool_scenario.h"

namespace komainu::lab {

ClusterOptions PgpoolScenario::checked_by_process() {
    ClusterOptions options;
    options.more =
        "\n[service.pgpool]\ncheck = process\npid_file = @directory@/pgpool/pgpool.pid\n"
        "interval = 50ms\nfall = 1\n";
    return options;
}

void PgpoolScenario::lay_out_servers(ClusterOptions options, const PgpoolLab::Options& servers) {
    lay_out(std::move(options));
    make_lab(servers);
    lab_->start_pgpools();
}

void PgpoolScenario::make_lab(const PgpoolLab::Options& servers) {
    lab_ = std::make_unique<PgpoolLab>(cluster(), servers);
}

int PgpoolScenario::begin_with_servers(ClusterOptions options, const PgpoolLab::Options& servers) {
    lay_out_servers(std::move(options), servers);
    const int active = start();
    if (active != 0) lab_->start_client();
    return active;
}

void PgpoolScenario::expect_commits_again() {
    EXPECT_TRUE(lab_->client().commits(patience)) << lab_->client().last_trouble();
    const auto gap = lab_->client().gap_since(marked_at());
    RecordProperty("commit_gap_ms", static_cast<int>(gap / 1ms));
    std::cout << "no commit for " << gap / 1ms << " ms\n";
}

void PgpoolScenario::SetUp() {
    if (!has_real_servers()) GTEST_SKIP() << "pgpool-II or PostgreSQL is not installed";
}

void PgpoolScenario::TearDown() {
    if (HasFailure() && lab_)
        for (int node = 1; node <= cluster().size(); ++node) {
            std::cerr << "--- pgpool " << node << "\n" << lab_->pgpool(node).log();
            if (const auto status = cluster().status(node))
                std::cerr << "--- services " << status->at("services").dump(1) << "\n";
        }
    Scenario::TearDown();
    lab_.reset();
}

}  // namespace komainu::lab
