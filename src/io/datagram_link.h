// One link: the UDP socket on which a node's heartbeats, votes and releases travel, either to each
// peer (unicast) or as one datagram to a multicast group.
//
// What is lost is sent again by the protocol, so no error of sending or receiving is fatal: errors
// are counted by kind. Nothing is allocated after open(). The own address is always the source, so
// that a VIP never is.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/address.h"
#include "base/fd.h"
#include "base/result.h"
#include "io/link_socket.h"
#include "io/socket_address.h"

namespace komainu {

struct DatagramCounters {
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    std::uint64_t dropped = 0;         ///< by the kernel: from no peer, too long, damaged, no room
    std::uint64_t receive_errors = 0;  ///< an ICMP error or lack of memory, reported by a read
    std::uint64_t unreachable = 0;     ///< not sent: no route, network or host or link down
    std::uint64_t forbidden = 0;       ///< not sent: a packet filter or a policy said no
    std::uint64_t no_room = 0;         ///< not sent: the queue to the interface was full
    std::uint64_t other_send_errors = 0;
    int last_send_error = 0;  ///< errno

    DatagramCounters& operator+=(const DatagramCounters& other);
};

class DatagramLink {
public:
    static constexpr std::size_t datagram_bytes_max = 2048;
    static constexpr std::size_t batch_datagrams = 32;
    /// Of one receive(). A flood must not keep the loop from its deadlines, yet all that waited
    /// when the loop woke up must be heard before it judges: more does not fit in the buffer.
    static constexpr std::size_t receive_datagrams_max = 4096;

    static Result<DatagramLink> open(const DatagramLinkOptions& options);
    /// One whose address or interface is not there yet: nothing comes or goes until reopen().
    explicit DatagramLink(const DatagramLinkOptions& options);
    DatagramLink(DatagramLink&&) noexcept;
    DatagramLink& operator=(DatagramLink&&) noexcept;
    ~DatagramLink();

    bool is_open() const { return static_cast<bool>(socket_); }
    int fd() const { return socket_.get(); }

    /// The one that the link is tied to; empty when it is tied to none.
    std::string_view interface() const { return interface_.name(); }

    /// A multicast membership is one of an interface of the kernel's. True when another one has
    /// taken that one's name and has the own address by now: nothing comes or goes here any more,
    /// until reopen().
    bool interface_was_replaced() const {
        return is_open() && interface_.was_replaced(options_.own);
    }

    /// Opens a socket on the interface that is there now. fd() is another one afterwards, or none
    /// when it failed.
    Status reopen();
    const DatagramCounters& counters() const;

    /// To every peer, in one system call. Never blocks.
    void send_all(std::span<const std::byte> datagram);

    /// To the peer that stood at this index in the options; with multicast, to the group.
    void send_to(std::size_t peer, std::span<const std::byte> datagram);

    /// Calls f(bytes, source) for every datagram that is waiting, `const Endpoint&` the source. The
    /// bytes are gone when f returns. What a flood leaves over is for the next wake-up.
    template <class F>
    void receive(F&& f) {
        for (std::size_t total = 0; total < receive_datagrams_max; total += batch_datagrams) {
            const std::size_t count = receive_batch();
            for (std::size_t i = 0; i < count; ++i) f(received(i), source(i));
            if (count < batch_datagrams) return;
        }
    }

private:
    struct Buffers;  // what the kernel is handed; it must not move

    void send(std::size_t first, std::size_t end, std::span<const std::byte> datagram);
    std::size_t receive_batch();
    std::span<const std::byte> received(std::size_t i);
    Endpoint source(std::size_t i) const;
    std::uint64_t dropped() const;

    Fd socket_;
    std::unique_ptr<Buffers> buffers_;
    DatagramLinkOptions options_;
    TiedInterface interface_;
};

}  // namespace komainu
