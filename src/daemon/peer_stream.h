// One stream to or from a peer: a connection, what travels on it, and how far it has come. Whom to
// dial, whom to accept and what the messages bring about is for PeerStreams.
#pragma once

#include <string>

#include "io/loop.h"
#include "io/tcp_connection.h"
#include "packet/peer_channel.h"

namespace komainu {

struct PeerStream {
    enum class State : std::uint8_t {
        opening,  ///< connecting, and until both ends are proven
        joined,   ///< by JoinAccepted
        closed,   ///< to be told and forgotten in this wake-up
    };

    PeerStream(End own, const PeerChannel::Self& self, const PeerChannel::Other& other,
               const KeyRing& keys, std::size_t by, TcpConnection made, Instant now)
        : end(own),
          node(other.node),
          link(by),
          connection(std::move(made)),
          channel(own, self, other, keys),
          opened_at(now),
          heard_at(now),
          sent_at(now) {}

    bool is_closed() const { return state == State::closed; }

    /// False: it has to be closed, since the peer does not read, or has gone.
    bool send(Bytes bytes, Instant now) {
        sent_at = now;
        const bool sent = connection.send(bytes);
        if (sent && watch) wait_for_more();
        return sent;
    }

    /// Tells epoll what the connection waits for by now.
    void wait_for_more() {
        const std::uint32_t wanted = connection.wanted_events();
        if (std::exchange(watched_events, wanted) != wanted) watch.change(wanted);
    }

    const End end;
    const NodeId node;       ///< whose address it is
    const std::size_t link;  ///< index
    TcpConnection connection;
    PeerChannel channel;
    Loop::Watch watch;  ///< dies before the connection
    std::uint32_t watched_events = 0;
    State state = State::opening;
    bool info_said = false;
    bool info_taken = false;  ///< the other end's ServerInfo
    bool has_joined = false;
    bool told_up = false;  ///< and not yet down
    Instant opened_at;
    Instant heard_at;  ///< a genuine frame
    Instant sent_at;
    std::string why_closed;
};

}  // namespace komainu
