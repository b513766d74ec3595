// komainu-pgpool itself, between a pgpool-II and a komainud that the test makes; and once between
// that komainud and a real pgpool-II.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "conf/pgpool_environment.h"
#include "conf/value_text.h"
#include "test/lab/clock.h"
#include "test/lab/fake_pgpool.h"
#include "test/lab/network.h"
#include "test/lab/process.h"
#include "test/lab/temporary_directory.h"

namespace komainu::lab {
namespace {

using Words = std::vector<std::string>;

constexpr Duration limit = 10s;
constexpr int backends = 3;

class PgpoolLinkTest : public testing::Test {
protected:
    void SetUp() override {
        set_password(FakePgpool::password);
        config_.self = NodeId{2};
        config_.control.socket = directory_.path("control.sock");
        config_.pgpool = PgpoolConfig{};
        config_.pgpool->pcp = {{}, directory_.path(".s.PGSQL.9898")};
        config_.pgpool->user = FakePgpool::user;
        config_.pgpool->password_file = directory_.path("pcppass");
        config_.pgpool->interval = 100ms;
    }

    void set_password(const std::string& password) {
        const auto path = directory_.write("pcppass", "*:*:*:" + password + "\n");
        ::chmod(path.c_str(), 0600);
    }

    void start_komainud() { komainud_.emplace(config_.control.socket, backends); }
    void start_pgpool() { pgpool_.emplace(config_.pgpool->pcp.unix_socket, backends); }
    void start_link() {
        Words command{"/usr/bin/env", "-i"};
        for (const auto& variable : pgpool_environment(config_)) command.push_back(variable);
        command.push_back(built_program("komainu-pgpool"));
        link_.emplace(space_, command, directory_.path("log"));
    }
    void start_all() {
        start_komainud();
        start_pgpool();
        start_link();
        ASSERT_TRUE(becomes_in_line()) << log();
    }

    std::string log() { return read_file(directory_.path("log")); }
    bool becomes_in_line() {
        return wait_until([&] { return komainud_->in_line(); }, limit);
    }
    bool becomes_why(const std::string& why) {
        return wait_until([&] { return komainud_->why() == why; }, limit);
    }
    bool becomes(int backend, bool attached) {
        return wait_until([&] { return pgpool_->is_attached(backend) == attached; }, limit);
    }

    TemporaryDirectory directory_;
    Network network_;
    const NetworkNamespace& space_ = network_.add_host("node2", 2).space;
    Config config_;
    std::optional<FakeKomainud> komainud_;
    std::optional<FakePgpool> pgpool_;
    std::optional<Process> link_;
};

TEST_F(PgpoolLinkTest, BringsAPgpoolIntoLineBeforeItSaysSo) {
    start_komainud();
    start_pgpool();
    komainud_->set_up(1, false);
    pgpool_->set_attached(2, false);
    start_link();
    EXPECT_TRUE(becomes_in_line()) << komainud_->why() << log();
    EXPECT_EQ(pgpool_->commands(), (Words{"D 1", "C 2"}));
    EXPECT_EQ(komainud_->events(), Words{});
}

TEST_F(PgpoolLinkTest, CarriesWhatTheClusterDecidesToPgpool) {
    start_all();
    komainud_->set_up(1, false);
    EXPECT_TRUE(becomes(1, false));
    komainud_->set_up(1, true);
    EXPECT_TRUE(becomes(1, true));
    sleep_for(500ms);
    EXPECT_EQ(pgpool_->commands(), (Words{"D 1", "C 1"}));
    EXPECT_EQ(komainud_->events(), Words{});
    EXPECT_TRUE(komainud_->in_line());
}

TEST_F(PgpoolLinkTest, TellsTheClusterWhatPgpoolDoesByItself) {
    start_all();
    pgpool_->set_attached(1, false);
    EXPECT_TRUE(wait_until([&] { return !komainud_->is_up(1); }, limit)) << log();
    pgpool_->set_primary(2);
    EXPECT_TRUE(wait_until([&] { return komainud_->events().size() == 2; }, limit)) << log();
    sleep_for(1500ms);
    EXPECT_EQ(komainud_->events(), (Words{"detach 1", "promote 2"}));
    EXPECT_EQ(pgpool_->commands(), Words{});
}

TEST_F(PgpoolLinkTest, SubmitsAnEventAgainUnderTheSameKey) {
    start_all();
    komainud_->refuse("nobody is active");
    pgpool_->set_attached(1, false);
    ASSERT_TRUE(wait_until([&] { return komainud_->keys().size() == 2; }, limit)) << log();
    EXPECT_EQ(komainud_->keys()[0], komainud_->keys()[1]);
    EXPECT_EQ(komainud_->keys()[0].size(), 16u);
    EXPECT_NE(log().find("backend 1: the cluster does not take that pgpool-II has detached it: "
                         "nobody is active"),
              std::string::npos);
    EXPECT_FALSE(pgpool_->is_attached(1));
}

TEST_F(PgpoolLinkTest, InModeConsensusUndoesWhatPgpoolDoesByItself) {
    config_.pgpool->mode = PgpoolMode::consensus;
    start_all();
    pgpool_->set_attached(1, false);
    EXPECT_TRUE(becomes(1, true));
    EXPECT_EQ(komainud_->events(), Words{});
}

// pgpool's main process waits for its PCP clients to go after each change, and does nothing else.
TEST_F(PgpoolLinkTest, LetsGoOfAPgpoolThatHasThingsToDo) {
    start_all();
    komainud_->set_up(1, false);
    EXPECT_TRUE(becomes(1, false));
    for (int i = 0; i < 5; ++i)
        EXPECT_TRUE(wait_until([&] { return pgpool_->open_connections() == 0; }, 500ms));
    EXPECT_EQ(pgpool_->broken_connections(), 0);
}

TEST_F(PgpoolLinkTest, DoesNothingWhereTheServersAreNotTheSame) {
    start_komainud();
    start_pgpool();
    komainud_->set_address(1, "10.0.0.99:5432");
    komainud_->set_up(0, false);
    start_link();
    EXPECT_TRUE(
        becomes_why("backend 1 is 10.0.0.99:5432 to the cluster, and 10.0.0.12:5432 to pgpool-II"))
        << komainud_->why();
    EXPECT_EQ(pgpool_->commands(), Words{});
    komainud_->set_address(1, "10.0.0.12:5432");
    EXPECT_TRUE(becomes(0, false));
}

TEST_F(PgpoolLinkTest, IsNotInLineWithWhatItDoesNotKnow) {
    start_komainud();
    start_pgpool();
    komainud_->set_silent(true);
    start_link();
    EXPECT_TRUE(becomes_why("the cluster's backends are not known yet")) << komainud_->why();
    komainud_->set_silent(false);
    EXPECT_TRUE(becomes_in_line());
}

TEST_F(PgpoolLinkTest, BeforeTheClusterHasAgreedDoesNothingAndHoldsNobodyBack) {
    start_komainud();
    start_pgpool();
    komainud_->set_agreed(false);
    komainud_->set_up(1, false);
    start_link();
    EXPECT_TRUE(becomes_in_line());
    EXPECT_EQ(pgpool_->commands(), Words{});
    komainud_->set_agreed(true);
    EXPECT_TRUE(becomes(1, false));
}

TEST_F(PgpoolLinkTest, BringsAPgpoolThatHasStartedAnewIntoLine) {
    start_all();
    komainud_->set_up(1, false);
    EXPECT_TRUE(becomes(1, false));
    pgpool_->start_anew({true, true, true});
    EXPECT_TRUE(becomes(1, false));
    EXPECT_TRUE(becomes_in_line());
    EXPECT_EQ(komainud_->events(), Words{});
    EXPECT_NE(log().find("pgpool-II has started anew"), std::string::npos) << log();
}

TEST_F(PgpoolLinkTest, TellsOfAPgpoolThatRunsItsOwnWatchdog) {
    constexpr const char* caution = "pgpool-II runs its own watchdog, which moves VIPs";
    const auto is_told = [&] { return komainud_->caution().starts_with(caution); };
    start_komainud();
    start_pgpool();
    pgpool_->set_watchdog(true);
    start_link();
    EXPECT_TRUE(wait_until(is_told, limit)) << log();
    EXPECT_TRUE(komainud_->in_line()) << "that alone does not make the node unfit";
    EXPECT_NE(log().find(std::string("error: ") + caution), std::string::npos) << log();
    EXPECT_EQ(log().find(caution), log().rfind(caution)) << "it is said once";

    // It takes a restart to be without.
    pgpool_->set_watchdog(false);
    sleep_for(500ms);
    EXPECT_TRUE(is_told());
    pgpool_->start_anew({true, true, true});
    EXPECT_TRUE(wait_until([&] { return komainud_->caution().empty(); }, limit));
    EXPECT_NE(log().find("pgpool-II runs without its own watchdog"), std::string::npos) << log();
    EXPECT_TRUE(becomes_in_line());
}

TEST_F(PgpoolLinkTest, AsksForSettingsOncePerStartOfPgpoolAndSaysNothingOfWhatIsRight) {
    start_all();
    sleep_for(500ms);
    EXPECT_EQ(pgpool_->settings_asked(), 1);
    EXPECT_EQ(log().find("watchdog"), std::string::npos) << log();
    pgpool_.reset();
    EXPECT_TRUE(
        wait_until([&] { return log().find("cannot ask pgpool-II") != std::string::npos; }, limit));
    std::filesystem::remove(config_.pgpool->pcp.unix_socket);
    start_pgpool();
    pgpool_->set_watchdog(true);
    EXPECT_TRUE(wait_until([&] { return !komainud_->caution().empty(); }, limit)) << log();
    EXPECT_EQ(pgpool_->settings_asked(), 1);
}

// Whatever a release makes of that question.
TEST_F(PgpoolLinkTest, GoesOnWithoutSettingsThatItDoesNotUnderstand) {
    start_komainud();
    start_pgpool();
    pgpool_->keep_settings_secret();
    start_link();
    EXPECT_TRUE(wait_until([&] { return pgpool_->settings_asked() == 1; }, limit));
    EXPECT_TRUE(becomes_in_line()) << log();
    sleep_for(500ms);
    EXPECT_EQ(pgpool_->settings_asked(), 1);
    EXPECT_TRUE(komainud_->in_line());
    EXPECT_EQ(komainud_->caution(), "");
    EXPECT_EQ(log().find("cannot ask"), std::string::npos) << log();
}

TEST_F(PgpoolLinkTest, SaysWhyPgpoolCannotBeAsked) {
    start_komainud();
    start_link();
    const auto& socket = config_.pgpool->pcp.unix_socket;
    EXPECT_TRUE(becomes_why("pgpool-II cannot be asked: " + socket + ": No such file or directory"))
        << komainud_->why();
    set_password("wrong");
    start_pgpool();
    EXPECT_TRUE(becomes_why("pgpool-II cannot be asked: " + socket +
                            ": authentication failed for user \"komainu\""))
        << komainud_->why();
    set_password(FakePgpool::password);
    EXPECT_TRUE(becomes_in_line());
}

TEST_F(PgpoolLinkTest, TellsItsVerdictOnceASecondAndToAKomainudThatHasStartedAnew) {
    start_all();
    const int before = komainud_->verdicts();
    sleep_for(2500ms);
    EXPECT_GE(komainud_->verdicts(), before + 2);
    EXPECT_LE(komainud_->verdicts(), before + 4);
    komainud_.reset();
    std::filesystem::remove(config_.control.socket);
    start_komainud();
    EXPECT_TRUE(becomes_in_line());
}

TEST_F(PgpoolLinkTest, EndsOnSigtermAndOnSettingsThatAreWrong) {
    start_all();
    link_->signal(SIGTERM);
    EXPECT_EQ(link_->wait(limit), 0);
    Process without(space_, {"/usr/bin/env", "-i", built_program("komainu-pgpool")},
                    directory_.path("other"));
    EXPECT_EQ(without.wait(limit), 2);
    EXPECT_NE(
        read_file(directory_.path("other")).find("error: KOMAINU_PGPOOL_CONTROL_SOCKET is not set"),
        std::string::npos);
}

// --- A real one ----------------------------------------------------------------------------------

/// Its backends are dead, and it does not look.
class RealPgpoolTest : public PgpoolLinkTest {
protected:
    static constexpr const char* program = "/usr/sbin/pgpool";

    void SetUp() override {
        if (::access(program, X_OK) != 0)
            GTEST_SKIP() << program << " is not installed (apt-get install pgpool2)";
        PgpoolLinkTest::SetUp();
        config_.pgpool->pcp = read_pcp_address("localhost:9898").value();
        directory_.write("pcp.conf", "komainu:5ebe2294ecd0e0f08eab7690d2a6ee69\n");  // secret
        directory_.write("pool_hba.conf", "");
        std::string text =
            "backend_clustering_mode = 'streaming_replication'\n"
            "listen_addresses = '127.0.0.1'\n"
            "num_init_children = 1\n"
            "search_primary_node_timeout = 1\n"
            "health_check_period = 0\n"
            "sr_check_period = 0\n"
            "failover_on_backend_error = off\n"
            "failover_on_backend_shutdown = off\n";
        for (const char* key : {"socket_dir", "pcp_socket_dir", "logdir", "work_dir"})
            text += std::string(key) + " = '" + directory_.path("") + "'\n";
        text += "pid_file_name = '" + directory_.path("pgpool.pid") + "'\n";
        for (int i = 0; i < backends; ++i)
            text += "backend_hostname" + std::to_string(i) + " = '10.0.0." +
                    std::to_string(11 + i) + "'\nbackend_port" + std::to_string(i) + " = 5432\n";
        directory_.write("pgpool.conf", text);
    }

    void start_real(const Words& options = {}) {
        Words command{program, "-n",
                      "-f",    directory_.path("pgpool.conf"),
                      "-F",    directory_.path("pcp.conf"),
                      "-a",    directory_.path("pool_hba.conf")};
        command.insert(command.end(), options.begin(), options.end());
        real_.emplace(space_, command, directory_.path("pgpool.log"));
    }
    /// Asked again if need be: on a busy machine it has gone on after the first time.
    void stop_real() {
        constexpr int times = 5;
        bool ended = false;
        for (int i = 0; i < times && !ended; ++i) {
            real_->signal(SIGINT);
            ended = real_->wait(limit / 2).has_value();
        }
        EXPECT_TRUE(ended) << read_file(directory_.path("pgpool.log"));
        real_.reset();
    }

    int times_in_log(const std::string& words) {
        const std::string text = read_file(directory_.path("pgpool.log"));
        int times = 0;
        for (auto at = text.find(words); at != text.npos; at = text.find(words, at + 1)) ++times;
        return times;
    }
    /// Sooner than a connection that nobody minds is given up for its age.
    bool becomes_logged(const std::string& words, int times) {
        return wait_until([&] { return times_in_log(words) >= times; }, 6s);
    }

    std::optional<Process> real_;
};

TEST_F(RealPgpoolTest, IsKeptInLineAndGoesOnWithItsWork) {
    start_komainud();
    start_real({"-D"});
    start_link();
    ASSERT_TRUE(becomes_in_line()) << komainud_->why() << log();

    // Its main process does the second only when it has done with the first, for which the link
    // must have let go of it.
    komainud_->set_up(1, false);
    EXPECT_TRUE(becomes_logged("shutdown host 10.0.0.12(5432)", 1)) << log();
    EXPECT_TRUE(becomes_logged("fork a new PCP child", 1));
    komainud_->set_up(1, true);
    EXPECT_TRUE(becomes_logged("reconnect host 10.0.0.12(5432)", 1)) << log();
    EXPECT_TRUE(becomes_logged("fork a new PCP child", 2));
    EXPECT_EQ(komainud_->events(), Words{});

    // It keeps in its file what the cluster has given up meanwhile.
    stop_real();
    komainud_->set_up(2, false);
    start_real();
    EXPECT_TRUE(becomes_logged("shutdown host 10.0.0.13(5432)", 1)) << log();
    EXPECT_TRUE(becomes_in_line());
    EXPECT_EQ(komainud_->events(), Words{});
    EXPECT_EQ(times_in_log("unable to read from client"), 0) << "it was left without a goodbye";
}

}  // namespace
}  // namespace komainu::lab
