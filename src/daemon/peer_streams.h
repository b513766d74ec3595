// The streams between the active and each of the others (packet/hello.h tells their bytes). Who
// follows an active dials it, on one link after the other until one works; the active accepts, and
// nobody else does. The accepter compares the VIP settings of who joins with its own, and refuses
// with a reason if they differ.
//
// A stream on which nothing genuine comes for silence_max is cut off, and so is one that does not
// take what it is sent. Strangers who have no peer's address are kept out by the kernel where
// that is permitted, else closed as they come; with one they get as many connections that have
// proven nothing as that peer has places, and they push out one another, and no stream that works.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "conf/config.h"
#include "core/ledger_message.h"
#include "daemon/peer_stream.h"
#include "daemon/refusal_log.h"

namespace komainu {

/// What a peer has said of itself on its newest stream.
struct PeerFacts {
    std::string host_name;
    std::string software_version;
    std::uint16_t service_port = 0;  ///< 0: not known
};

/// One for each link of the configuration. Those that may come later are closed; what cannot be
/// right is an error.
Result<std::vector<TcpListener>> open_listeners(const Config& config);

class PeerStreams {
public:
    static constexpr Duration keepalive_every = 1s;
    static constexpr Duration silence_max = 3 * keepalive_every;
    static constexpr Duration opening_max = 1500ms;  ///< from connecting to having joined
    static constexpr Duration dial_pause = 500ms;    ///< when no link has worked
    static constexpr Duration refused_pause = 2s;    ///< until the other end may have been mended
    static constexpr std::size_t opening_per_peer_max = 2;
    static constexpr std::size_t opening_in_all_max = 32;  ///< the loop has room for no more
    static constexpr std::size_t accepted_per_wake_up_max = 16;

    /// None of them is called from within follow(), set_active() or send(). For each up() there is
    /// one down() before the next up() of that node.
    struct Handlers {
        std::function<void(NodeId)> up;
        std::function<void(NodeId)> down;
        std::function<void(NodeId, const LedgerMessage&)> heard;
        /// The active refuses this node for its VIP settings; empty: it does not any more.
        std::function<void(const std::string& reason)> refused;
        /// The incarnation of a node that its heartbeats have proven, if any.
        std::function<Incarnation(NodeId)> proven;
    };

    struct Self {
        Incarnation incarnation = no_incarnation;
        std::string host_name;
    };

    /// The configuration and the ring are looked at for as long as this lives.
    PeerStreams(Loop& loop, const Config& config, Self self, const KeyRing& keys,
                std::vector<TcpListener> listeners, RefusalLog& refusal_log, Handlers handlers);

    /// Begins to listen, and looks after the listeners.
    void start();
    /// New streams are opened with these keys. Those that have joined have keys of their own.
    void use(const KeyRing& keys);

    /// Whom to have a stream to: the active; no_node: nobody.
    void follow(NodeId active);
    /// Whether this node is the active, and so accepts streams.
    void set_active(bool active);
    /// The own VIP settings may be others now. Streams stay; who was refused tries again at once.
    void settings_changed();

    /// False when there is no stream to that node.
    bool send(NodeId to, const LedgerMessage& message);

    const std::string& host_name() const { return self_.host_name; }
    std::uint64_t joined() const { return joined_; }  ///< streams, since the start
    /// The index of the link of a stream that is up.
    std::optional<std::size_t> link_of(NodeId node) const;
    const PeerFacts* facts_of(NodeId node) const;
    /// Of this node, by the active that it follows, or that was the last for a while: a node that
    /// is not refused is to take over from it, but if all are, one of them. Empty: it is not
    /// refused.
    const std::string& refusal() const { return refusal_; }
    /// Who is refused by this node, and why.
    const std::map<NodeId, std::string>& refused() const { return refused_; }
    /// Why there is no stream to the active, after all links were tried; empty: there is one.
    const std::string& dial_trouble() const { return dial_trouble_; }

private:
    struct Listening {
        TcpListener listener;
        Loop::Watch watch = {};
        std::string trouble = {};  ///< as it was told
    };

    // Whom there is a connection with (peer_streams.cpp).
    void follow_listener(std::size_t link);
    void accept_some(std::size_t link);
    void accept(std::size_t link, TcpListener::Accepted accepted);
    void make_place_for(NodeId node);
    PeerStream* one_too_many(std::optional<NodeId> node, std::size_t max) const;
    void dial();
    bool dial_by(std::size_t link);
    void dial_failed(std::size_t link, const std::string& why);
    void dialed_ended(const PeerStream& stream);
    void add(std::unique_ptr<PeerStream> stream);
    std::unique_ptr<PeerStream> make(End end, NodeId node, std::size_t link,
                                     TcpConnection connection) const;
    PeerStream* find_joined(NodeId node) const;
    PeerStream* find_dialed() const;
    void close(PeerStream& stream, std::string why);
    void bury(PeerStream& stream);
    void bury_closed();
    void on_timer();
    void judge(PeerStream& stream);
    Instant deadline_of(const PeerStream& stream) const;
    void set_timer();

    // What is said on it (peer_talk.cpp).
    void on_ready(PeerStream& stream, std::uint32_t events);
    void take_all(PeerStream& stream);
    void take_refusal(PeerStream& stream);
    void take_frame(PeerStream& stream);
    void take(PeerStream& stream, const ServerInfo& info);
    void take(PeerStream& stream, const JoinAccepted& accepted);
    void take(PeerStream& stream, const JoinRefused& refused);
    void take(PeerStream& stream, const LedgerMessage& message);
    void admit(PeerStream& stream, const ServerInfo& info);
    void refuse(PeerStream& stream, JoinRefusal why, const std::string& reason);
    void join(PeerStream& stream);
    void cut_off(PeerStream& stream, StreamRefusal why);
    bool say(PeerStream& stream, const PeerMessage& message);
    ServerInfo own_info() const;
    void set_refusal(std::string reason);

    Loop& loop_;
    const Config& config_;
    Self self_;
    const KeyRing* keys_;
    RefusalLog& refusals_;
    Handlers handlers_;
    std::vector<Listening> listening_;
    std::vector<std::unique_ptr<PeerStream>> streams_;
    bool active_ = false;
    NodeId followed_ = no_node;
    std::optional<Instant> dial_at_;  ///< set while there is somebody to dial and nobody is dialed
    std::size_t dial_link_ = 0;       ///< the next to be tried
    std::size_t dials_failed_ = 0;    ///< in a row
    std::optional<Instant> undialed_since_;  ///< a stream has been wanted and missing
    std::string dial_trouble_;
    std::string refusal_;
    std::optional<Instant> refusal_void_at_;  ///< nobody is active, and so nobody takes it back
    std::uint64_t joined_ = 0;
    std::map<NodeId, PeerFacts> facts_;
    std::map<NodeId, std::string> refused_;
    std::optional<Instant> listeners_due_;  ///< to be looked after
    Loop::Timer timer_;
    PeerMessage message_;                          ///< filled in place by each frame
    std::array<std::byte, frame_bytes_max> room_;  ///< for each frame that is sent
};

}  // namespace komainu
