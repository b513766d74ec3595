// Clients of a Unix stream socket who send lines and get one line back for each.
//
// A client can do nothing to the loop but be served: everything about it is bounded, reads and
// writes never wait, and one that neither finishes its line nor takes its answer in time is closed.
// A client's next request is looked at when its last one was answered in full, so answers come in
// order and there is at most one request of each client to answer.
//
// Root, the own user and the own group may ask for anything. Those of one more group may be let in
// to look: which requests that is, the handler decides.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/loop.h"
#include "io/unix_listener.h"

namespace komainu {

/// One connection, of this moment: an answer to a client that has gone reaches nobody.
enum class ClientId : std::uint64_t {};

class StreamServer {
public:
    static constexpr std::size_t clients_max = 16;
    static constexpr std::size_t lookers_max = 4;  ///< of them: they must not keep out the others
    static constexpr std::size_t request_bytes_max = 4096;
    static constexpr std::size_t answer_bytes_max = 256 * 1024;
    static constexpr Duration patience = 5s;  ///< with a client that is not waiting for an answer

    using RequestHandler = std::function<void(ClientId, std::string_view line)>;

    /// The handler answers each request with one reply(), at once or at any later time. It is
    /// called in turns of the loop alone, never from within a reply().
    StreamServer(Loop& loop, UnixListener listener, RequestHandler on_request,
                 std::optional<gid_t> lookers = {});

    /// The line comes without its newline. Dropped when the client has gone.
    void reply(ClientId id, std::string line);

    /// Whether the client may do no more than look.
    bool may_only_look(ClientId id);

private:
    enum class Access : std::uint8_t { none, look, all };
    struct Client {
        Fd socket;
        Loop::Watch watch;
        std::uint64_t generation = 0;
        std::string unread;  // received and not yet a request
        std::string unsent;  // the rest of an answer
        Access access = Access::none;
        bool awaits_reply = false;
        bool in_handler = false;
        bool sends_no_more = false;  // it has shut its writing side down, and may still read
        Instant close_at_;           // moves with each request and answer, not with each byte
    };

    void accept_clients();
    void accept_client(Fd socket);
    void come_back_later();
    void on_ready(Client& client, std::uint32_t events);
    void receive(Client& client);
    void serve(Client& client);
    void refuse_long_request(Client& client);
    void queue(Client& client, std::string line);
    void flush(Client& client);
    void finish_turn(Client& client);
    void close(Client& client);
    void close_the_slow();
    void set_timer();
    Access access_of(const Fd& socket) const;
    bool has_place_for(Access access) const;

    ClientId id_of(const Client& client) const;
    Client* find(ClientId id);

    Loop& loop_;
    UnixListener listener_;
    RequestHandler on_request_;
    uid_t own_user_;
    gid_t own_group_;
    std::optional<gid_t> lookers_;
    std::array<Client, clients_max> clients_;
    Loop::Watch listening_;
    Loop::Timer patience_timer_;
    std::optional<Instant> listen_again_at_;  // set when descriptors ran out
};

}  // namespace komainu
