// Daemons whose stderr is the journal: each of their processes sends its events there, and none of
// them waits for it. A socket of the test's stands at journald's own place, which in the sandbox is
// nobody else's.
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "io/log.h"
#include "test/lab/control.h"
#include "test/lab/fail.h"
#include "test/lab/sandbox.h"
#include "test/net/scenario.h"

namespace komainu::lab {
namespace {

/// As systemd sets it at every boot. A new namespace has the kernel's 10, which three daemons that
/// start at once fill before a busy machine lets the reader run.
void permit_long_queues() { std::ofstream("/proc/sys/net/unix/max_dgram_qlen") << 512; }

/// Takes entries, once it is told to read.
class Journald {
public:
    Journald()
        : socket_(must(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket")) {
        const std::filesystem::path path(journal_socket_path);
        std::filesystem::create_directories(path.parent_path());
        std::filesystem::remove(path);
        union {
            sockaddr generic;
            sockaddr_un local;
        } own{};
        own.local.sun_family = AF_UNIX;
        std::strcpy(own.local.sun_path, path.c_str());
        must(::bind(socket_.get(), &own.generic, sizeof own.local), path.c_str());
        must(::chmod(path.c_str(), 0666), path.c_str());
    }
    ~Journald() {
        ends_ = true;
        if (reader_.joinable()) reader_.join();
        std::filesystem::remove(journal_socket_path);
    }

    void read() {
        reader_ = std::thread([this] {
            for (; !ends_; sleep_for(1ms)) take_all();
        });
    }

    /// An entry with all of these lines.
    bool has_now(const std::vector<std::string>& lines) {
        const std::lock_guard lock(mutex_);
        return std::ranges::any_of(entries_, [&](const std::string& entry) {
            return std::ranges::all_of(lines, [&](const std::string& line) {
                return ("\n" + entry).find("\n" + line + "\n") != std::string::npos;
            });
        });
    }
    bool has(const std::vector<std::string>& lines) {
        return wait_until([&] { return has_now(lines); }, patience);
    }

    std::string text() {
        const std::lock_guard lock(mutex_);
        std::string all;
        for (const std::string& entry : entries_) all += entry + "\n";
        return all;
    }

private:
    void take_all() {
        char bytes[8192];
        for (ssize_t got; (got = ::recv(socket_.get(), bytes, sizeof bytes, 0)) > 0;) {
            const std::lock_guard lock(mutex_);
            entries_.emplace_back(bytes, static_cast<std::size_t>(got));
        }
    }

    Fd socket_;
    std::mutex mutex_;
    std::vector<std::string> entries_;
    std::atomic<bool> ends_ = false;
    std::thread reader_;
};

class JournalScenario : public Scenario {
protected:
    void SetUp() override {
        if (!sandbox_directory().starts_with("/run/"))
            GTEST_SKIP() << "these programs lie below /run, where the journal's socket is to be";
        permit_long_queues();
        journald_.emplace();
    }

    /// What systemd does: it names the file that is stderr.
    static ClusterOptions logging_to_journal(ClusterOptions options) {
        for (int node = 1; node <= options.nodes; ++node)
            options.launchers[node] = {
                "/bin/sh", "-c",
                "export JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2); exec \"$@\"", "sh"};
        return options;
    }

    static std::string id(LogEvent event) {
        return "MESSAGE_ID=" + std::string(entry_of(event).id);
    }
    static std::string node_field(int node) { return "KOMAINU_NODE=" + std::to_string(node); }

    Journald& journald() { return *journald_; }

private:
    std::optional<Journald> journald_;
};

TEST_F(JournalScenario, HasTheEventsOfAllProcesses) {
    journald().read();
    const int first = begin(
        logging_to_journal({.more = "[hook.page]\non = active\ncommand = /bin/true\n"
                                    "[service.shell]\ncheck = command\ncommand = /bin/true\n"}));
    const std::string node = node_field(first);
    EXPECT_TRUE(journald().has({id(LogEvent::started), node, "SYSLOG_IDENTIFIER=komainud"}));
    EXPECT_TRUE(journald().has({id(LogEvent::quorum_regained), node}));
    EXPECT_TRUE(journald().has({id(LogEvent::service_recovered), "KOMAINU_SERVICE=shell", node}));
    EXPECT_TRUE(journald().has({id(LogEvent::became_active), "PRIORITY=5", "KOMAINU_ROLE=active",
                                "KOMAINU_CAUSE=elected", node}));
    EXPECT_TRUE(journald().has({id(LogEvent::vips_put_on), node}));  // guard
    EXPECT_TRUE(
        journald().has({id(LogEvent::hook_done), "KOMAINU_HOOK=hook.page", node}));  // runner
    EXPECT_TRUE(journald().has({id(LogEvent::active_known), "KOMAINU_PEER=" + std::to_string(first),
                                node_field(after(first))}));
    EXPECT_TRUE(
        journald().has({id(LogEvent::stream_opened), "PRIORITY=6", "KOMAINU_LINK=1",
                        "KOMAINU_PEER=" + std::to_string(first), node_field(after(first))}));

    const int next = expect_takeover(first, [&] { cluster().kill_main(first); });
    EXPECT_TRUE(journald().has({id(LogEvent::last_will_sent), "PRIORITY=4", node}));
    EXPECT_TRUE(journald().has({id(LogEvent::became_active), node_field(next)}));
    EXPECT_TRUE(journald().has({id(LogEvent::stream_ended), "KOMAINU_LINK=1",
                                "KOMAINU_PEER=" + std::to_string(first), node_field(next)}));
    for (int i = 1; i <= cluster().size(); ++i)
        EXPECT_EQ(cluster().log(i).find("active"), std::string::npos) << cluster().log(i);
    if (HasFailure()) std::cerr << journald().text();
}

// What was wrong with it is found by a process that ends before the journal could look whose it
// was.
TEST_F(JournalScenario, HasWhatIsWrongWithAConfigurationThatIsReadAnew) {
    journald().read();
    const int active = begin(logging_to_journal({}));
    const std::string node = node_field(active);
    const auto& file = cluster().configuration_file(active);
    const auto reload = [&] {
        return ask(cluster().control_socket(active), {{"command", "reload"}}, 2 * patience)
            .value_or(nlohmann::json())
            .value("ok", false);
    };
    replace_in_file(file, "interface = eth0", "interface = eth0\nnoprefixroute = yes");
    EXPECT_TRUE(reload());
    EXPECT_TRUE(journald().has(
        {id(LogEvent::config_doubt), "PRIORITY=4", "SYSLOG_IDENTIFIER=komainud", node}))
        << journald().text();
    EXPECT_NE(journald().text().find("warning: noprefixroute: a node whose own address"),
              std::string::npos);
    replace_in_file(file, "noprefixroute = yes", "noprefixroute = perhaps");
    EXPECT_FALSE(reload());
    EXPECT_TRUE(journald().has({id(LogEvent::config_mistake), "PRIORITY=3", node}));
    EXPECT_TRUE(journald().has({id(LogEvent::reload_refused), "PRIORITY=3", node}));
}

TEST_F(JournalScenario, HasAVipThatTheHostHasByItself) {
    journald().read();
    lay_out(logging_to_journal({}));
    shell(cluster().host(1), "ip addr add " + to_string(vip()) + "/24 dev eth0");
    cluster().start_all();
    EXPECT_TRUE(journald().has({id(LogEvent::vip_in_the_way), "PRIORITY=3", "KOMAINU_VIP=v0",
                                "KOMAINU_INTERFACE=eth0", node_field(1)}))
        << journald().text();
}

// Its socket is there, and full: nobody reads.
TEST_F(JournalScenario, IsWaitedForByNobody) {
    const int active = begin(logging_to_journal({}));
    constexpr Duration at_once = 1s;
    const auto says = [&](const char* command) {
        return ask(cluster().control_socket(active), {{"command", command}, {"scope", "node"}},
                   at_once);
    };
    expect_no_move(active, [&] {
        for (int i = 0; i < 500; ++i) ASSERT_TRUE(says("pause") && says("resume"));
    });
    journald().read();
    // The first line for which there is room again says how many there was none for.
    const auto is_told = [&] {
        says("pause");
        says("resume");
        return journald().has_now({id(LogEvent::lines_lost), node_field(active)});
    };
    EXPECT_TRUE(wait_until(is_told, patience)) << journald().text();
    EXPECT_TRUE(journald().has({id(LogEvent::resumed), node_field(active)}));
    expect_takeover(active, [&] { cluster().kill_main(active); });
}

}  // namespace
}  // namespace komainu::lab
