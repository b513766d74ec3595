// The lab itself: that its faults are faults, that its observers see what there is to see, and that
// it measures outages as a user would. A scenario that passes is worth only as much as these.
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdlib>

#include "test/lab/capture.h"
#include "test/lab/client.h"
#include "test/lab/clock.h"
#include "test/lab/network.h"
#include "test/lab/process.h"
#include "test/lab/sandbox.h"
#include "test/lab/watcher.h"

namespace komainu::lab {
namespace {

constexpr std::uint16_t port = 7777;
constexpr Duration patience = 5s;

IpAddress ip(const char* text) { return parse_address(text).value(); }

/// Two hosts, of which the second runs an echo-service with tag 2.
struct Lan {
    Network network;
    Host& one = network.add_host("one", 1);
    Host& two = network.add_host("two", 2);
    std::string pid_file = sandbox_directory() + "/lab_test.pid";
    Process service{two.space,
                    {built_program("echo-service"), std::to_string(port), "2", pid_file},
                    sandbox_directory() + "/lab_test.log"};

    Lan() {
        const auto pid = std::to_string(service.pid()) + "\n";
        EXPECT_TRUE(wait_until([&] { return read_file(pid_file) == pid; }, patience));
    }

    bool reaches(const IpAddress& from_one_to, Duration limit = patience) {
        const Client client(one, {from_one_to, port});
        return client.answered(0, limit);
    }

    /// By iproute2, so that the lab is not judged by its own hand.
    static void shell(const Host& host, const std::string& command) {
        host.space.run([&] { EXPECT_EQ(std::system(command.c_str()), 0) << command; });
    }
};

TEST(Lab, HostsReachEachOtherOverBothFamilies) {
    Lan lan;
    EXPECT_TRUE(lan.reaches(lan.two.ipv4));
    EXPECT_TRUE(lan.reaches(lan.two.ipv6));
}

TEST(Lab, ASilencedHostKeepsItsCarrierAndIsHealed) {
    Lan lan;
    Client client(lan.one, {lan.two.ipv4, port});
    ASSERT_TRUE(client.answered_by(2, 0, patience));

    lan.network.silence(lan.two);
    sleep_for(20ms);
    auto mark = client.mark();
    EXPECT_FALSE(client.answered(mark, 100ms));
    Lan::shell(lan.two, "ip link show eth0 | grep -q LOWER_UP");

    lan.network.heal(lan.two);
    mark = client.mark();
    EXPECT_TRUE(client.answered(mark, patience));
}

TEST(Lab, HostsKeptApartReachOthersOnly) {
    Lan lan;
    Host& three = lan.network.add_host("three", 3);
    const Client apart(lan.one, {lan.two.ipv4, port});
    const Client neutral(three, {lan.two.ipv4, port});
    ASSERT_TRUE(apart.answered(0, patience));
    lan.network.keep_apart(lan.one);
    lan.network.keep_apart(lan.two);
    sleep_for(20ms);
    const auto mark = apart.mark();
    EXPECT_TRUE(neutral.answered(neutral.mark(), patience));
    EXPECT_FALSE(apart.answered(mark, 100ms));
    lan.network.heal(lan.one);
    EXPECT_TRUE(apart.answered(apart.mark(), patience));
}

TEST(Lab, AReplacedInterfaceIsAnotherOneWithTheSameAddresses) {
    Lan lan;
    const auto before = mac_of(lan.two);
    lan.network.remove_interface(lan.two);
    lan.network.replace_interface(lan.two);
    EXPECT_NE(mac_of(lan.two), before);
    EXPECT_TRUE(lan.reaches(lan.two.ipv4));
}

TEST(Lab, ADeafHostIsHeardAndAMuteHostHears) {
    Lan lan;
    const Client client(lan.one, {lan.two.ipv4, port});
    ASSERT_TRUE(client.answered(0, patience));
    const auto requests_at_two = "udp dst port " + std::to_string(port);
    const auto all = [](const Frame&) { return true; };

    lan.network.mute(lan.two);
    EXPECT_FALSE(client.answered(client.mark(), 100ms));
    EXPECT_TRUE(Capture(lan.two, requests_at_two).wait_for(all, patience));
    lan.network.heal(lan.two);
    EXPECT_TRUE(client.answered(client.mark(), patience));

    lan.network.deafen(lan.two);
    sleep_for(20ms);
    EXPECT_FALSE(Capture(lan.two, requests_at_two).wait_for(all, 100ms));
    lan.network.heal(lan.two);
    EXPECT_TRUE(client.answered(client.mark(), patience));
}

TEST(Lab, APulledCableTakesTheCarrierAway) {
    Lan lan;
    lan.network.set_carrier(lan.two, Carrier::down);
    Lan::shell(lan.two, "ip link show eth0 | grep -q NO-CARRIER");
    lan.network.set_carrier(lan.two, Carrier::up);
    EXPECT_TRUE(lan.reaches(lan.two.ipv4));
}

TEST(Lab, AClientMeasuresTheTimeBetweenAnsweredProbes) {
    Lan lan;
    const Client client(lan.one, {lan.two.ipv4, port});
    ASSERT_TRUE(client.answered(0, patience));
    sleep_for(20ms);
    const auto mark = client.mark();

    lan.network.silence(lan.two);
    const auto silenced = now();
    sleep_for(50ms);
    EXPECT_FALSE(client.outage_since(mark).over);
    lan.network.heal(lan.two);
    const auto healed = now();
    ASSERT_TRUE(client.answered(client.mark(), patience));
    sleep_for(20ms);

    const auto outage = client.outage_since(mark);
    EXPECT_TRUE(outage.over);
    EXPECT_GT(outage.lost, 0u);
    // The outage began after the call to silence() did, and probes go on all the time; how late
    // this machine sends them it may decide for itself.
    EXPECT_GE(outage.gap, 40ms);
    EXPECT_LE(outage.gap, healed - silenced + 1s);
}

TEST(Lab, AClientThatLostNothingReportsNoGap) {
    Lan lan;
    const Client client(lan.one, {lan.two.ipv4, port});
    ASSERT_TRUE(client.answered(0, patience));
    const auto mark = client.mark();
    sleep_for(50ms);
    // On a busy machine the last answers may still be on their way.
    EXPECT_TRUE(wait_until([&] { return client.outage_since(mark).lost == 0; }, patience));
    EXPECT_EQ(client.outage_since(mark).gap, 0ns);
}

TEST(Lab, TheServiceAnswersFromTheAddressThatWasAsked) {
    Lan lan;
    for (const char* vip : {"10.77.0.100", "fd77::100"}) {
        Lan::shell(lan.two, std::string("ip addr add ") + vip +
                                "/128 dev eth0 nodad 2>/dev/null ||" + " ip addr add " + vip +
                                "/32 dev eth0");
        if (!ip(vip).is_ipv4()) {  // a /128 alone is not on the link for the other side
            Lan::shell(lan.one, std::string("ip -6 route replace ") + vip + "/128 dev eth0");
        }
        Capture answers(lan.two, "udp src port 7777 and src host " + std::string(vip));
        EXPECT_TRUE(lan.reaches(ip(vip))) << vip;
        EXPECT_TRUE(answers.wait_for([](const Frame&) { return true; }, patience)) << vip;
    }
}

TEST(Lab, TheWatcherSeesWhoHoldsAnAddress) {
    Lan lan;
    const AddressWatcher watcher(lan.network);
    const auto vip = ip("10.77.0.100");
    Lan::shell(lan.one, "ip addr add 10.77.0.100/24 dev eth0");
    EXPECT_TRUE(watcher.wait_for_holders(vip, {1}, patience));
    Lan::shell(lan.one, "ip addr del 10.77.0.100/24 dev eth0");
    Lan::shell(lan.two, "ip addr add 10.77.0.100/24 dev eth0");
    EXPECT_TRUE(watcher.wait_for_holders(vip, {2}, patience));
    EXPECT_EQ(watcher.overlap(vip), 0ns);

    const auto events = watcher.events_since(0);
    const auto of_vip = std::ranges::count(events, vip, &AddressEvent::address);
    EXPECT_EQ(of_vip, 3);
}

TEST(Lab, TheWatcherMeasuresHowLongTwoHostsHeldAnAddress) {
    Lan lan;
    const AddressWatcher watcher(lan.network);
    const auto vip = ip("fd77::100");
    Lan::shell(lan.one, "ip addr add fd77::100/64 dev eth0 nodad");
    Lan::shell(lan.two, "ip addr add fd77::100/64 dev eth0 nodad");
    sleep_for(10ms);
    Lan::shell(lan.one, "ip addr del fd77::100/64 dev eth0");
    ASSERT_TRUE(watcher.wait_for_holders(vip, {2}, patience));
    EXPECT_GE(watcher.overlap(vip), 10ms);
}

TEST(Lab, AnOverlapThatIsNotOverYetCounts) {
    Lan lan;
    const AddressWatcher watcher(lan.network);
    const auto vip = ip("10.77.0.100");
    Lan::shell(lan.one, "ip addr add 10.77.0.100/24 dev eth0");
    Lan::shell(lan.two, "ip addr add 10.77.0.100/24 dev eth0");
    ASSERT_TRUE(watcher.wait_for_holders(vip, {1, 2}, patience));
    EXPECT_GT(watcher.overlap(vip), 0ns);
}

TEST(Lab, ACaptureHoldsFramesThatTsharkReads) {
    Lan lan;
    const Capture capture(lan.network, "udp port 7777");
    ASSERT_TRUE(lan.reaches(lan.two.ipv4));
    const auto is_answer = [](const Frame& frame) { return frame.u16(34) == port; };
    ASSERT_TRUE(capture.wait_for(is_answer, patience));
    const auto frame = capture.frames_matching(is_answer).front();
    EXPECT_EQ(frame.u16(12), 0x0800);  // IPv4
    EXPECT_LT(frame.at, now());
    EXPECT_GT(frame.at, now() - patience);

    const auto file = sandbox_directory() + "/lab_test.pcap";
    capture.write(file);
    const auto lines = ask_tshark(file, "udp.srcport == 7777", {"ip.src", "udp.srcport"});
    if (!lines) GTEST_SKIP() << "tshark is not installed";
    ASSERT_FALSE(lines->empty());
    EXPECT_EQ(lines->front(), "10.77.0.2\t7777");
}

TEST(Lab, AProcessTellsHowItEnded) {
    const NetworkNamespace space;
    const auto log = sandbox_directory() + "/process.log";
    EXPECT_EQ(Process(space, {"/bin/sh", "-c", "echo said; exit 3"}, log).wait(patience), 3);
    EXPECT_EQ(read_file(log), "said\n");

    Process sleeper(space, {"/bin/sh", "-c", "sleep 100 & wait"}, log);
    EXPECT_TRUE(wait_until([&] { return children_of(sleeper.pid()).size() == 1; }, patience));
    EXPECT_FALSE(sleeper.wait(10ms));
    sleeper.signal(SIGKILL);
    EXPECT_EQ(sleeper.wait(patience), 128 + SIGKILL);
}

TEST(Lab, AProcessInheritsNothingButItsLog) {
    const Network network;
    const Capture capture(network, "arp");
    const auto log = sandbox_directory() + "/inherits.log";
    // The shell's own pattern, so that no descriptor is open for looking.
    Process process(network.space(), {"/bin/sh", "-c", "echo /proc/$$/fd/[3-9]*"}, log);
    EXPECT_EQ(process.wait(patience), 0);
    const auto said = read_file(log);
    const auto own = "/proc/" + std::to_string(process.pid()) + "/fd/";
    // What is left is the directory that the pattern was matched in.
    EXPECT_EQ(said.find(own + "4"), said.npos) << said;
}

}  // namespace
}  // namespace komainu::lab
