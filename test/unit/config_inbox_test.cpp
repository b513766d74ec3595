// What the guard takes for its new configuration, whoever asks it to.
#include "guard/config_inbox.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "io/memory_file.h"
#include "io/message_channel.h"
#include "test/unit/conf_text.h"

namespace komainu {
namespace {

using conf_text::good;
using conf_text::good_but;

const std::string with_second = good + "[vip.b]\naddress = 10.77.0.101/24\ninterface = eth0\n";

struct ConfigInboxTest : testing::Test {
    ChannelEnds ends = std::move(make_channel().value());
    ConfigInbox inbox{std::move(ends.child)};
    Config running = read_config(good).config;

    enum class Sealed : bool { no, yes };
    void hand_over(const std::string& text, Sealed sealed = Sealed::yes) {
        const Fd file = std::move(make_memory_file().value());
        ASSERT_EQ(::write(file.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
        if (sealed == Sealed::yes) {
            ASSERT_TRUE(seal_memory_file(file.get()));
        }
        const std::array message{std::byte{1}};
        const int files[] = {file.get()};
        ASSERT_EQ(send_message(ends.main.get(), message, files), Sent::yes);
    }
    std::string refusal_of(const std::string& meant) {
        EXPECT_EQ(inbox.read(), ConfigInbox::Runner::there);
        const auto config = inbox.configuration(digest_of(meant), running);
        return config ? "" : config.error().what;
    }
};

TEST_F(ConfigInboxTest, GivesTheNewestTextWhenThatIsMeant) {
    running.self = NodeId{2};
    hand_over("nonsense");
    hand_over(with_second);
    EXPECT_EQ(refusal_of(with_second), "");
    const auto config = inbox.configuration(digest_of(with_second), running);
    EXPECT_EQ(config->vips.size(), 2u);
    EXPECT_EQ(config->self, NodeId{2});
}

TEST_F(ConfigInboxTest, RefusesWhatWasNotHandedOver) {
    EXPECT_NE(refusal_of(with_second), "");
    hand_over(good);
    EXPECT_EQ(refusal_of(with_second), "the guard was handed another configuration");
}

TEST_F(ConfigInboxTest, RefusesATextThatCouldStillChange) {
    hand_over(with_second, Sealed::no);
    EXPECT_EQ(refusal_of(with_second), "not a sealed file in memory");
}

TEST_F(ConfigInboxTest, RefusesWhatIsWrongAndWhatTakesARestart) {
    const auto wrong = good_but("10.77.0.100", "10.77.0.1");
    hand_over(wrong);
    EXPECT_NE(refusal_of(wrong).find("is the own address of [node.1]"), std::string::npos);
    const auto other = good_but("shrine", "temple");
    hand_over(other);
    EXPECT_NE(refusal_of(other).find(":2: name: cannot change in a running daemon"),
              std::string::npos);
}

TEST_F(ConfigInboxTest, DoesNotJudgeByADeadtimeThatMainHasNoMore) {
    std::string many = good + "[heartbeat]\ninterval = 100ms\ndeadtime = 2s\n";
    for (int i = 1; i <= 250; ++i)
        many += "[vip.v" + std::to_string(i) + "]\naddress = 10.78.0." + std::to_string(i) +
                "\ninterface = eth0\n";
    running.heartbeat.deadtime = 20ms;
    hand_over(many);
    EXPECT_EQ(refusal_of(many), "");
}

TEST_F(ConfigInboxTest, SaysWhenTheRunnerIsGoneAndKeepsWhatItHasHandedOver) {
    hand_over(with_second);
    ends.main.close();
    EXPECT_EQ(inbox.read(), ConfigInbox::Runner::gone);
    EXPECT_TRUE(inbox.configuration(digest_of(with_second), running));
}

}  // namespace
}  // namespace komainu
