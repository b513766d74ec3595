// Layouts, sizes in bytes:
//
//   term       round 8, node 1                          both 0: none
//   tenancy    term 9, incarnation 8                    all 0: none
//   heartbeat  highest term 9, following 17, released 9, priority 2, conditions 1,
//              maintenance 10, deadtime 4, remembered 4, seven digests of settings, 4 each, count
//              1, then count times: peer 1, incarnation 8, sequence 8, held in microseconds 3; the
//              peer's highest bit is set when the sender cannot reach its service
//   deadtime and remembered in milliseconds, 20 to 3 600 000
//   maintenance changed 9, paused 1 (0 or 1)            all 0: never asked for
//   request    round 8, deadtime 4
//   vote       candidate 17, answer 1 (0 refused, 1 granted), highest term 9, remembered 4
//   release    round 8, successor 1 (0: nobody in particular); in a heartbeat all 0: none yet
//   switchover active 17, target 1 (0: the active chooses)
//
// A conditions byte: bit 0 healthy, 1 witness, 2 quarantined, 3 free, 4 leaving, 5 on standby, 6
// paused; the rest is 0.
#include "packet/message_body.h"

#include <array>

#include "base/deadtime.h"
#include "base/overload.h"
#include "packet/nodes.h"

namespace komainu {

namespace {

constexpr std::array condition_bits{
    &Conditions::healthy, &Conditions::witness,    &Conditions::quarantined, &Conditions::free,
    &Conditions::leaving, &Conditions::on_standby, &Conditions::paused};

constexpr std::uint8_t out_of_reach_bit = 0x80;

void write(Writer& writer, Duration deadtime) {
    writer.u32(static_cast<std::uint32_t>(deadtime / 1ms));
}

void write(Writer& writer, const Term& term) {
    writer.u64(term.round);
    writer.u8(static_cast<std::uint8_t>(term.node));
}

void write(Writer& writer, const Tenancy& tenancy) {
    write(writer, tenancy.term);
    writer.u64(static_cast<std::uint64_t>(tenancy.incarnation));
}

void write(Writer& writer, const Conditions& conditions) {
    unsigned byte = 0;
    for (std::size_t i = 0; i < condition_bits.size(); ++i)
        if (conditions.*condition_bits[i]) byte |= 1u << i;
    writer.u8(static_cast<std::uint8_t>(byte));
}

void write(Writer& writer, const Echo& echo) {
    const int flag = echo.out_of_reach ? out_of_reach_bit : 0;
    writer.u8(static_cast<std::uint8_t>(number(echo.peer) | flag));
    writer.u64(static_cast<std::uint64_t>(echo.incarnation));
    writer.u64(echo.sequence);
    writer.u24(echo.held_us);
}

void write(Writer& writer, const Release& release) {
    writer.u64(release.round);
    writer.u8(static_cast<std::uint8_t>(release.successor));
}

void write(Writer& writer, const Heartbeat& heartbeat) {
    write(writer, heartbeat.highest_term);
    write(writer, heartbeat.following);
    write(writer, heartbeat.released);
    writer.u16(heartbeat.priority);
    write(writer, heartbeat.conditions);
    write(writer, heartbeat.maintenance.changed);
    writer.u8(heartbeat.maintenance.paused ? 1 : 0);
    write(writer, heartbeat.deadtime);
    write(writer, heartbeat.remembered);
    for (const std::uint32_t digest : heartbeat.digests) writer.u32(digest);
    writer.u8(static_cast<std::uint8_t>(heartbeat.echoes.size()));
    for (const Echo& echo : heartbeat.echoes) write(writer, echo);
}

void write(Writer& writer, const VoteRequest& request) {
    writer.u64(request.round);
    write(writer, request.deadtime);
}

void write(Writer& writer, const Vote& vote) {
    write(writer, vote.candidate);
    writer.u8(static_cast<std::uint8_t>(vote.answer));
    write(writer, vote.highest_term);
    write(writer, vote.remembered);
}

void write(Writer& writer, const SwitchoverRequest& request) {
    write(writer, request.active);
    writer.u8(static_cast<std::uint8_t>(request.target));
}

// --- Reading: what cannot mean anything fails the reader
// -------------------------------------------

std::uint64_t read_round(Reader& reader) {
    const std::uint64_t round = read_round_or_none(reader);
    if (round == 0) reader.fail();
    return round;
}

Duration read_deadtime(Reader& reader) {
    const Duration deadtime = std::chrono::milliseconds{reader.u32()};
    if (deadtime < deadtime_min || deadtime > deadtime_max) reader.fail();
    return deadtime;
}

Term read_term(Reader& reader) {
    Term term;
    term.round = read_round_or_none(reader);
    term.node = read_node_or_none(reader);
    if ((term.round == 0) != (term.node == no_node)) reader.fail();
    return term;
}

Tenancy read_tenancy(Reader& reader) {
    Tenancy tenancy;
    tenancy.term = read_term(reader);
    tenancy.incarnation = Incarnation{reader.u64()};
    if ((tenancy.incarnation == no_incarnation) != !tenancy) reader.fail();
    return tenancy;
}

Tenancy read_someones_tenancy(Reader& reader) {
    const Tenancy tenancy = read_tenancy(reader);
    if (!tenancy) reader.fail();
    return tenancy;
}

Conditions read_conditions(Reader& reader) {
    const unsigned byte = reader.u8();
    if (byte >> condition_bits.size() != 0) reader.fail();
    Conditions conditions;
    for (std::size_t i = 0; i < condition_bits.size(); ++i)
        conditions.*condition_bits[i] = (byte >> i & 1u) != 0;
    return conditions;
}

Echo read_echo(Reader& reader) {
    Echo echo;
    const std::uint8_t peer = reader.u8();
    echo.out_of_reach = (peer & out_of_reach_bit) != 0;
    echo.peer = NodeId{static_cast<std::uint8_t>(peer & ~out_of_reach_bit)};
    if (!is_valid(echo.peer)) reader.fail();
    echo.incarnation = Incarnation{reader.u64()};
    echo.sequence = reader.u64();
    echo.held_us = reader.u24();
    return echo;
}

Release read_release(Reader& reader) {
    Release release;
    release.round = read_round_or_none(reader);
    release.successor = read_node_or_none(reader);
    if (release.round == 0 && release.successor != no_node) reader.fail();
    return release;
}

Maintenance read_maintenance(Reader& reader) {
    Maintenance maintenance;
    maintenance.changed = read_term(reader);
    const std::uint8_t paused = reader.u8();
    if (paused > 1 || (paused == 1 && maintenance.changed == no_term)) reader.fail();
    maintenance.paused = paused == 1;
    return maintenance;
}

void read(Reader& reader, Heartbeat& heartbeat) {
    heartbeat.highest_term = read_term(reader);
    heartbeat.following = read_tenancy(reader);
    heartbeat.released = read_release(reader);
    heartbeat.priority = reader.u16();
    heartbeat.conditions = read_conditions(reader);
    heartbeat.maintenance = read_maintenance(reader);
    heartbeat.deadtime = read_deadtime(reader);
    heartbeat.remembered = read_deadtime(reader);
    for (std::uint32_t& digest : heartbeat.digests) digest = reader.u32();
    const std::size_t count = reader.u8();
    NodeId previous = no_node;
    for (std::size_t i = 0; i < count && reader.ok(); ++i) {
        const Echo echo = read_echo(reader);
        if (!reader.ok() || echo.peer <= previous) return reader.fail();
        previous = echo.peer;
        heartbeat.echoes.push_back(echo);
    }
}

void read(Reader& reader, VoteRequest& request) {
    request.round = read_round(reader);
    request.deadtime = read_deadtime(reader);
}

void read(Reader& reader, Vote& vote) {
    vote.candidate = read_someones_tenancy(reader);
    const std::uint8_t answer = reader.u8();
    if (answer > static_cast<std::uint8_t>(VoteAnswer::granted)) reader.fail();
    vote.answer = answer == 0 ? VoteAnswer::refused : VoteAnswer::granted;
    vote.highest_term = read_term(reader);
    vote.remembered = read_deadtime(reader);
}

void read(Reader& reader, Release& release) {
    release = read_release(reader);
    if (release.round == 0) reader.fail();
}

void read(Reader& reader, SwitchoverRequest& request) {
    request.active = read_someones_tenancy(reader);
    request.target = read_node_or_none(reader);
}

template <class M>
bool read_as(Bytes body, Message& message) {
    Reader reader(body);
    read(reader, message.emplace<M>());
    return reader.ok() && reader.at_end();
}

constexpr std::uint8_t type_of(const Heartbeat&) { return 1; }
constexpr std::uint8_t type_of(const VoteRequest&) { return 2; }
constexpr std::uint8_t type_of(const Vote&) { return 3; }
constexpr std::uint8_t type_of(const Release&) { return 4; }
constexpr std::uint8_t type_of(const SwitchoverRequest&) { return 5; }

}  // namespace

std::uint8_t message_type(const Message& message) {
    return std::visit([](const auto& m) { return type_of(m); }, message);
}

void write_body(Writer& writer, const Message& message) {
    std::visit([&](const auto& m) { write(writer, m); }, message);
}

bool read_body(std::uint8_t type, Bytes body, Message& message) {
    switch (type) {
        case 1:
            return read_as<Heartbeat>(body, message);
        case 2:
            return read_as<VoteRequest>(body, message);
        case 3:
            return read_as<Vote>(body, message);
        case 4:
            return read_as<Release>(body, message);
        case 5:
            return read_as<SwitchoverRequest>(body, message);
    }
    return false;
}

}  // namespace komainu
