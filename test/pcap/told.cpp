#include "test/pcap/told.h"

#include <fmt/format.h>

#include "base/overload.h"
#include "packet/message_body.h"

namespace komainu::test {

namespace {

std::string text(Bytes bytes) {
    std::string text;
    for (const std::byte b : bytes) text += static_cast<char>(b);
    return text;
}

class Teller {
public:
    Told told;

    void say(const std::string& name, const std::string& value) { told[name].push_back(value); }
    void number(const std::string& name, std::uint64_t value) { say(name, std::to_string(value)); }
    void node(const std::string& name, NodeId node) { number(name, static_cast<unsigned>(node)); }
    void hex8(const std::string& name, unsigned value) {
        say(name, fmt::format("0x{:02x}", value));
    }
    void hex32(const std::string& name, std::uint32_t value) {
        say(name, fmt::format("0x{:08x}", value));
    }
    void hex64(const std::string& name, std::uint64_t value) {
        say(name, fmt::format("0x{:016x}", value));
    }
    void incarnation(const std::string& name, Incarnation value) {
        hex64(name, static_cast<std::uint64_t>(value));
    }
    void ms(const std::string& name, Duration value) {
        number(name, static_cast<std::uint64_t>(value / 1ms));
    }
};

// --- Datagrams ----------------------------------------------------------------------------------

void tell(Teller& t, const std::string& prefix, const Term& term) {
    const auto& [round, node] = term;
    t.number(prefix + ".round", round);
    t.node(prefix + ".node", node);
}

void tell(Teller& t, const std::string& prefix, const Tenancy& tenancy) {
    const auto& [term, incarnation] = tenancy;
    tell(t, prefix, term);
    t.incarnation(prefix + ".incarnation", incarnation);
}

void tell(Teller& t, const Conditions& conditions) {
    const auto& [healthy, witness, quarantined, free, leaving, on_standby, paused] = conditions;
    const std::pair<const char*, bool> bits[] = {
        {"healthy", healthy}, {"witness", witness}, {"quarantined", quarantined},
        {"free", free},       {"leaving", leaving}, {"on_standby", on_standby},
        {"paused", paused}};
    unsigned byte = 0;
    unsigned bit = 1;
    for (const auto& [name, is_set] : bits) {
        t.number(std::string("condition.") + name, is_set);
        if (is_set) byte |= bit;
        bit <<= 1;
    }
    t.hex8("conditions", byte);
}

void tell(Teller& t, const Echo& echo) {
    const auto& [peer, incarnation, sequence, held_us, out_of_reach] = echo;
    t.node("echo.peer", peer);
    t.number("echo.out_of_reach", out_of_reach);
    t.incarnation("echo.incarnation", incarnation);
    t.number("echo.sequence", sequence);
    t.number("echo.held_us", held_us);
}

void tell(Teller& t, const Envelope&, const Release& release) {
    const auto& [round, successor] = release;
    t.number("released.round", round);
    t.node("released.successor", successor);
}

void tell(Teller& t, const Envelope& from, const Heartbeat& heartbeat) {
    const auto& [highest_term, following, released, priority, conditions, maintenance, deadtime,
                 remembered, digests, echoes] = heartbeat;
    tell(t, "term", highest_term);
    tell(t, "active", following);
    tell(t, from, released);
    t.number("priority", priority);
    tell(t, conditions);
    const auto& [changed, paused] = maintenance;
    tell(t, "maintenance", changed);
    t.number("maintenance.paused", paused);
    t.ms("deadtime", deadtime);
    t.ms("remembered", remembered);
    const std::array<const char*, settings_groups> groups{
        "quorum", "outside", "preemption", "nodes", "timing", "transport", "vips"};
    for (std::size_t i = 0; i < groups.size(); ++i)
        t.hex32(std::string("digest.") + groups[i], digests[i]);
    t.number("echoes", echoes.size());
    for (const Echo& echo : echoes) tell(t, echo);
}

void tell(Teller& t, const Envelope&, const VoteRequest& request) {
    const auto& [round, deadtime] = request;
    t.number("candidate.round", round);
    t.ms("deadtime", deadtime);
}

void tell(Teller& t, const Envelope&, const Vote& vote) {
    const auto& [candidate, answer, highest_term, remembered] = vote;
    tell(t, "candidate", candidate);
    t.number("granted", answer == VoteAnswer::granted);
    tell(t, "term", highest_term);
    t.ms("remembered", remembered);
}

void tell(Teller& t, const Envelope&, const SwitchoverRequest& request) {
    const auto& [active, target] = request;
    tell(t, "active", active);
    t.node("target", target);
}

// --- Frames -------------------------------------------------------------------------------------

void tell(Teller& t, const std::string& prefix, const Ballot& ballot) {
    const auto& [round, node] = ballot;
    t.number(prefix + ".round", round);
    t.node(prefix + ".node", node);
}

void tell(Teller& t, const EventId& id) {
    const auto& [origin, number] = id;
    t.node("event.node", origin);
    t.hex64("event.number", number);
}

void tell(Teller& t, const BackendEvent& event) {
    const auto& [id, kind, backend, origin, at_ms, reporters, ended, status] = event;
    tell(t, id);
    t.number("event.kind", static_cast<unsigned>(kind));
    t.number("event.backend", backend);
    t.number("event.origin", static_cast<unsigned>(origin));
    t.number("event.at_ms", static_cast<std::uint64_t>(at_ms));
    std::uint64_t bits = 0;
    for (int node = nodes_max; node >= 1; --node)
        bits = bits << 1 | (reporters.contains(NodeId{static_cast<std::uint8_t>(node)}) ? 1u : 0u);
    t.hex64("event.reporters", bits);
    t.number("event.ended", ended);
    t.number("event.status", status);
}

void tell(Teller& t, const BackendStates& states) {
    const auto& [backends, commands_ended] = states;
    std::uint64_t up = 0;
    std::uint64_t recoveries = 0;
    for (std::size_t i = 0; i < backends.size(); ++i) {
        const auto& [is_up, primary, recovered_by] = backends[i];
        if (is_up) up |= std::uint64_t{1} << i;
        if (recovered_by == no_node) continue;
        ++recoveries;
        t.number("recovery.backend", i);
        t.node("recovery.node", recovered_by);
    }
    t.hex64("table.up", up);
    t.number("table.primary", states.primary() ? *states.primary() + 1u : 0u);
    t.number("table.recoveries", recoveries);
    t.number("table.commands_ended", commands_ended);
}

void tell(Teller& t, const BackendTable& table) {
    tell(t, "table", table.ballot);
    t.number("table.base", table.base_index());
    tell(t, table.base());
    t.number("table.entries", table.entries().size());
    for (const auto& [event, has_command] : table.entries()) {
        tell(t, event);
        t.number("event.has_command", has_command);
    }
}

void tell(Teller&, const KeepAlive&) {}
void tell(Teller&, const JoinAccepted&) {}
void tell(Teller&, const RecordLost&) {}

void tell(Teller& t, const JoinRefused& refused) {
    const auto& [why, reason] = refused;
    t.number("join.refusal", static_cast<unsigned>(why) + 1);
    t.say("join.reason", reason);
}

/// The tags and lengths are not told: only the frame has them.
void tell(Teller& t, const ServerInfo& info) {
    const auto& [host_name, software_version, service_port, peer_port, role, incarnation,
                 vip_settings_hash, vip_settings] = info;
    t.say("info.host", host_name);
    t.say("info.version", software_version);
    if (service_port != 0) t.number("info.service_port", service_port);
    t.number("info.peer_port", peer_port);
    t.number("info.role", static_cast<unsigned>(role));
    t.incarnation("info.incarnation", incarnation);
    t.say("info.vip_settings_hash", hex(vip_settings_hash));
    for (const auto& [key, value] : vip_settings) {
        t.say("info.setting.key", key);
        t.say("info.setting.value", value);
    }
}

void tell(Teller& t, const Prepare& prepare) {
    const auto& [ballot] = prepare;
    tell(t, "ballot", ballot);
}

void tell(Teller& t, const Promised& promised) {
    const auto& [ballot, table] = promised;
    tell(t, "ballot", ballot);
    tell(t, table);
}

void tell(Teller& t, const Outbid& outbid) {
    const auto& [promised] = outbid;
    tell(t, "ballot", promised);
}

void tell(Teller& t, const Accept& accept) {
    const auto& [table, committed, recovers] = accept;
    tell(t, table);
    t.number("committed", committed);
    t.number("recovers", recovers);
}

void tell(Teller& t, const Accepted& accepted) {
    const auto& [ballot, index, on_disk] = accepted;
    tell(t, "ballot", ballot);
    t.number("index", index);
    t.number("on_disk", on_disk);
}

void tell(Teller& t, const Committed& committed) {
    const auto& [ballot, index] = committed;
    tell(t, "ballot", ballot);
    t.number("index", index);
}

void tell(Teller& t, const EventSubmitted& submitted) {
    const auto& [event] = submitted;
    tell(t, event);
}

void tell(Teller& t, const EventRefused& refused) {
    const auto& [id, why] = refused;
    tell(t, id);
    t.number("event.refusal", static_cast<unsigned>(why));
}

void tell(Teller& t, const BackendsSeen& seen) {
    const auto& [down] = seen;
    t.hex64("down", down);
}

void tell(Teller& t, const LedgerMessage& message) {
    std::visit([&](const auto& m) { tell(t, m); }, message);
}

// --- Units of a stream --------------------------------------------------------------------------

std::optional<Told> tell_hello(Bytes bytes) {
    const auto decoded = decode_hello(bytes);
    if (!decoded) return {};
    const auto& [versions, sender, cluster, incarnation, key_id, random] = *decoded;
    Teller t;
    t.say("magic", "KMNP");
    t.number("hello.lowest", versions.lowest);
    t.number("hello.highest", versions.highest);
    t.node("sender", sender);
    t.hex64("cluster", static_cast<std::uint64_t>(cluster));
    t.incarnation("incarnation", incarnation);
    t.hex32("key_id", key_id);
    t.say("hello.random", hex(random));
    return t.told;
}

std::optional<Told> tell_hello_refusal(Bytes bytes) {
    const auto why = decode_hello_refusal(bytes);
    if (!why) return {};
    Teller t;
    t.say("magic", "KMNX");
    std::array<std::byte, hello_refusal_bytes> room;
    t.number("hello.refusal", std::to_integer<unsigned>(encode_hello_refusal(*why, room)[4]));
    t.number("hello.lowest", std::to_integer<unsigned>(bytes[5]));
    t.number("hello.highest", std::to_integer<unsigned>(bytes[6]));
    return t.told;
}

std::optional<Told> tell_frame(Bytes frame) {
    Reader reader(frame);
    Teller t;
    const std::size_t length = reader.u16();
    const std::uint8_t type = reader.u8();
    const Bytes body = reader.bytes(length);
    const Bytes tag = reader.bytes(tag_bytes);
    if (!reader.ok() || !reader.at_end()) return {};
    PeerMessage message;
    t.number("length", length);
    t.number("frame.type", type);
    t.say("tag", hex(tag));
    if (!is_known_type(type)) return t.told;
    if (!read_peer_body(type, body, message)) return {};
    std::visit([&](const auto& m) { tell(t, m); }, message);
    // A reason why that is not known is read as another one.
    if (std::holds_alternative<JoinRefused>(message))
        t.told["join.refusal"] = {std::to_string(std::to_integer<int>(body[0]))};
    return t.told;
}

}  // namespace

std::optional<Told> tell_datagram(Bytes datagram) {
    Reader reader(datagram);
    Teller t;
    t.say("magic", text(reader.bytes(4)));
    t.number("version", reader.u8());
    const std::uint8_t type = reader.u8();
    t.number("type", type);
    Envelope from;
    from.sender = NodeId{reader.u8()};
    from.link = reader.u8();
    t.node("sender", from.sender);
    t.number("link", from.link);
    t.hex32("key_id", reader.u32());
    t.hex64("cluster", reader.u64());
    const std::size_t length = reader.u16();
    t.number("length", length);
    const std::uint16_t reserved = reader.u16();
    t.number("reserved", reserved);
    from.incarnation = Incarnation{reader.u64()};
    from.sequence = reader.u64();
    t.incarnation("incarnation", from.incarnation);
    t.number("sequence", from.sequence);
    const Bytes body = reader.bytes(length);
    t.say("tag", hex(reader.bytes(tag_bytes)));
    const bool sensible = reader.ok() && reader.at_end() && is_valid(from.sender) &&
                          reserved == 0 && from.incarnation != no_incarnation && from.sequence != 0;
    Message message;
    if (!sensible || !read_body(type, body, message)) return {};
    std::visit([&](const auto& m) { tell(t, from, m); }, message);
    return t.told;
}

std::optional<std::size_t> unit_bytes(Bytes stream) {
    Reader reader(stream);
    const std::uint32_t first = reader.u32();
    if (!reader.ok()) return {};
    if (first == 0x4b4d4e50) return hello_bytes;
    if (first == 0x4b4d4e58) return hello_refusal_bytes;
    return frame_header_bytes + (first >> 16) + tag_bytes;
}

std::optional<Told> tell_unit(Bytes unit) {
    const std::string start = text(unit.first(std::min<std::size_t>(unit.size(), 4)));
    if (start == "KMNP") return tell_hello(unit);
    if (start == "KMNX") return tell_hello_refusal(unit);
    return tell_frame(unit);
}

}  // namespace komainu::test
