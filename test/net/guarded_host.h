// The guard as a process of its own on a host of the lab, with main's side of it played by a test.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include <cstdlib>
#include <deque>
#include <optional>
#include <string>

#include "guard/guard.h"
#include "guard/orders.h"
#include "io/message_channel.h"
#include "io/privileges.h"
#include "netlink/filter_socket.h"
#include "netlink/inventory.h"
#include "packet/arp.h"
#include "packet/ndp.h"
#include "test/lab/capture.h"
#include "test/lab/clock.h"
#include "test/lab/network.h"

namespace komainu {

inline constexpr Duration patience = 10s;
inline constexpr Duration long_lease = 1h;
inline constexpr std::uint16_t port = 9694;
inline constexpr const char* announcements = "arp or icmp6[0] == 136";

inline const Prefix vip4 = parse_prefix("10.77.0.100/24").value();
inline const Prefix vip6 = parse_prefix("fd77::100/64").value();

inline LastWillBytes some_will() {
    LastWillBytes will;
    for (int i = 0; i < 100; ++i) will.push_back(static_cast<std::byte>(i));
    return will;
}

enum class Privileged : bool { no, yes };

// Main's side of a guard that runs on a host of the lab, and a peer that may get the last will.
class GuardedHost {
public:
    GuardedHost()
        : page_(std::move(make_lease_page().value())),
          announcements_(std::move(make_announcement_page().value())) {
        config.self = NodeId{1};
        config.nodes = {{.id = NodeId{1}, .addresses = {host.ipv4}},
                        {.id = NodeId{2}, .addresses = {peer.ipv4}}};
        config.heartbeat.port = port;
        config.vips = {{"main", vip4, "eth0"}, {"six", vip6, "eth0"}};
    }
    ~GuardedHost() {
        sockets_.main.close();
        if (pid_ > 0) kill(pid_, SIGKILL);
        if (pid_ > 0) waitpid(pid_, nullptr, 0);
    }

    void fork_guard(Privileged privileged = Privileged::yes) {
        sockets_ = std::move(make_channel().value());
        inbox_ = std::move(make_channel().value());
        pid_ = fork();
        if (pid_ == 0) {
            host.space.enter();
            sockets_.main.close();
            inbox_.main.close();
            if (privileged == Privileged::no && !drop_all_capabilities()) _exit(99);
            _exit(run_guard(config, std::move(sockets_.child), std::move(inbox_.child),
                            {*page_, *announcements_}, std::move(programs_)));
        }
        sockets_.child.close();
        inbox_.child.close();
    }
    void start() {
        fork_guard();
        ASSERT_TRUE(wait_for<ReadyReport>());
    }

    // Whether there is one; to be called before the start.
    bool load_fence() {
        auto fence = komainu::load_fence(config);
        if (!fence) return false;
        page_ = std::move(fence->page);
        programs_ = std::move(fence->programs);
        return true;
    }
    void use_no_fence() {
        programs_.reset();
        page_ = std::move(make_lease_page().value());
    }
    // How many of the fence's two hooks are in place on an interface.
    int fence_hooks(const char* interface = "eth0") {
        int found = 0;
        host.space.run([&] {
            auto filters = FilterSocket::open();
            const auto inventory = take_inventory();
            const LinkRecord* link = inventory.value().link(interface);
            for (const Hook hook : {Hook::ingress, Hook::egress})
                found += link && filters->is_there(link->interface, hook);
        });
        return found;
    }

    void order(const GuardOrder& order) {
        EXPECT_EQ(send_over(sockets_.main.get(), order), Sent::yes);
    }
    // As the runner does.
    void hand_over(int file) {
        const std::array message{std::byte{1}};
        const int files[] = {file};
        EXPECT_EQ(send_message(inbox_.main.get(), message, files), Sent::yes);
    }
    // Grants a lease and has the VIPs held.
    std::optional<HeldReport> hold(std::uint64_t round, Duration lease = long_lease) {
        lease_until = lab::now() + lease;
        EXPECT_TRUE(page_->grant(lease_until));
        order(HoldOrder{round, some_will()});
        return wait_for<HeldReport>();
    }

    // The next report of this kind; others before it are kept for later.
    template <class Report>
    std::optional<Report> wait_for(Duration limit = patience) {
        const Instant end = lab::now() + limit;
        for (;;) {
            for (auto i = reports_.begin(); i != reports_.end(); ++i) {
                const auto* found = std::get_if<Report>(&*i);
                if (!found) continue;
                Report report = *found;
                reports_.erase(i);
                return report;
            }
            if (lab::now() >= end || !receive_within(end - lab::now())) return {};
        }
    }

    std::optional<int> wait_for_exit() {
        int status = -1;
        const auto ended = [&] { return waitpid(pid_, &status, WNOHANG) == pid_; };
        if (!lab::wait_until(ended, patience)) return {};
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

    std::optional<AddressRecord> find(const Prefix& address) {
        std::optional<AddressRecord> found;
        host.space.run([&] {
            const auto inventory = take_inventory();
            for (const auto& a : inventory.value().addresses)
                if (a.address == address) found = a;
        });
        return found;
    }
    bool has(const Prefix& address) { return find(address).has_value(); }

    void shell(const std::string& command) {
        host.space.run([&] { EXPECT_EQ(std::system(command.c_str()), 0) << command; });
    }

    LeasePage& page() { return *page_; }
    // Frames that the guard says it has announced with, on eth0.
    std::uint64_t announced(AnnouncementPage::Protocol protocol) const {
        std::uint64_t sum = 0;
        announcements_->for_each([&](std::string_view interface, auto of, std::uint64_t frames) {
            if (interface == "eth0" && of == protocol) sum += frames;
        });
        return sum;
    }
    pid_t pid() const { return pid_; }
    void close_main_end() { sockets_.main.close(); }

    lab::Network network;
    lab::Host& host = network.add_host("guarded", 1);
    lab::Host& peer = network.add_host("peer", 2);
    Config config;
    Instant lease_until;

private:
    bool receive_within(Duration limit) {
        pollfd readable{sockets_.main.get(), POLLIN, 0};
        const auto ms = std::chrono::ceil<std::chrono::milliseconds>(limit).count();
        if (poll(&readable, 1, static_cast<int>(ms)) != 1) return false;
        bool received = false;
        receive_messages(sockets_.main.get(), [&](Bytes bytes, Descriptors&) {
            reports_.push_back(decode_report(bytes).value());
            received = true;
        });
        return received;
    }

    SharedLeasePage page_;
    SharedAnnouncementPage announcements_;
    std::optional<FencePrograms> programs_;
    ChannelEnds sockets_;
    ChannelEnds inbox_;  ///< "main" is the runner's end
    std::deque<GuardReport> reports_;
    pid_t pid_ = -1;
};

inline bool is_arp(const lab::Frame& frame, ArpForm form) {
    const auto packet = parse_arp(frame.bytes);
    return packet && is_announcement(*packet) && packet->form == form &&
           packet->sender_address == vip4.address;
}
inline bool is_arp_request(const lab::Frame& frame) { return is_arp(frame, ArpForm::request); }
inline bool is_arp_reply(const lab::Frame& frame) { return is_arp(frame, ArpForm::reply); }
inline bool is_advertisement(const lab::Frame& frame) {
    const auto packet = parse_advertisement(frame.bytes);
    return packet && packet->target == vip6.address && packet->override_flag &&
           !packet->solicited && packet->ethernet.destination == mac_all_nodes;
}

inline bool wait_for_number(const lab::Capture& capture, bool (*kind)(const lab::Frame&),
                            std::size_t n) {
    return lab::wait_until([&] { return capture.frames_matching(kind).size() >= n; }, patience);
}

}  // namespace komainu
