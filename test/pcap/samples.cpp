#include "test/pcap/samples.h"

#include <gtest/gtest.h>

#include "packet/datagram.h"
#include "packet/message_body.h"
#include "packet/peer_session.h"
#include "test/unit/sample_table.h"

namespace komainu::test {

namespace {

constexpr Incarnation incarnation_of_1{0x00670f1b'5a000009};  // begun in 2026
constexpr Incarnation incarnation_of_2{0x00670f1c'5a000001};
constexpr Tenancy tenancy_of_1{{7, NodeId{1}}, incarnation_of_1};

void append(ByteVector& bytes, std::size_t count, std::byte value) {
    bytes.insert(bytes.end(), count, value);
}

ByteVector datagram(const Message& message, std::uint64_t sequence = 1234) {
    std::array<std::byte, datagram_bytes_max> room;
    Writer writer(room);
    writer.u32(0x4b4d4e55);
    writer.u8(1);
    writer.u8(message_type(message));
    writer.u8(2);
    writer.u8(0);
    writer.u32(0xcb2f5160);
    writer.u64(0x8e69c58449905834);
    const auto length = writer.claim(2);
    writer.u16(0);
    writer.u64(static_cast<std::uint64_t>(incarnation_of_2));
    writer.u64(sequence);
    write_body(writer, message);
    EXPECT_TRUE(writer.ok());
    Writer(length).u16(static_cast<std::uint16_t>(writer.written().size() - datagram_header_bytes));
    ByteVector bytes(writer.written().begin(), writer.written().end());
    append(bytes, tag_bytes, std::byte{0xa5});
    return bytes;
}

Heartbeat heartbeat() {
    Heartbeat h;
    h.highest_term = tenancy_of_1.term;
    h.following = tenancy_of_1;
    h.priority = 100;
    h.conditions.healthy = true;
    h.deadtime = 500ms;
    h.remembered = 600ms;
    for (std::size_t i = 0; i < h.digests.size(); ++i)
        h.digests[i] = static_cast<std::uint32_t>(0x01020304 * (i + 1));
    h.echoes.push_back({NodeId{1}, incarnation_of_1, 1233, 81, false});
    h.echoes.push_back({NodeId{3}, no_incarnation, 0, held_us_max, true});
    return h;
}

/// With all that there can be in one.
Heartbeat longest_heartbeat() {
    Heartbeat h = heartbeat();
    h.highest_term = {round_max, NodeId{64}};
    h.released = {6, NodeId{3}};
    h.conditions = {true, true, true, true, true, true, true};
    h.maintenance = {{2, NodeId{3}}, true};
    h.echoes.clear();
    for (int node = 1; node <= nodes_max - 1; ++node)
        h.echoes.push_back({NodeId{static_cast<std::uint8_t>(node)}, incarnation_of_1,
                            UINT64_MAX - static_cast<unsigned>(node), 1, node % 2 == 0});
    return h;
}

Heartbeat heartbeat_of_one_that_is_active() {
    Heartbeat h = heartbeat();
    h.following = {{8, NodeId{2}}, incarnation_of_2};
    h.highest_term = h.following.term;
    return h;
}

Heartbeat heartbeat_of_one_that_is_alone() {
    Heartbeat h = heartbeat();
    h.following = {};
    h.conditions.healthy = false;
    h.echoes.clear();
    return h;
}

ByteVector unit(const PeerMessage& message) {
    std::array<std::byte, peer_body_bytes_max> room;
    Writer writer(room);
    write_peer_body(writer, message);
    EXPECT_TRUE(writer.ok());
    return framed(peer_message_type(message), writer.written());
}

ByteVector hello(NodeId sender, Incarnation incarnation) {
    Hello hello{{}, sender, ClusterHash{0x8e69c58449905834}, incarnation, 0xcb2f5160, {}};
    hello.random.fill(std::byte{0x5a});
    const auto bytes = encode(hello);
    return {bytes.begin(), bytes.end()};
}

ByteVector hello_refusal(StreamRefusal why) {
    std::array<std::byte, hello_refusal_bytes> room;
    const Bytes bytes = encode_hello_refusal(why, room);
    return {bytes.begin(), bytes.end()};
}

ServerInfo server_info(ServerRole role, std::size_t settings) {
    ServerInfo info;
    info.host_name = "db2";
    info.software_version = "0.1.0";
    info.service_port = settings == 0 ? std::uint16_t{0} : std::uint16_t{9999};
    info.peer_port = 9694;
    info.role = role;
    info.incarnation = incarnation_of_2;
    info.vip_settings_hash.fill(std::byte{0x20});
    for (std::size_t i = 0; i < settings; ++i)
        info.vip_settings.push_back(
            {"vip.number" + std::to_string(1000 + i) + ".address", "10.77.0.100/24 <&\"'>"});
    return info;
}

BackendEvent command_ended() {
    BackendEvent event = sample_event(BackendEventKind::command_ended, 63);
    event.ended = 6;
    event.status = 255;
    return event;
}

}  // namespace

ByteVector framed(std::uint8_t type, Bytes body) {
    ByteVector bytes(frame_header_bytes);
    Writer writer(bytes);
    writer.u16(static_cast<std::uint16_t>(body.size()));
    writer.u8(type);
    bytes.insert(bytes.end(), body.begin(), body.end());
    append(bytes, tag_bytes, std::byte{0xa5});
    return bytes;
}

std::vector<ByteVector> sample_datagrams() {
    return {
        datagram(heartbeat()),
        datagram(heartbeat_of_one_that_is_active()),
        datagram(heartbeat_of_one_that_is_alone()),
        datagram(longest_heartbeat()),
        datagram(VoteRequest{8, 500ms}),
        datagram(Vote{tenancy_of_1, VoteAnswer::granted, tenancy_of_1.term, 600ms}),
        datagram(Vote{tenancy_of_1, VoteAnswer::refused, {9, NodeId{3}}, 600ms}),
        datagram(Release{7, NodeId{3}}),
        datagram(Release{7, no_node}, 1),
        datagram(SwitchoverRequest{tenancy_of_1, NodeId{2}}),
        datagram(SwitchoverRequest{tenancy_of_1, no_node}),
    };
}

std::vector<ByteVector> sample_units() {
    const Ballot ballot{9, NodeId{1}};
    std::vector<ByteVector> units{
        hello(NodeId{2}, incarnation_of_2),
        hello_refusal(StreamRefusal::unknown_version),
        hello_refusal(StreamRefusal::unknown_key),
        unit(KeepAlive{}),
        unit(server_info(ServerRole::standby, 0)),
        unit(server_info(ServerRole::witness, 3)),
        unit(server_info(ServerRole::active, 200)),
        unit(JoinAccepted{}),
        unit(JoinRefused{JoinRefusal::other_settings, "vip.main.address is not 10.77.0.100/24"}),
        unit(LedgerMessage(Prepare{ballot})),
        unit(LedgerMessage(Promised{{10, NodeId{2}}, sample_table()})),
        unit(LedgerMessage(Promised{{10, NodeId{2}}, {}})),
        unit(LedgerMessage(Outbid{ballot})),
        unit(LedgerMessage(Accept{sample_table(), 6, true})),
        unit(LedgerMessage(Accept{longest_table(), 6, false})),
        unit(LedgerMessage(Accepted{ballot, 7, true})),
        unit(LedgerMessage(Accepted{ballot, 7, false})),
        unit(LedgerMessage(Committed{ballot, 7})),
        unit(LedgerMessage(RecordLost{})),
        unit(LedgerMessage(EventSubmitted{command_ended()})),
        unit(LedgerMessage(BackendsSeen{5})),
        unit(LedgerMessage(BackendsSeen{0})),
    };
    for (std::size_t kind = 0; kind < backend_event_kinds; ++kind) {
        BackendEvent event = sample_event(static_cast<BackendEventKind>(kind), 1);
        event.origin = static_cast<BackendEventOrigin>(kind % backend_event_origins);
        units.push_back(unit(LedgerMessage(EventSubmitted{event})));
    }
    for (std::size_t why = 0; why < event_outcomes; ++why)
        units.push_back(unit(LedgerMessage(
            EventRefused{{NodeId{2}, 0x1122334455667788}, static_cast<EventOutcome>(why)})));
    return units;
}

void alter(ByteVector& bytes, std::size_t first, std::size_t end, std::mt19937& random) {
    if (first >= end) return;
    constexpr std::array edges{0x00, 0x01, 0x40, 0x41, 0x7f, 0x80, 0xff};
    for (auto count = random() % 3 + 1; count > 0; --count) {
        std::byte& byte = bytes[first + random() % (end - first)];
        switch (random() % 3) {
            case 0:
                byte ^= static_cast<std::byte>(1u << random() % 8);
                break;
            case 1:
                byte = static_cast<std::byte>(edges[random() % edges.size()]);
                break;
            default:
                byte = static_cast<std::byte>(random());
        }
    }
}

const char* const sample_lines = R"(heartbeat node 2, standby of 1, term 7.1, seq 1234
heartbeat node 2, active, term 8.2, seq 1234
heartbeat node 2, no active, term 7.1, not healthy, seq 1234
heartbeat node 2, witness of 1, term 7.1 (highest 9223372036854775807.64), quarantined, leaving, on standby, paused, seq 1234
vote request node 2, for term 8.2, seq 1234
vote node 2, granted to node 1, term 7.1, seq 1234
vote node 2, refused to node 1, term 7.1 (highest 9.3), seq 1234
release node 2, of term 7.2, successor 3, seq 1234
release node 2, of term 7.2, the last will, seq 1
switchover request node 2, to node 1, term 7.1, for node 2, seq 1234
switchover request node 2, to node 1, term 7.1, for any, seq 1234
hello of node 2
refused: unknown version
refused: unknown key
keep-alive
server info: db2, komainu 0.1.0, standby
server info: db2, komainu 0.1.0, witness
server info: db2, komainu 0.1.0, active
join accepted
join refused: other settings: vip.main.address is not 10.77.0.100/24
prepare ballot 9.1
promised ballot 10.2, table 9.1 up to 7
promised ballot 10.2, table none up to 0
outbid by ballot 9.1
accept table 9.1 up to 7, committed 6, recovers
accept table 9223372036854775807.64 up to 69, committed 6
accepted ballot 9.1, index 7
accepted ballot 9.1, index 7, not on disk
committed ballot 9.1, index 7
record lost
event submitted: command ended 63 (reports)
backends seen: down 0 2
backends seen: none down
event submitted: detach 1 (operator)
event submitted: attach 1 (pgpool)
event submitted: promote 1 (reports)
event submitted: recovery-start 1 (active)
event submitted: recovery-end 1 (operator)
event submitted: command ended 1 (pgpool)
event refused: done
event refused: it is so already
event refused: the backend is down
event refused: the backend is up
event refused: another recovery is under way
event refused: no recovery is under way
event refused: too many events wait
event refused: no active node or no quorum
event refused: it took too long
)";

}  // namespace komainu::test
