// A client's view of a VIP: asks the whole LAN who has it (RFC 826), every 10 ms, and prints a line
// for each answer, "question milliseconds hardware-address". Each question comes from a hardware
// address of its own, to which the answers go: two hosts that answer one question both have the
// VIP.
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cstdio>

#include "packet/arp.h"
#include "packet/frame_socket.h"
#include "test/lab/clock.h"
#include "test/lab/fail.h"

namespace komainu::lab {
namespace {

constexpr Duration asks_every = 10ms;
/// After so many an address is used again: long after the answers have come.
constexpr std::size_t askers = 256;

struct Question {
    std::uint64_t number = 0;
    Instant asked;
};

MacAddress asker(std::uint64_t question) {
    return {{0x02, 0x6b, 0x6f, 0x6d, 0x00, static_cast<std::uint8_t>(question % askers)}};
}

/// Hears ARP only, also what is for the askers, of which the interface knows nothing.
Fd arp_socket(int interface) {
    Fd socket(must(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket"));
    packet_mreq promiscuous{};
    promiscuous.mr_ifindex = interface;
    promiscuous.mr_type = PACKET_MR_PROMISC;
    must(::setsockopt(socket.get(), SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous,
                      sizeof promiscuous),
         "PACKET_ADD_MEMBERSHIP");
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ethertype_arp);
    address.sll_ifindex = interface;
    must(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
    return socket;
}

class Prober {
public:
    Prober(int interface, const IpAddress& vip)
        : interface_(interface),
          vip_(vip),
          in_(arp_socket(interface)),
          out_(std::move(FrameSocket::open()).value()) {}

    void ask() {
        const std::uint64_t number = ++asked_;
        questions_[number % askers] = {number, now()};
        const ArpFrame frame = arp_probe(asker(number), vip_);
        const OutgoingFrame outgoing{interface_, frame};
        out_.send({&outgoing, 1});
    }

    void hear_until(Instant end) {
        for (Duration left = end - now(); left > 0ns; left = end - now()) {
            pollfd readable{in_.get(), POLLIN, 0};
            const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
            if (::poll(&readable, 1, static_cast<int>(ms)) != 1) return;
            std::array<std::byte, 2048> bytes;
            const auto size = ::recv(in_.get(), bytes.data(), bytes.size(), 0);
            if (size > 0) hear({bytes.data(), static_cast<std::size_t>(size)});
        }
    }

private:
    void hear(Bytes frame) const {
        const auto packet = parse_arp(frame);
        if (!packet || packet->form != ArpForm::reply || packet->sender_address != vip_) return;
        const Question& question = questions_[packet->target_mac.bytes[5]];
        if (packet->target_mac != asker(question.number)) return;
        std::printf("%llu %lld %s\n", static_cast<unsigned long long>(question.number),
                    static_cast<long long>(nanoseconds(question.asked) / 1'000'000),
                    to_string(packet->sender_mac).c_str());
    }

    int interface_;
    IpAddress vip_;
    Fd in_;
    FrameSocket out_;
    std::uint64_t asked_ = 0;
    std::array<Question, askers> questions_{};
};

[[noreturn]] void probe(int interface, const IpAddress& vip) {
    Prober prober(interface, vip);
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    prefer_this_thread();
    Instant next = now();
    while (true) {
        prober.ask();
        next = std::max(next + asks_every, now());
        prober.hear_until(next);
    }
}

}  // namespace
}  // namespace komainu::lab

int main(int argc, char** argv) {
    using namespace komainu;
    const auto vip = argc == 3 ? parse_address(argv[2]) : std::nullopt;
    const int interface = argc == 3 ? static_cast<int>(if_nametoindex(argv[1])) : 0;
    if (!vip || interface == 0) {
        std::fprintf(stderr, "usage: systemd-prober INTERFACE IPV4-ADDRESS\n");
        return 2;
    }
    lab::probe(interface, *vip);
}
