// One TCP connection between two nodes: what is received waits in a buffer until it is taken from
// the front, what cannot be sent at once waits in another. Both are bounded, and a peer that does
// not read is one that has gone. Nothing blocks, and nothing is allocated once it is made.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/address.h"
#include "base/fd.h"
#include "base/result.h"
#include "base/time.h"
#include "io/link_socket.h"

namespace komainu {

/// What is unacknowledged for so long has found nobody (tcp(7), TCP_USER_TIMEOUT).
inline constexpr Duration tcp_patience = 3s;

class TcpConnection {
public:
    /// Of one wake-up: what more has come is for the next, so that heartbeats do not wait for it.
    static constexpr std::size_t received_bytes_max = 32 * 1024;
    static constexpr std::size_t unsent_bytes_max = 64 * 1024;

    /// One that was accepted.
    explicit TcpConnection(Fd socket);
    /// Begins one to that address, from the own one of the link.
    static Result<TcpConnection> dial(const DatagramLinkOptions& link, const IpAddress& to);

    int fd() const { return socket_.get(); }
    /// What epoll is to wait for.
    std::uint32_t wanted_events() const;
    bool is_connecting() const { return connecting_; }

    /// After epoll has reported that. The error is the end of the connection.
    Status on_ready(std::uint32_t events);

    std::span<const std::byte> received() const;
    void drop_received(std::size_t bytes);

    /// Sends, or puts what does not go out behind what waits. False: there is no room for it, or
    /// the connection is at its end.
    bool send(std::span<const std::byte> bytes);
    bool has_unsent() const { return unsent_end_ > unsent_begin_; }

private:
    Status finish_connecting();
    Status receive();
    Status flush();

    Fd socket_;
    bool connecting_ = false;
    std::vector<std::byte> received_;
    std::size_t received_begin_ = 0;
    std::size_t received_end_ = 0;
    std::vector<std::byte> unsent_;
    std::size_t unsent_begin_ = 0;
    std::size_t unsent_end_ = 0;
};

/// Where connections to one of the own addresses come in. Where it is permitted, the kernel drops
/// what is not from one of the link's peers before it answers anything; whoever accepts looks
/// again.
class TcpListener {
public:
    /// One whose address or interface is not there yet: nobody can connect until reopen().
    explicit TcpListener(DatagramLinkOptions link);
    static Result<TcpListener> open(const DatagramLinkOptions& link);

    const DatagramLinkOptions& link() const { return link_; }
    bool is_open() const { return static_cast<bool>(socket_); }
    int fd() const { return socket_.get(); }

    /// It is tied to an interface whose name and address another has by now.
    bool interface_was_replaced() const { return is_open() && interface_.was_replaced(link_.own); }
    /// fd() is another one afterwards, or none when it failed.
    Status reopen();

    struct Accepted {
        Fd socket;
        Endpoint from;
    };
    /// Nothing when nobody waits. An error is one of this host: no descriptors, no memory.
    Result<std::optional<Accepted>> accept();

private:
    DatagramLinkOptions link_;
    Fd socket_;
    TiedInterface interface_;
};

}  // namespace komainu
