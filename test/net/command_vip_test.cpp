// VIPs that commands move: here each writes what it does into a file that all hosts share, and
// fails where it is told to.
#include <sys/stat.h>
#include <fstream>

#include "test/net/scenario.h"

namespace komainu::lab {
namespace {

class CommandVipScenario : public Scenario {
protected:
    void SetUp() override {
        char directory[] = "/tmp/komainu-cloud-XXXXXX";
        ASSERT_NE(::mkdtemp(directory), nullptr);
        cloud_ = directory;
        std::ofstream(cloud_ + "/move") << "#!/bin/sh\n"
                                           "[ ! -e " +
                                               cloud_ +
                                               "/refuses-$KOMAINU_NODE ] || "
                                               "{ echo the cloud says no >&2; exit 1; }\n"
                                               "echo \"$1 $KOMAINU_NODE $KOMAINU_VIP "
                                               "$KOMAINU_VIP_ADDRESS/$KOMAINU_VIP_PREFIX "
                                               "$KOMAINU_VIP_INTERFACE\" >> " +
                                               cloud_ + "/story\n";
        ::chmod((cloud_ + "/move").c_str(), 0755);
        ::chmod(cloud_.c_str(), 0777);
        std::ofstream(cloud_ + "/story");
        ::chmod((cloud_ + "/story").c_str(), 0666);
    }
    void TearDown() override {
        Scenario::TearDown();
        std::filesystem::remove_all(cloud_);
    }

    ClusterOptions options() const {
        return {.more = "\n[vip.floating]\naddress = 203.0.113.7\ninterface = eth0\nup_command = " +
                        cloud_ + "/move up\ndown_command = " + cloud_ +
                        "/move down\ncommand_timeout = 5s\n"};
    }
    void refuse(int node) { std::ofstream(cloud_ + "/refuses-" + std::to_string(node)); }

    std::string line(const char* verb, int node) const {
        return std::string(verb) + " " + std::to_string(node) + " floating 203.0.113.7/32 eth0\n";
    }
    /// Of the commands that did what they were asked.
    bool told(const std::string& story) {
        return wait_until([&] { return read_file(cloud_ + "/story") == story; }, patience);
    }
    bool held_by(int node) {
        const auto status = cluster().status(node);
        return status && status->at("vips").at(1).at("name") == "floating" &&
               status->at("vips").at(1).at("held") == true;
    }

    std::string cloud_;
};

TEST_F(CommandVipScenario, MoveWithTheOthersDownHereBeforeUpThere) {
    const int active = begin(options());
    EXPECT_TRUE(told(line("up", active)));
    EXPECT_TRUE(wait_until([&] { return held_by(active); }, patience));
    const int next = expect_takeover(active, [&] {
        const auto answer = cluster().switchover(active);
        EXPECT_EQ(answer.value().value("ok", false), true) << answer->dump();
    });
    EXPECT_TRUE(told(line("up", active) + line("down", active) + line("up", next)));
    EXPECT_FALSE(held_by(active));
    EXPECT_TRUE(wait_until([&] { return held_by(next); }, patience));
    EXPECT_EQ(cluster().stop(next), 0);
    EXPECT_NE(read_file(cloud_ + "/story").find(line("down", next)), std::string::npos)
        << "whoever stops takes it down first";
}

TEST_F(CommandVipScenario, AreTakenDownByTheRunnerWhenMainDies) {
    const int active = begin(options());
    ASSERT_TRUE(told(line("up", active)));
    expect_takeover(active, [&] { cluster().kill_main(active); });
    EXPECT_TRUE(wait_until(
        [&] {
            return read_file(cloud_ + "/story").find(line("down", active)) != std::string::npos;
        },
        patience));
}

TEST_F(CommandVipScenario, ThatCannotBePutUpGoToAnotherNodeWithTheRest) {
    const int active = begin(options());
    ASSERT_TRUE(told(line("up", active)));
    const int refused = after(active);
    refuse(refused);
    cluster().switchover(active, refused);
    const std::string why =
        "cannot hold the VIPs: vip.floating: up_command: exit status 1: the cloud says no";
    EXPECT_TRUE(logs(refused, why)) << cluster().log(refused);
    EXPECT_TRUE(wait_until(
        [&] {
            const auto next = cluster().active();
            return next && *next != refused && held_by(*next) &&
                   client().answered_by(*next, client().mark(), 100ms);
        },
        patience));
}

}  // namespace
}  // namespace komainu::lab
