#include "test/lab/tap.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <pcap/pcap.h>
#include <sys/socket.h>

#include <cstring>
#include <memory>

#include "test/lab/clock.h"
#include "test/lab/fail.h"

namespace komainu::lab {

namespace {

constexpr int receive_buffer_bytes = 8 * 1024 * 1024;

void set_option(const Fd& socket, int level, int option, const void* value, socklen_t size,
                const char* what) {
    must(::setsockopt(socket.get(), level, option, value, size), what);
}

/// The kernel's filters and libpcap's are the same instructions.
void attach_filter(const Fd& socket, const std::string& filter) {
    const std::unique_ptr<pcap_t, decltype(&pcap_close)> ethernet(
        pcap_open_dead(DLT_EN10MB, static_cast<int>(sizeof(sockaddr_storage) * 16)), pcap_close);
    bpf_program program{};
    if (pcap_compile(ethernet.get(), &program, filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0)
        fail(filter + ": " + pcap_geterr(ethernet.get()));
    sock_fprog instructions{static_cast<unsigned short>(program.bf_len), nullptr};
    static_assert(sizeof(sock_filter) == sizeof(bpf_insn));
    std::memcpy(&instructions.filter, &program.bf_insns, sizeof instructions.filter);
    set_option(socket, SOL_SOCKET, SO_ATTACH_FILTER, &instructions, sizeof instructions,
               "SO_ATTACH_FILTER");
    pcap_freecode(&program);
}

/// Of no protocol, and so deaf, until all is set.
Fd tapping_socket(const std::string& filter) {
    Fd socket(
        must(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "packet socket"));
    const int on = 1;
    if (::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer_bytes,
                     sizeof receive_buffer_bytes) != 0)
        set_option(socket, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
                   sizeof receive_buffer_bytes, "SO_RCVBUF");
    set_option(socket, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on, "SO_TIMESTAMPNS");
    set_option(socket, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on,
               "PACKET_IGNORE_OUTGOING");
    attach_filter(socket, filter);
    sockaddr_ll everywhere{};
    everywhere.sll_family = AF_PACKET;
    everywhere.sll_protocol = htons(ETH_P_ALL);
    must(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&everywhere), sizeof everywhere),
         "bind of a packet socket");
    return socket;
}

Duration stamp_of(msghdr& message) {
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
        timespec stamp{};
        std::memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
        return std::chrono::seconds(stamp.tv_sec) + std::chrono::nanoseconds(stamp.tv_nsec);
    }
    fail("a frame without a stamp");
}

}  // namespace

Tap::Tap(const Network& network, const std::string& filter)
    : wall_clock_offset_(wall_clock_offset()) {
    network.space().run([&] { socket_ = tapping_socket(filter); });
}

std::optional<TappedFrame> Tap::next() {
    while (true) {
        alignas(cmsghdr) std::array<char, 256> control;
        sockaddr_ll from{};
        iovec part{bytes_.data(), bytes_.size()};
        msghdr message{};
        message.msg_name = &from;
        message.msg_namelen = sizeof from;
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        const auto received = ::recvmsg(socket_.get(), &message, 0);
        if (received < 0) {
            fail_when_frames_were_lost();
            return {};
        }
        const int host = from.sll_ifindex - Network::first_port_index;
        if (host < 1 || host > hosts_max) continue;  // the bridge itself
        return TappedFrame{Instant(stamp_of(message) - wall_clock_offset_), host,
                           std::span(bytes_).first(static_cast<std::size_t>(received))};
    }
}

void Tap::fail_when_frames_were_lost() {
    tpacket_stats statistics{};
    socklen_t size = sizeof statistics;
    must(::getsockopt(socket_.get(), SOL_PACKET, PACKET_STATISTICS, &statistics, &size),
         "PACKET_STATISTICS");
    if (statistics.tp_drops > 0) fail("the tap lost frames");
}

}  // namespace komainu::lab
