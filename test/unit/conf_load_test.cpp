// The key file and the whole way from a file's name to a configuration.
#include "conf/load.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/summary.h"
#include "test/lab/temporary_directory.h"
#include "test/unit/conf_text.h"

namespace komainu {
namespace {

using lab::TemporaryDirectory;

const std::string key_a(64, 'a');
const std::string key_b(64, 'b');

class KeyFile : public testing::Test {
protected:
    /// What is read from a file with this text.
    Result<ClusterKeys> read(const std::string& text, mode_t mode = 0600) {
        directory_.write("key", text);
        chmod(path_.c_str(), mode);
        return read_key_file(path_);
    }
    std::string error(const std::string& text, mode_t mode = 0600) {
        const auto keys = read(text, mode);
        return keys ? "none" : keys.error().what;
    }

    TemporaryDirectory directory_;
    const std::string path_ = directory_.path("key");
};

TEST_F(KeyFile, HasOneKeyALineAndTheFirstSigns) {
    const auto keys = read("# old and new\n" + key_a + "\n\n  " + key_b + "  # new\r\n");
    ASSERT_TRUE(keys);
    ASSERT_EQ(keys->keys().size(), 2u);
    EXPECT_EQ(keys->keys()[0].bytes[31], std::byte{0xaa});
    EXPECT_EQ(keys->keys()[1].bytes[0], std::byte{0xbb});
}

TEST_F(KeyFile, NamesAKeyByTheBeginningOfItsBlake2bHash) {
    // printf of 32 bytes 0xaa | b2sum -l 256
    EXPECT_EQ(read(key_a)->keys()[0].id, 0x046c0d98u);
}

TEST_F(KeyFile, IsWhatKeygenPrints) {
    const auto key = make_key_text().value();
    EXPECT_EQ(key.size(), 64u);
    EXPECT_NE(key, make_key_text().value());
    EXPECT_TRUE(read(key + "\n"));
}

TEST_F(KeyFile, IsRefusedWhenOthersMayReadIt) {
    for (const mode_t mode : {0640, 0604, 0660, 0620, 0777}) EXPECT_FALSE(read(key_a, mode));
    EXPECT_EQ(error(key_a, 0644), path_ + " is open to others (mode 0644); chmod 600 " + path_ +
                                      ", and if they may have read it, make a new key");
    EXPECT_TRUE(read(key_a, 0400));
}

TEST_F(KeyFile, IsRefusedWhenMissing) {
    const auto path = directory_.path("none");
    const auto keys = read_key_file(path);
    EXPECT_EQ(keys.error().what,
              path +
                  " is missing; copy that of another node, or on the first make one "
                  "with (umask 077; komainuctl keygen > " +
                  path + ")");
    EXPECT_EQ(keys.error().code, ENOENT);
}

TEST_F(KeyFile, IsRefusedWithoutAKey) {
    const auto why =
        " has no key in it; copy that of another node, or on the first make one with (umask 077; "
        "komainuctl keygen > ";
    EXPECT_EQ(error(""), path_ + why + path_ + ")");
    EXPECT_EQ(error("# none\n\n"), path_ + why + path_ + ")");
}

TEST_F(KeyFile, IsRefusedWhenAKeyIsTooShortOrTooLongWithoutQuotingIt) {
    EXPECT_EQ(error("\n" + key_a.substr(1)),
              path_ +
                  ":2: the key has 63 letters, it must have 64 hexadecimal digits; komainuctl "
                  "keygen prints such a key");
    EXPECT_FALSE(read(key_a + "a"));
}

TEST_F(KeyFile, IsRefusedWhenAKeyIsNotHexadecimal) {
    EXPECT_EQ(error(key_a.substr(1) + "g"),
              path_ +
                  ":1: the key is not made of 64 hexadecimal digits; komainuctl keygen prints "
                  "such a key");
}

TEST_F(KeyFile, IsRefusedWithTheSameKeyTwice) {
    EXPECT_EQ(error(key_a + "\n" + key_a), path_ + ":2: the key is there twice; remove this line");
}

TEST_F(KeyFile, IsRefusedWithMoreKeysThanThereMayBe) {
    std::string text;
    for (const char digit : std::string("12345678")) text += std::string(64, digit) + "\n";
    EXPECT_TRUE(read(text));
    EXPECT_EQ(error(text + key_a),
              path_ + ":9: one key too many, there may be 8; remove the old ones");
}

TEST_F(KeyFile, IsRefusedWhenItIsVeryLong) {
    EXPECT_EQ(error(std::string(8193, '#')),
              path_ + " is longer than 8192 bytes; keep only keys in it");
}

TEST_F(KeyFile, IsNotASymbolicLink) {
    ASSERT_TRUE(read(key_a));
    const auto link = directory_.path("link");
    ASSERT_EQ(symlink(path_.c_str(), link.c_str()), 0);
    EXPECT_EQ(read_key_file(link).error().what, link + " is a symbolic link; name the file itself");
}

TEST_F(KeyFile, IsARegularFileAndAPipeIsNotWaitedFor) {
    const auto pipe = directory_.path("pipe");
    ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
    EXPECT_EQ(read_key_file(pipe).error().what, pipe + " is not a regular file; name one that is");
    EXPECT_FALSE(read_key_file(directory_.path("")));
}

TEST_F(KeyFile, IsRefusedWhenSomebodyElseOwnsIt) {
    if (geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
    ASSERT_TRUE(read(key_a));
    constexpr uid_t somebody = 65534;
    if (chown(path_.c_str(), somebody, somebody) != 0) GTEST_SKIP() << "no such user here";
    EXPECT_EQ(read_key_file(path_).error().what,
              path_ +
                  " belongs to the user with id 65534, who could change it; chown it to root, "
                  "or to the user of komainud");
}

TEST_F(KeyFile, LeavesNoKeyBehindWhereItWasMovedFrom) {
    auto keys = read(key_a).value();
    const Key* const place = keys.keys().data();
    const ClusterKeys moved = std::move(keys);
    EXPECT_EQ(moved.keys()[0].bytes[0], std::byte{0xaa});
    EXPECT_EQ(place->bytes[0], std::byte{0});
}

// --- the whole way ------------------------------------------------------------------------------

class Load : public testing::Test {
protected:
    std::string config(std::string_view more = "", std::string_view cluster_keys = "") {
        const auto key = directory_.write("key", key_a);
        chmod(key.c_str(), 0600);
        return directory_.write(
            "k.conf", conf_text::good_but("name = shrine\n", "name = shrine\nkey_file = " + key +
                                                                 "\n" + std::string(cluster_keys)) +
                          std::string(more));
    }
    const std::vector<LocalAddress> local_{{"eth0", parse_prefix("10.77.0.2/24").value()}};
    TemporaryDirectory directory_;
};

TEST_F(Load, GivesConfigurationAndKeys) {
    const auto path = config();
    const auto loaded = load_config(path, {Purpose::run, {}, local_});
    EXPECT_EQ(report(path, loaded.problems), "");
    EXPECT_EQ(loaded.config.self, NodeId{2});
    EXPECT_EQ(loaded.keys.keys().size(), 1u);
}

TEST_F(Load, TellsTheErrorsOfAllPartsInOneGo) {
    const auto path = config("[heartbeat]\nport = x\ndeadtime = 100ms\n");
    chmod(directory_.path("key").c_str(), 0644);
    const auto loaded = load_config(path, {Purpose::run, NodeId{9}, local_});
    std::vector<std::string> keys;
    for (const auto& problem : loaded.problems.list()) keys.push_back(problem.place.key);
    EXPECT_EQ(keys, (std::vector<std::string>{"--node-id", "key_file", "port", "deadtime"}));
    EXPECT_TRUE(loaded.problems.has_errors());
}

TEST_F(Load, LetsWhoOnlyLooksBeNoNode) {
    const auto path = config();
    EXPECT_TRUE(load_config(path, {Purpose::run, {}, {}}).problems.has_errors());
    EXPECT_FALSE(load_config(path, {Purpose::inspect, {}, {}}).problems.has_errors());
}

TEST_F(Load, SaysThatTheFileIsMissing) {
    const auto loaded = load_config("/nonexistent.conf", {});
    EXPECT_EQ(report("/nonexistent.conf", loaded.problems),
              "/nonexistent.conf: file: cannot be opened: No such file or directory; write one, "
              "after the "
              "example komainu.conf.sample, or name another with --config\n");
}

TEST_F(Load, SaysWhatItCostsToGoOnWithHalf) {
    const auto path = config("[node.4]\naddress = 10.77.0.4\n",
                             "quorum = half\non_quorum_loss = hold\n"
                             "trusted_servers = 10.77.0.254 fd77::fe\n");
    const auto text = describe(load_config(path, {Purpose::run, {}, local_}).config);
    EXPECT_EQ(
        text.substr(0, text.find("node 1")),
        "cluster shrine, quorum half (2 of 4 votes if the arbiter agrees, else 3)\n"
        "who loses the quorum keeps the VIPs while no other active is heard: two nodes may hold "
        "them\n"
        "trusted servers 10.77.0.254 fd77::fe: a node for which none answers is not fit\n");
}

TEST_F(Load, SaysWhatWouldRun) {
    const auto path = config(
        "[service.pgpool]\npid_file = /run/pgpool.pid\n[service.web]\ncheck = tcp\n"
        "address = 127.0.0.1:80\n[heartbeat]\ninterval = 10ms\ndeadtime = 1s\n");
    const auto config = load_config(path, {Purpose::run, {}, local_}).config;
    EXPECT_EQ(
        describe(config),
        "cluster shrine, quorum majority (2 of 3 votes)\n"
        "node 1 at 10.77.0.1, priority 100\n"
        "node 2 at 10.77.0.2, priority 100, this host\n"
        "node 3 at 10.77.0.3, priority 100\n"
        "heartbeat every 10ms by unicast to each peer, UDP port 9694; who is silent for 1s is "
        "dead\n"
        "VIP main: 10.77.0.100/24 on eth0\n"
        "service pgpool: the process in /run/pgpool.pid, every 1s, waiting at most 1s; "
        "unhealthy after 2 failures, healthy after 1 success\n"
        "service web: TCP connect to 127.0.0.1:80, every 1s, waiting at most 1s; unhealthy "
        "after 2 failures, healthy after 1 success\n"
        "keys in " +
            directory_.path("key") +
            "\n"
            "control socket /run/komainu/control.sock\n"
            "state in /var/lib/komainu\n"
            "fence auto\n");
}

}  // namespace
}  // namespace komainu
