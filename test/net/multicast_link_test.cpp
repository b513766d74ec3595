// Links that use a multicast group, on three hosts of one LAN.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/datagram_link.h"
#include "io/loop.h"
#include "io/system_call_filter.h"
#include "test/lab/network.h"

namespace komainu {
namespace {

constexpr std::uint16_t port = 9694;

struct Group {
    const char* name;
    const char* address;
    IpAddress lab::Host::*own;
};

class MulticastLink : public testing::TestWithParam<Group> {
protected:
    MulticastLink() {
        for (int i = 1; i <= 3; ++i) {
            hosts.push_back(&network.add_host("node" + std::to_string(i), i));
        }
        for (const lab::Host* host : hosts) links.push_back(open(*host));
    }

    std::unique_ptr<DatagramLink> open(const lab::Host& host) const {
        std::unique_ptr<DatagramLink> opened;
        host.space.run([&] {
            auto link = DatagramLink::open({.own = own(host),
                                            .port = port,
                                            .group = parse_address(GetParam().address),
                                            .peers = others(host)});
            ASSERT_TRUE(link) << link.error().what;
            opened = std::make_unique<DatagramLink>(std::move(*link));
        });
        return opened;
    }

    std::vector<IpAddress> others(const lab::Host& host) const {
        std::vector<IpAddress> others;
        for (const lab::Host* other : hosts)
            if (other != &host) others.push_back(own(*other));
        return others;
    }

    IpAddress own(const lab::Host& host) const { return host.*GetParam().own; }

    // Sends until the receiver hears it, and gives the source that it sees; nothing after three
    // seconds. A fresh LAN loses what is sent before its carriers are seen, as heartbeats may be.
    static std::optional<Endpoint> source_seen(DatagramLink& receiver,
                                               const std::function<void()>& send) {
        std::optional<Endpoint> seen;
        const auto loop = std::move(Loop::create()).value();
        const auto watch = loop->watch(receiver.fd(), EPOLLIN, [&](std::uint32_t) {
            receiver.receive([&](auto, const Endpoint& source) { seen = source; });
        });
        Loop::Timer again(*loop, [&] {
            send();
            again.set(loop->now() + 10ms);
        });
        const Instant give_up_at = loop->now() + 3s;
        again.set(loop->now());
        while (!seen && loop->now() < give_up_at) loop->wake_up();
        return seen;
    }

    lab::Network network;
    std::vector<lab::Host*> hosts;
    std::vector<std::unique_ptr<DatagramLink>> links;
};

constexpr std::array hello{std::byte{'h'}, std::byte{'i'}};

TEST_P(MulticastLink, ReachesAllOthersFromItsOwnAddressAndNotItself) {
    const auto send = [&] { links[0]->send_all(hello); };
    const Endpoint sender{own(*hosts[0]), port};
    EXPECT_EQ(source_seen(*links[1], send), sender);
    EXPECT_EQ(source_seen(*links[2], send), sender);
    links[0]->receive([](auto, const auto&) { FAIL() << "it heard itself"; });
}

TEST_P(MulticastLink, SendsOneDatagramForAll) {
    links[0]->send_all(hello);
    EXPECT_EQ(links[0]->counters().sent, 1);
}

TEST_P(MulticastLink, SendsToTheGroupWhoeverItIsMeantFor) {
    const auto send = [&] { links[0]->send_to(7, hello); };
    EXPECT_TRUE(source_seen(*links[1], send));
    EXPECT_TRUE(source_seen(*links[2], send));
}

TEST_P(MulticastLink, IsRefusedToASecondDaemonOnTheHost) {
    hosts[0]->space.run([&] {
        const auto second = DatagramLink::open({.own = own(*hosts[0]),
                                                .port = port,
                                                .group = parse_address(GetParam().address),
                                                .peers = {}});
        ASSERT_FALSE(second);
        EXPECT_EQ(second.error().code, EADDRINUSE);
    });
}

TEST_P(MulticastLink, NeedsAnInterfaceThatHasTheOwnAddress) {
    hosts[0]->space.run([&] {
        const auto link = DatagramLink::open({.own = own(*hosts[1]),
                                              .port = port + 1,
                                              .group = parse_address(GetParam().address),
                                              .peers = {}});
        ASSERT_FALSE(link);
        EXPECT_EQ(link.error().what, to_string(own(*hosts[1])) +
                                         " is not an address of this host (or not usable yet)");
    });
}

TEST_P(MulticastLink, GoesOnOverTheInterfaceThatReplacedItsOwn) {
    const auto at_second = [&](const std::function<void()>& f) { hosts[1]->space.run(f); };
    at_second([&] { EXPECT_FALSE(links[1]->interface_was_replaced()); });
    network.remove_interface(*hosts[1]);
    at_second([&] { EXPECT_FALSE(links[1]->interface_was_replaced()) << "there is none yet"; });
    network.replace_interface(*hosts[1]);
    at_second([&] {
        ASSERT_TRUE(links[1]->interface_was_replaced());
        const Status opened = links[1]->reopen();
        EXPECT_TRUE(opened) << opened.error().what;
        EXPECT_FALSE(links[1]->interface_was_replaced());
    });
    const auto there = [&] { links[0]->send_all(hello); };
    const auto back = [&] { links[1]->send_all(hello); };
    EXPECT_EQ(source_seen(*links[1], there), (Endpoint{own(*hosts[0]), port}));
    EXPECT_EQ(source_seen(*links[0], back), (Endpoint{own(*hosts[1]), port}));
}

/// A link that is waited for is opened by a process that has given up its privileges.
TEST_P(MulticastLink, KnowsItsInterfaceUnderTheSystemCallFilterToo) {
    hosts[0]->space.run([&] {
        const DatagramLinkOptions options{.own = own(*hosts[0]),
                                          .port = port + 1,
                                          .group = parse_address(GetParam().address),
                                          .peers = {}};
        const pid_t child = fork();
        if (child == 0) {
            if (!filter_system_calls(FilteredProcess::main)) _exit(2);
            const auto link = DatagramLink::open(options);
            _exit(link && link->interface() == "eth0" ? 0 : 1);
        }
        int status = 0;
        ASSERT_EQ(waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0);
    });
}

TEST_P(MulticastLink, IsClosedWhenItCannotBeReopenedAndTriesAgain) {
    hosts[0]->space.run([&] {
        shell(*hosts[0], "ip addr flush dev eth0");
        const Status opened = links[0]->reopen();
        ASSERT_FALSE(opened);
        EXPECT_TRUE(may_come_later(opened.error())) << opened.error().what;
        EXPECT_FALSE(links[0]->is_open());
        links[0]->send_all(hello);
        EXPECT_EQ(links[0]->counters().sent, 0);
        shell(*hosts[0], "ip addr add " + to_string(own(*hosts[0])) + "/24 dev eth0");
        EXPECT_TRUE(links[0]->reopen());
        EXPECT_TRUE(links[0]->is_open());
    });
}

INSTANTIATE_TEST_SUITE_P(, MulticastLink,
                         testing::Values(Group{"Ipv4", "239.77.0.1", &lab::Host::ipv4},
                                         Group{"Ipv6", "ff02::77", &lab::Host::ipv6}),
                         [](const auto& group) { return group.param.name; });

}  // namespace
}  // namespace komainu
