// What is said on a stream, and what it brings about.
#include "base/overload.h"
#include "conf/vip_settings.h"
#include "daemon/peer_streams.h"
#include "daemon/words.h"
#include "io/log.h"

namespace komainu {

namespace {

std::uint16_t service_port_of(const Config& config) {
    const auto found = std::ranges::find_if(
        config.services, [](const ServiceConfig& service) { return service.address.has_value(); });
    return found == config.services.end() ? std::uint16_t{0} : found->address->port;
}

Tag hash_of(const SettingList& settings) {
    const std::string text = text_of(settings);
    return komainu::hash_of(std::as_bytes(std::span(text)));
}

}  // namespace

// --- Bytes --------------------------------------------------------------------------------------

void PeerStreams::on_ready(PeerStream& stream, std::uint32_t events) {
    if (Status done = stream.connection.on_ready(events); !done)
        return close(stream, done.error().what);
    take_all(stream);
    if (!stream.is_closed()) stream.wait_for_more();
}

void PeerStreams::take_all(PeerStream& stream) {
    while (!stream.is_closed()) {
        std::size_t used = 0;
        const auto taken = stream.channel.take(stream.connection.received(), used, message_);
        stream.connection.drop_received(used);
        if (const Bytes answer = stream.channel.answer(); !answer.empty())
            stream.send(answer, loop_.now());
        switch (taken) {
            case PeerChannel::Taken::nothing:
                return;
            case PeerChannel::Taken::refused:
                return take_refusal(stream);
            case PeerChannel::Taken::hello:
                break;
            case PeerChannel::Taken::skipped:
            case PeerChannel::Taken::message:
                stream.heard_at = loop_.now();
                take_frame(stream);
                break;
        }
    }
}

/// What the other end says about us is told where it is dialed.
void PeerStreams::take_refusal(PeerStream& stream) {
    const StreamRefusal why = stream.channel.refusal();
    if (stream.channel.refused_by_other())
        return close(stream,
                     fmt::format("node {} refuses it: {}", number(stream.node), sentence(why)));
    cut_off(stream, why);
}

void PeerStreams::cut_off(PeerStream& stream, StreamRefusal why) {
    const bool was_proven = stream.channel.proven();
    if (!was_proven || why != StreamRefusal::silent)
        refusals_.stream_refused(why, stream.node, loop_.now());
    close(stream, std::string(sentence(why)));
}

bool PeerStreams::say(PeerStream& stream, const PeerMessage& message) {
    const bool said = stream.send(stream.channel.seal(message, room_), loop_.now());
    if (!said) close(stream, "what it is sent does not go out");
    return said;
}

// --- Frames -------------------------------------------------------------------------------------

/// The accepter's first frame proves it; then the dialer says who it is.
void PeerStreams::take_frame(PeerStream& stream) {
    if (stream.end == End::dialer && !std::exchange(stream.info_said, true))
        if (!say(stream, own_info())) return;
    std::visit(Overload{
                   [](const KeepAlive&) {},
                   [&](const auto& message) { take(stream, message); },
               },
               message_);
}

ServerInfo PeerStreams::own_info() const {
    ServerInfo info;
    info.host_name = printable(self_.host_name, host_name_bytes_max);
    info.software_version = KOMAINU_VERSION;
    info.service_port = service_port_of(config_);
    info.peer_port = config_.heartbeat.port;
    info.role = active_                              ? ServerRole::active
                : config_.node(config_.self).witness ? ServerRole::witness
                                                     : ServerRole::standby;
    info.incarnation = self_.incarnation;
    info.vip_settings = vip_settings(config_);
    info.vip_settings_hash = hash_of(info.vip_settings);
    return info;
}

void PeerStreams::take(PeerStream& stream, const ServerInfo& info) {
    if (info.incarnation != stream.channel.incarnation())
        return cut_off(stream, StreamRefusal::malformed);
    facts_[stream.node] = {info.host_name, info.software_version, info.service_port};
    if (std::exchange(stream.info_taken, true)) return;
    if (stream.end == End::accepter) admit(stream, info);
}

// --- Joining ------------------------------------------------------------------------------------

void PeerStreams::admit(PeerStream& stream, const ServerInfo& info) {
    if (!active_)
        return refuse(stream, JoinRefusal::not_active,
                      fmt::format("node {} is not active", number(config_.self)));
    const SettingList ours = vip_settings(config_);
    if (info.vip_settings_hash != hash_of(ours)) {
        const bool is_whole = hash_of(info.vip_settings) == info.vip_settings_hash;
        const auto end = is_whole ? ListEnd::whole : ListEnd::cut_off;
        const auto [why, told] =
            difference(config_.self, ours, stream.node, info.vip_settings, end);
        if (std::string& before = refused_[stream.node]; before != why) {
            log_event(LogEvent::join_refused, {.peer = stream.node}, "node {} may not join: {}",
                      number(stream.node), why);
            before = why;
        }
        return refuse(stream, JoinRefusal::other_settings, told);
    }
    refused_.erase(stream.node);
    if (say(stream, own_info()) && say(stream, JoinAccepted{})) join(stream);
}

void PeerStreams::refuse(PeerStream& stream, JoinRefusal why, const std::string& reason) {
    if (say(stream, JoinRefused{why, printable(reason, refusal_reason_bytes_max)}))
        close(stream, reason);
}

void PeerStreams::take(PeerStream& stream, const JoinAccepted&) {
    if (stream.end != End::dialer || !stream.info_taken)
        return cut_off(stream, StreamRefusal::malformed);
    if (stream.state == PeerStream::State::joined) return;
    dials_failed_ = 0;
    undialed_since_.reset();
    if (!dial_trouble_.empty())
        log_event(LogEvent::stream_back, {.peer = stream.node}, "there is a stream to node {}",
                  number(stream.node));
    dial_trouble_.clear();
    set_refusal("");
    join(stream);
}

void PeerStreams::take(PeerStream& stream, const JoinRefused& refused) {
    if (stream.end != End::dialer) return cut_off(stream, StreamRefusal::malformed);
    close(stream, refused.reason);
    if (refused.why == JoinRefusal::not_active) return;
    dial_at_ = loop_.now() + refused_pause;
    set_refusal(fmt::format("node {} refuses this node: {}", number(stream.node), refused.reason));
    set_timer();
}

/// The one before may be closed already, in this wake-up, and its end not told yet.
void PeerStreams::join(PeerStream& stream) {
    for (const auto& former : streams_) {
        if (former->node != stream.node || !former->told_up) continue;
        close(*former, "there is a newer one");
        bury(*former);
    }
    stream.state = PeerStream::State::joined;
    stream.has_joined = stream.told_up = true;
    ++joined_;
    const PeerFacts& facts = facts_[stream.node];
    log_event(LogEvent::stream_opened, {.peer = stream.node, .link = stream.link + 1},
              "stream with node {} by link {}: it is {}, komainu {}", number(stream.node),
              stream.link + 1, facts.host_name, facts.software_version);
    set_timer();
    handlers_.up(stream.node);
}

void PeerStreams::set_refusal(std::string reason) {
    if (reason == refusal_) return;
    refusal_ = std::move(reason);
    if (!refusal_.empty())
        log_event(LogEvent::refused_by_active, {.peer = followed_}, "{}", refusal_);
    handlers_.refused(refusal_);
}

// --- Joined -------------------------------------------------------------------------------------

/// From within the handler streams may be closed, none is forgotten.
void PeerStreams::take(PeerStream& stream, const LedgerMessage& message) {
    if (stream.state != PeerStream::State::joined) return cut_off(stream, StreamRefusal::malformed);
    handlers_.heard(stream.node, message);
}

}  // namespace komainu
