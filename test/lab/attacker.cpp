#include "test/lab/attacker.h"

#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "io/socket_address.h"
#include "test/lab/clock.h"
#include "test/lab/fail.h"

namespace komainu::lab {

namespace {

// Where things stand in a frame that carries UDP over IPv4 without options.
constexpr std::size_t sender_at = 26;
constexpr std::size_t payload_at = 42;
constexpr std::size_t type_at = 5;  // in the payload

constexpr std::size_t volley_max = 64;
constexpr Duration volley_every = 1ms;

/// The kernel fills in what is zero here; a UDP checksum of zero means that there is none.
std::vector<std::byte> packet_of(const Datagram& datagram, const IpAddress& to) {
    iphdr ip{};
    ip.version = 4;
    ip.ihl = sizeof ip / 4;
    ip.ttl = 64;
    ip.protocol = IPPROTO_UDP;
    std::memcpy(&ip.saddr, datagram.sender.bytes.data(), sizeof ip.saddr);
    std::memcpy(&ip.daddr, to.bytes.data(), sizeof ip.daddr);
    udphdr udp{};
    udp.source = htons(heartbeat_port);
    udp.dest = htons(heartbeat_port);
    udp.len = htons(static_cast<std::uint16_t>(sizeof udp + datagram.payload.size()));

    std::vector<std::byte> packet(sizeof ip + sizeof udp);
    std::memcpy(packet.data(), &ip, sizeof ip);
    std::memcpy(packet.data() + sizeof ip, &udp, sizeof udp);
    packet.insert(packet.end(), datagram.payload.begin(), datagram.payload.end());
    return packet;
}

/// Packets as sendmmsg wants them. It must not move.
class Magazine {
public:
    explicit Magazine(std::span<const Shot> shots) {
        packets_.reserve(shots.size());
        names_.reserve(shots.size());
        places_.reserve(shots.size());
        for (const Shot& shot : shots) {
            auto& packet = packets_.emplace_back(packet_of(shot.datagram, shot.to));
            auto& place = places_.emplace_back(iovec{packet.data(), packet.size()});
            auto& name = names_.emplace_back(Endpoint{shot.to, 0});
            mmsghdr message{};
            message.msg_hdr.msg_name = &name;
            message.msg_hdr.msg_namelen = name.size();
            message.msg_hdr.msg_iov = &place;
            message.msg_hdr.msg_iovlen = 1;
            messages_.push_back(message);
        }
    }
    Magazine(const Magazine&) = delete;
    Magazine& operator=(const Magazine&) = delete;

    /// Up to so many from the next one on. Returns how many were sent.
    std::size_t shoot(const Fd& socket, std::size_t count) {
        count = std::min({count, volley_max, messages_.size() - next_});
        const int sent =
            ::sendmmsg(socket.get(), &messages_[next_], static_cast<unsigned>(count), 0);
        // A full queue of the interface is no reason to stop.
        next_ = (next_ + count) % messages_.size();
        return static_cast<std::size_t>(std::max(sent, 0));
    }

private:
    std::vector<std::vector<std::byte>> packets_;
    std::vector<SocketAddress> names_;
    std::vector<iovec> places_;
    std::vector<mmsghdr> messages_;
    std::size_t next_ = 0;
};

}  // namespace

int type_of(const Datagram& datagram) { return std::to_integer<int>(datagram.payload.at(type_at)); }

std::vector<Datagram> datagrams_of(const std::vector<Frame>& frames) {
    std::vector<Datagram> datagrams;
    for (const Frame& frame : frames) {
        if (frame.bytes.size() < payload_at) continue;
        Datagram datagram{{}, Payload(frame.bytes.begin() + payload_at, frame.bytes.end())};
        std::memcpy(datagram.sender.bytes.data(), frame.bytes.data() + sender_at,
                    datagram.sender.size());
        datagrams.push_back(std::move(datagram));
    }
    return datagrams;
}

Attacker::Attacker(const Host& host) {
    host.space.run([this] {
        socket_ = Fd(must(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW), "raw"));
    });
}

void Attacker::send(const Datagram& datagram, const Host& to) const {
    const auto packet = packet_of(datagram, to.ipv4);
    const SocketAddress name({to.ipv4, 0});
    must(::sendto(socket_.get(), packet.data(), packet.size(), 0, &name.generic, name.size()),
         "sending as an attacker");
}

std::uint64_t Attacker::flood(const std::stop_token& stop, std::span<const Shot> shots,
                              std::uint64_t a_second) const {
    Magazine magazine(shots);
    std::uint64_t sent = 0;
    const Instant began = now();
    while (!stop.stop_requested()) {
        const auto elapsed = std::chrono::duration<double>(now() - began).count();
        const auto due = a_second == 0
                             ? sent + volley_max
                             : static_cast<std::uint64_t>(elapsed * static_cast<double>(a_second));
        if (due <= sent) {
            sleep_for(volley_every);
            continue;
        }
        sent += magazine.shoot(socket_, due - sent);
    }
    return sent;
}

}  // namespace komainu::lab
