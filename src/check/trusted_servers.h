// Whether the network works, as hosts outside of the cluster tell: each trusted server is pinged
// once a second. While none of them answers the fault is on our side, and this node is not fit to
// be active. Their answers are also half of the arbiter's word (daemon/arbiter.h).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "base/address.h"
#include "check/damper.h"
#include "io/echo_socket.h"
#include "io/loop.h"

namespace komainu {

class TrustedServers {
public:
    /// A ping counts as failed when it is not answered before the next one.
    static constexpr Duration interval = 1s;
    static constexpr int rise = 1;
    static constexpr int fall = 3;

    /// Called when the first answers, and when none answers any more. Must not destroy this.
    using Changed = std::function<void(bool reachable)>;

    /// One socket for each family that a server is of.
    static Result<std::vector<EchoSocket>> open_sockets(std::span<const IpAddress> servers);

    TrustedServers(Loop& loop, std::vector<EchoSocket> sockets, std::span<const IpAddress> servers,
                   Changed changed);

    /// Begins to ask. Until the first answer none is reachable.
    void start() { next_round(); }

    bool reachable() const { return reachable_; }
    /// Why reachable() is false, with the names of all.
    std::string reason() const;

    /// Asks all of them out of turn.
    void ask_now();
    /// Whether one of them has answered what it was asked since then.
    bool answered_since(Instant then) const;

    struct View {
        IpAddress address;
        bool answers = false;
    };
    std::vector<View> view() const;

private:
    struct Server {
        IpAddress address;
        EchoSocket* socket = nullptr;
        Damper damper{rise, fall};
        std::uint64_t token = 0;               ///< of the newest ping; only its reply counts
        std::optional<Instant> asked_at = {};  ///< in the last round
        std::optional<Instant> answered_at = {};
    };

    void next_round();
    void ping(Server& server);
    void receive(EchoSocket& socket);
    void judge();

    Loop& loop_;
    Changed changed_;
    std::vector<EchoSocket> sockets_;
    std::vector<Server> servers_;
    std::mt19937_64 tokens_;  ///< its seed is nobody else's to know
    bool reachable_ = false;
    Loop::Timer round_;
    std::vector<Loop::Watch> watches_;
};

}  // namespace komainu
