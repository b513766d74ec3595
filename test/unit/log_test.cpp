// The log, with a pipe in the place of stderr, and a socket in the place of the journal's.
#include "io/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <set>

#include "base/fd.h"
#include "io/journal.h"
#include "test/lab/temporary_directory.h"

namespace komainu {
namespace {

class LogTest : public testing::Test {
protected:
    LogTest() : saved_(dup(STDERR_FILENO)) {
        int ends[2];
        EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
        out_ = Fd(ends[0]);
        const Fd in(ends[1]);
        EXPECT_EQ(fcntl(out_.get(), F_SETFL, O_NONBLOCK), 0);
        EXPECT_EQ(dup2(in.get(), STDERR_FILENO), STDERR_FILENO);
        set_log_name("komainud", 1);
    }
    ~LogTest() override {
        dup2(saved_.get(), STDERR_FILENO);
        set_log_name("test");
    }

    std::string read_all() const {
        std::string text;
        char bytes[4096];
        for (ssize_t got; (got = read(out_.get(), bytes, sizeof bytes)) > 0;)
            text.append(bytes, static_cast<std::size_t>(got));
        return text;
    }

private:
    Fd saved_;
    Fd out_;
};

TEST_F(LogTest, WritesOneLineWithTimeNameAndLevel) {
    log_warning("link {} is {}", 1, "down");
    const auto line = read_all();
    EXPECT_EQ(line.substr(24), " komainud[node 1] warning: link 1 is down\n");
    EXPECT_EQ(line[10], 'T');
    EXPECT_EQ(line[23], 'Z');
}

TEST_F(LogTest, KeepsAnEventInOneLineWhateverItsTextHolds) {
    log_info("{}", "a\nb\x1b[31m\x7f");
    EXPECT_EQ(read_all().substr(24), " komainud[node 1] info: a?b?[31m?\n");
}

TEST_F(LogTest, CutsWhatIsTooLong) {
    log_error("{}", std::string(10000, 'x'));
    const auto line = read_all();
    EXPECT_EQ(line.size(), 2048);
    EXPECT_EQ(line.back(), '\n');
}

// The test ends, which is the point: nobody reads the pipe.
TEST_F(LogTest, DropsLinesInsteadOfWaitingAndTellsHowManyLater) {
    for (int i = 0; i < 2000; ++i) log_notice("{}", std::string(100, 'x'));
    const auto written = std::ranges::count(read_all(), '\n');
    EXPECT_LT(written, 2000);
    log_notice("after");
    const auto text = read_all();
    EXPECT_NE(text.find(std::to_string(2000 - written) + " log lines were lost"), text.npos);
    EXPECT_NE(text.find("after\n"), text.npos);
}

TEST_F(LogTest, WritesAnEventAsALineLikeAnyOther) {
    log_event(LogEvent::peer_lost, {.peer = NodeId{2}}, "node {} is down", 2);
    log_event(LogEvent::stopping, "stopping");
    const auto text = read_all();
    EXPECT_EQ(text.substr(24, text.find('\n') - 23), " komainud[node 1] warning: node 2 is down\n");
    EXPECT_TRUE(text.ends_with(" komainud[node 1] notice: stopping\n"));
}

TEST_F(LogTest, AlsoWritesByStderrAlone) {
    log_by_stderr_alone();
    log_notice("still here");
    EXPECT_TRUE(read_all().ends_with(" notice: still here\n"));
}

/// A journald that answers when it is asked to.
class Journald {
public:
    explicit Journald(const std::string& path)
        : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
        union {
            sockaddr generic;
            sockaddr_un local;
        } own{};
        own.local.sun_family = AF_UNIX;
        std::strcpy(own.local.sun_path, path.c_str());
        EXPECT_EQ(bind(socket_.get(), &own.generic, sizeof own.local), 0);
    }

    std::string next() {
        char bytes[8192];
        const auto got = recv(socket_.get(), bytes, sizeof bytes, 0);
        return got < 0 ? "" : std::string(bytes, static_cast<std::size_t>(got));
    }

private:
    Fd socket_;
};

class JournalTest : public LogTest {
protected:
    JournalTest() {
        struct stat found {};
        EXPECT_EQ(fstat(STDERR_FILENO, &found), 0);
        setenv("JOURNAL_STREAM", fmt::format("{}:{}", found.st_dev, found.st_ino).c_str(), 1);
        set_log_name("komainud", 1, path_.c_str());
    }
    ~JournalTest() override { unsetenv("JOURNAL_STREAM"); }

    lab::TemporaryDirectory directory_;
    std::string path_ = directory_.path("journal");
};

TEST_F(JournalTest, SendsAnEventWithItsIdAndFacts) {
    Journald journald(path_);
    log_event(LogEvent::became_active,
              {.term = 7, .role = "active", .cause = "elected", .peer = NodeId{2}},
              "standby -> active, term {}", 7);
    EXPECT_EQ(journald.next(), fmt::format("MESSAGE=standby -> active, term 7\n"
                                           "PRIORITY=5\n"
                                           "SYSLOG_IDENTIFIER=komainud\n"
                                           "MESSAGE_ID={}\n"
                                           "KOMAINU_NODE=1\n"
                                           "KOMAINU_TERM=7\n"
                                           "KOMAINU_ROLE=active\n"
                                           "KOMAINU_CAUSE=elected\n"
                                           "KOMAINU_PEER=2\n",
                                           entry_of(LogEvent::became_active).id));
    EXPECT_EQ(read_all(), "");
}

TEST_F(JournalTest, SendsEachFact) {
    Journald journald(path_);
    log_event(LogEvent::rival_seen,
              {.link = 2,
               .vip = "main",
               .interface = "eth0",
               .service = "web",
               .hook = "hook.page",
               .backend = 0,
               .address = "02:00:00:00:00:01"},
              "text");
    const auto entry = journald.next();
    for (const char* field :
         {"\nKOMAINU_LINK=2\n", "\nKOMAINU_VIP=main\n", "\nKOMAINU_INTERFACE=eth0\n",
          "\nKOMAINU_SERVICE=web\n", "\nKOMAINU_HOOK=hook.page\n", "\nKOMAINU_BACKEND=0\n",
          "\nKOMAINU_ADDRESS=02:00:00:00:00:01\n"})
        EXPECT_NE(entry.find(field), entry.npos) << field << entry;
    EXPECT_EQ(entry.find("KOMAINU_PEER"), entry.npos);
}

TEST_F(JournalTest, SendsOtherLinesWithoutAnId) {
    Journald journald(path_);
    log_warning("link {} is {}", 1, "slow");
    EXPECT_EQ(journald.next(),
              "MESSAGE=link 1 is slow\nPRIORITY=4\nSYSLOG_IDENTIFIER=komainud\nKOMAINU_NODE=1\n");
}

// Or a name from the network could add fields of its own.
TEST_F(JournalTest, KeepsEachValueInItsField) {
    Journald journald(path_);
    log_event(LogEvent::hook_done, {.hook = "x\nMESSAGE_ID=0"}, "{}", "a\nPRIORITY=0");
    const auto entry = journald.next();
    EXPECT_TRUE(entry.starts_with("MESSAGE=a?PRIORITY=0\nPRIORITY=5\n")) << entry;
    EXPECT_TRUE(entry.ends_with("\nKOMAINU_HOOK=x?MESSAGE_ID=0\n")) << entry;
}

TEST_F(JournalTest, BoundsEntryAndValues) {
    Journald journald(path_);
    const std::string much(10000, 'x');
    log_event(LogEvent::rival_seen,
              {.role = much,
               .cause = much,
               .vip = much,
               .interface = much,
               .service = much,
               .hook = much,
               .address = much},
              "{}", much);
    const auto entry = journald.next();
    EXPECT_LE(entry.size(), JournalEntry::bytes_max);
    EXPECT_TRUE(entry.ends_with("\nKOMAINU_ADDRESS=" + std::string(128, 'x') + "\n"));
}

TEST_F(JournalTest, GoesToStderrWhileNobodyAnswers) {
    log_event(LogEvent::stopping, "stopping");
    EXPECT_EQ(read_all(), "<5>stopping\n");
    Journald journald(path_);
    log_notice("there you are");
    EXPECT_TRUE(journald.next().starts_with("MESSAGE=there you are\n"));
    EXPECT_EQ(read_all(), "");
}

TEST_F(JournalTest, GoesToStderrFromAProcessThatLivesForAMoment) {
    Journald journald(path_);
    log_by_stderr_alone();
    log_notice("short");
    EXPECT_EQ(read_all(), "<5>short\n");
    EXPECT_EQ(journald.next(), "");
}

// The test ends, which is the point: the journal takes nothing.
TEST_F(JournalTest, DropsLinesInsteadOfWaitingForTheJournal) {
    Journald journald(path_);
    constexpr int lines = 20'000;
    for (int i = 0; i < lines; ++i) log_notice("{}", std::string(100, 'x'));
    int taken = 0;
    while (!journald.next().empty()) ++taken;
    EXPECT_LT(taken, lines);
    EXPECT_EQ(read_all(), "");
    log_notice("after");
    const auto lost = journald.next();
    EXPECT_TRUE(lost.starts_with(fmt::format(
        "MESSAGE={} log lines were lost: the journal did not take them\n", lines - taken)))
        << lost;
    EXPECT_NE(lost.find(entry_of(LogEvent::lines_lost).id), lost.npos);
    EXPECT_TRUE(journald.next().starts_with("MESSAGE=after\n"));
}

TEST_F(JournalTest, TellsProgramsThatShareStderr) {
    EXPECT_EQ(journal_variable(), std::string("JOURNAL_STREAM=") + getenv("JOURNAL_STREAM"));
    setenv("JOURNAL_STREAM", "1:2", 1);
    set_log_name("komainud", 1, path_.c_str());
    EXPECT_EQ(journal_variable(), "");
}

TEST(LogEvents, HaveIdsThatDiffer) {
    std::set<std::string_view> ids;
    for (const LogEventEntry& entry : log_events()) {
        EXPECT_EQ(entry.id.size(), 32) << entry.title;
        EXPECT_EQ(entry.id.find_first_not_of("0123456789abcdef"), entry.id.npos) << entry.title;
        EXPECT_TRUE(ids.insert(entry.id).second) << entry.title;
        EXPECT_FALSE(entry.title.empty());
    }
}

}  // namespace
}  // namespace komainu
