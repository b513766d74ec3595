// A socket for pings of one family: unprivileged where net.ipv4.ping_group_range permits it
// (icmp(7)), else a raw one, which takes CAP_NET_RAW when it is opened and not afterwards. Never
// blocks.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "base/address.h"
#include "base/fd.h"
#include "base/result.h"

namespace komainu {

class EchoSocket {
public:
    static constexpr std::size_t datagram_bytes_max = 256;
    /// Of one receive(): a raw socket is given the replies to everybody's pings.
    static constexpr std::size_t receive_datagrams_max = 64;

    static Result<EchoSocket> open(Family family);

    int fd() const { return socket_.get(); }
    Family family() const { return family_; }
    /// Whether what is received begins with an IPv4 header.
    bool gives_ip_header() const { return raw_ && family_ == Family::ipv4; }

    /// What could not be sent counts as not answered.
    void send(const IpAddress& to, std::span<const std::byte> message);

    /// Calls f(bytes, source) for what is waiting. The bytes are gone when f returns.
    template <class F>
    void receive(F&& f) {
        std::array<std::byte, datagram_bytes_max> room;
        IpAddress source;
        for (std::size_t i = 0; i < receive_datagrams_max; ++i) {
            const auto received = receive_one(room, source);
            if (received.empty()) return;
            f(received, source);
        }
    }

private:
    EchoSocket(Fd socket, Family family, bool raw)
        : socket_(std::move(socket)), family_(family), raw_(raw) {}
    std::span<const std::byte> receive_one(std::span<std::byte> room, IpAddress& source);

    Fd socket_;
    Family family_;
    bool raw_;
};

}  // namespace komainu
