#include "daemon/peer_streams.h"

#include <sodium.h>

#include <algorithm>

#include "daemon/links.h"
#include "io/log.h"

namespace komainu {

namespace {

constexpr Duration listeners_followed_every = 500ms;
/// Deadlines that come soon after one another are judged at once, which saves wake-ups.
constexpr Duration judged_at_most_every = 100ms;
/// A dialed stream that lived for less is not dialed again at once.
constexpr Duration short_life = 1s;
/// Without a stream to the active for so long: worth a line. A take-over takes less.
constexpr Duration missed_after = 3s;
/// With nobody active for so long, and two deadtimes: those whom the last one did not refuse would
/// have taken over.
constexpr Duration refusal_outlives = 3s;

NodeId node_with(const Config& config, std::size_t link, const IpAddress& address) {
    for (const NodeConfig& node : config.nodes)
        if (node.addresses[link] == address) return node.id;
    return no_node;
}

}  // namespace

Result<std::vector<TcpListener>> open_listeners(const Config& config) {
    std::vector<TcpListener> listeners;
    for (std::size_t link = 0; link < config.link_count(); ++link) {
        const auto options = options_of(config, link);
        auto opened = TcpListener::open(options);
        if (!opened && !may_come_later(opened.error())) return opened.error();
        listeners.push_back(opened ? std::move(*opened) : TcpListener(options));
    }
    return listeners;
}

PeerStreams::PeerStreams(Loop& loop, const Config& config, Self self, const KeyRing& keys,
                         std::vector<TcpListener> listeners, RefusalLog& refusal_log,
                         Handlers handlers)
    : loop_(loop),
      config_(config),
      self_(std::move(self)),
      keys_(&keys),
      refusals_(refusal_log),
      handlers_(std::move(handlers)),
      timer_(loop, [this] { on_timer(); }) {
    for (TcpListener& listener : listeners) listening_.push_back({std::move(listener)});
    streams_.reserve(config.nodes.size() * (opening_per_peer_max + 1));
}

void PeerStreams::start() {
    for (std::size_t link = 0; link < listening_.size(); ++link) follow_listener(link);
    listeners_due_ = loop_.now() + listeners_followed_every;
    set_timer();
}

/// Those that have not joined yet still look at the old ring.
void PeerStreams::use(const KeyRing& keys) {
    keys_ = &keys;
    for (const auto& stream : streams_)
        if (stream->state == PeerStream::State::opening) close(*stream, "the keys have changed");
}

void PeerStreams::follow(NodeId active) {
    if (active == followed_) return;
    followed_ = active;
    if (PeerStream* dialed = find_dialed()) close(*dialed, "another node is active");
    dial_link_ = dials_failed_ = 0;
    dial_trouble_.clear();
    dial_at_.reset();
    undialed_since_.reset();
    refusal_void_at_.reset();
    if (active != no_node)
        dial_at_ = undialed_since_ = loop_.now();
    else if (!refusal_.empty())
        refusal_void_at_ = loop_.now() + refusal_outlives + 2 * config_.heartbeat.deadtime;
    set_timer();
}

void PeerStreams::set_active(bool active) {
    if (active == active_) return;
    active_ = active;
    refused_.clear();
    for (const auto& stream : streams_)
        if (!active && stream->end == End::accepter) close(*stream, "this node is not active");
    set_timer();
}

void PeerStreams::settings_changed() {
    if (refusal_.empty()) return;
    set_refusal("");
    if (followed_ != no_node && !find_dialed()) dial_at_ = loop_.now();
    set_timer();
}

bool PeerStreams::send(NodeId to, const LedgerMessage& message) {
    PeerStream* stream = find_joined(to);
    return stream && say(*stream, message);
}

// --- What is known ------------------------------------------------------------------------------

PeerStream* PeerStreams::find_joined(NodeId node) const {
    for (const auto& stream : streams_)
        if (stream->node == node && stream->state == PeerStream::State::joined) return stream.get();
    return nullptr;
}

PeerStream* PeerStreams::find_dialed() const {
    for (const auto& stream : streams_)
        if (stream->end == End::dialer && stream->state != PeerStream::State::closed)
            return stream.get();
    return nullptr;
}

std::optional<std::size_t> PeerStreams::link_of(NodeId node) const {
    if (const PeerStream* stream = find_joined(node)) return stream->link;
    return {};
}

const PeerFacts* PeerStreams::facts_of(NodeId node) const {
    const auto found = facts_.find(node);
    return found == facts_.end() ? nullptr : &found->second;
}

// --- Accepting ----------------------------------------------------------------------------------

void PeerStreams::follow_listener(std::size_t link) {
    auto& [listener, watched, trouble] = listening_[link];
    if (!listener.is_open() || listener.interface_was_replaced()) {
        watched.clear();
        if (Status opened = listener.reopen(); !opened) {
            if (opened.error().what != trouble && !may_come_later(opened.error()))
                log_event(LogEvent::link_unusable, {.link = link + 1},
                          "link {}: {}; nobody can join by it", link + 1, opened.error().what);
            trouble = opened.error().what;
            return;
        }
    }
    trouble.clear();
    if (!watched)
        watched =
            loop_.watch(listener.fd(), EPOLLIN, [this, link](std::uint32_t) { accept_some(link); });
}

/// Without descriptors whoever waits stays in the backlog, and the loop would wake up for it again
/// at once: the listeners are looked after in a while.
void PeerStreams::accept_some(std::size_t link) {
    for (std::size_t i = 0; i < accepted_per_wake_up_max; ++i) {
        auto accepted = listening_[link].listener.accept();
        if (!accepted) {
            listening_[link].watch.clear();
            return log_event(LogEvent::link_unusable, {.link = link + 1}, "link {}: {}", link + 1,
                             accepted.error().what);
        }
        if (!accepted.value()) return;
        accept(link, std::move(**accepted));
    }
}

void PeerStreams::accept(std::size_t link, TcpListener::Accepted accepted) {
    const NodeId node = node_with(config_, link, accepted.from.address);
    if (node == no_node || node == config_.self) return;
    make_place_for(node);
    add(make(End::accepter, node, link, TcpConnection(std::move(accepted.socket))));
}

/// The oldest of those with that peer's address that have not joined goes.
void PeerStreams::make_place_for(NodeId node) {
    PeerStream* oldest = one_too_many(node, opening_per_peer_max);
    if (!oldest) oldest = one_too_many({}, opening_in_all_max);
    if (!oldest) return;
    refusals_.stream_refused(StreamRefusal::silent, oldest->node, loop_.now());
    close(*oldest, "newer connections came before it had joined");
}

/// The oldest accepted stream of that node, or of any, that has not joined, if there is no place
/// for another.
PeerStream* PeerStreams::one_too_many(std::optional<NodeId> node, std::size_t max) const {
    std::size_t opening = 0;
    PeerStream* oldest = nullptr;
    for (const auto& stream : streams_) {
        const bool counts = stream->end == End::accepter &&
                            stream->state == PeerStream::State::opening &&
                            (!node || stream->node == *node);
        if (!counts) continue;
        ++opening;
        if (!oldest) oldest = stream.get();
    }
    return opening >= max ? oldest : nullptr;
}

std::unique_ptr<PeerStream> PeerStreams::make(End end, NodeId node, std::size_t link,
                                              TcpConnection connection) const {
    PeerChannel::Self self{config_.self, self_.incarnation, cluster_hash(config_.cluster_name), {}};
    randombytes_buf(self.random.data(), self.random.size());
    return std::make_unique<PeerStream>(end, self, PeerChannel::Other{node, handlers_.proven(node)},
                                        *keys_, link, std::move(connection), loop_.now());
}

void PeerStreams::add(std::unique_ptr<PeerStream> stream) {
    PeerStream& added = *stream;
    streams_.push_back(std::move(stream));
    added.watched_events = added.connection.wanted_events();
    added.watch = loop_.watch(added.connection.fd(), added.watched_events,
                              [this, &added](std::uint32_t events) { on_ready(added, events); });
    set_timer();
}

// --- Dialing ------------------------------------------------------------------------------------

/// On to the next link while one fails at once; dial_failed() ends that.
void PeerStreams::dial() {
    while (dial_at_ && *dial_at_ <= loop_.now()) {
        dial_at_.reset();
        if (dial_by(dial_link_++ % config_.link_count())) return;
    }
}

bool PeerStreams::dial_by(std::size_t link) {
    auto connection =
        TcpConnection::dial(options_of(config_, link), config_.node(followed_).addresses[link]);
    if (!connection) {
        dial_failed(link, connection.error().what);
        return false;
    }
    auto stream = make(End::dialer, followed_, link, std::move(*connection));
    stream->send(stream->channel.opening(), loop_.now());
    add(std::move(stream));
    return true;
}

/// The next link at once; a pause when all of them have failed.
void PeerStreams::dial_failed(std::size_t link, const std::string& why) {
    const bool all_failed = ++dials_failed_ >= config_.link_count();
    dial_at_ = loop_.now() + (all_failed ? dial_pause : Duration::zero());
    if (!all_failed) return;
    dials_failed_ = 0;
    if (loop_.now() - undialed_since_.value_or(loop_.now()) < missed_after) return;
    if (dial_trouble_.empty())
        log_event(LogEvent::no_stream, {.peer = followed_, .link = link + 1},
                  "no stream to node {}, by whichever link; the last was link {}: {}",
                  number(followed_), link + 1, why);
    dial_trouble_ = why;
}

/// One that worked is worth another at once, by the next link.
void PeerStreams::dialed_ended(const PeerStream& stream) {
    if (stream.node != followed_ || dial_at_ || find_dialed()) return;
    if (!stream.has_joined) return dial_failed(stream.link, stream.why_closed);
    dials_failed_ = 0;
    undialed_since_ = loop_.now();
    const bool was_short = loop_.now() - stream.opened_at < short_life;
    dial_at_ = loop_.now() + (was_short ? dial_pause : Duration::zero());
}

// --- The end of a stream ------------------------------------------------------------------------

/// The timer tells of it and forgets it, in this wake-up: whoever is at work with it may go on.
void PeerStreams::close(PeerStream& stream, std::string why) {
    if (stream.is_closed()) return;
    stream.state = PeerStream::State::closed;
    stream.why_closed = std::move(why);
    stream.watch.clear();
    set_timer();
}

void PeerStreams::bury(PeerStream& stream) {
    if (!std::exchange(stream.told_up, false)) return;
    log_event(LogEvent::stream_ended, {.peer = stream.node, .link = stream.link + 1},
              "the stream with node {} by link {} has ended: {}", number(stream.node),
              stream.link + 1, stream.why_closed);
    handlers_.down(stream.node);
}

/// Handlers may close more of them, so that each is looked for anew.
void PeerStreams::bury_closed() {
    const auto is_closed = [](const auto& stream) { return stream->is_closed(); };
    for (;;) {
        const auto found = std::ranges::find_if(streams_, is_closed);
        if (found == streams_.end()) return;
        const auto stream = std::move(*found);
        streams_.erase(found);
        bury(*stream);
        if (stream->end == End::dialer) dialed_ended(*stream);
    }
}

// --- Deadlines ----------------------------------------------------------------------------------

void PeerStreams::on_timer() {
    for (const auto& stream : streams_) judge(*stream);
    bury_closed();
    if (listeners_due_ && *listeners_due_ <= loop_.now()) start();
    if (dial_at_ && *dial_at_ <= loop_.now()) dial();
    if (refusal_void_at_ && *refusal_void_at_ <= loop_.now()) {
        refusal_void_at_.reset();
        set_refusal("");
    }
    set_timer();
}

void PeerStreams::judge(PeerStream& stream) {
    if (stream.is_closed()) return;
    const Instant now = loop_.now();
    if (stream.state == PeerStream::State::opening) {
        if (now - stream.opened_at < opening_max) return;
        if (stream.end == End::dialer) return close(stream, "no answer");
        return cut_off(stream, StreamRefusal::silent);
    }
    if (now - stream.heard_at >= silence_max) return cut_off(stream, StreamRefusal::silent);
    if (now - stream.sent_at >= keepalive_every) say(stream, KeepAlive{});
}

Instant PeerStreams::deadline_of(const PeerStream& stream) const {
    if (stream.is_closed()) return loop_.now();
    const Instant next =
        stream.state == PeerStream::State::opening
            ? stream.opened_at + opening_max
            : std::min(stream.heard_at + silence_max, stream.sent_at + keepalive_every);
    return std::max(next, loop_.now() + judged_at_most_every);
}

void PeerStreams::set_timer() {
    std::optional<Instant> earliest = listeners_due_;
    const auto consider = [&earliest](Instant deadline) {
        if (!earliest || deadline < *earliest) earliest = deadline;
    };
    if (dial_at_) consider(*dial_at_);
    if (refusal_void_at_) consider(*refusal_void_at_);
    for (const auto& stream : streams_) consider(deadline_of(*stream));
    timer_.clear();
    if (earliest) timer_.set(*earliest);
}

}  // namespace komainu
