// Layouts, sizes in bytes:
//
//   type
//      1  keep-alive       -
//      2  server info      fields: tag 1, length 2, value
//      3  join accepted    -
//      4  join refused     why 1, length 2, reason (printable ASCII)
//      16 to 25            packet/ledger_body.cpp
//
// What follows a body is a later version's, and passed over; so is a frame of a type that is not
// known. A reason why that is not known is "other" (3).
//
//   tag of a field
//      1  host name          text
//      2  software version   text
//      3  service port       2                 left out when it is not known
//      4  peer port          2
//      5  role               1: 0 standby, 1 active, 2 witness
//      6  incarnation        8
//      7  VIP settings hash  32
//      8  VIP setting        length 2, key, length 2, value; repeated, ascending by key
//
// Fields ascend by their tags, and each occurs once but for the last. Tags that are not known are a
// later version's, and passed over. Texts are printable ASCII.
#include "packet/peer_body.h"

#include "packet/blocks.h"

namespace komainu {

namespace {

enum Field : std::uint8_t {
    host_name = 1,
    software_version = 2,
    service_port = 3,
    peer_port = 4,
    role = 5,
    incarnation = 6,
    vip_settings_hash = 7,
    vip_setting = 8,
};
constexpr std::size_t setting_field_bytes_max = 3 + 2 * (2 + setting_bytes_max);

bool is_printable(char c) { return c >= ' ' && c <= '~'; }

std::string read_printable(Reader& reader, std::size_t bytes_max) {
    std::string text = read_text(reader, bytes_max);
    if (!std::ranges::all_of(text, is_printable)) reader.fail();
    return text;
}

template <class WriteValue>
void write_field(Writer& writer, Field field, WriteValue write_value) {
    writer.u8(field);
    const auto length = writer.claim(sizeof(std::uint16_t));
    const std::size_t before = writer.written().size();
    write_value();
    Writer(length).u16(static_cast<std::uint16_t>(writer.written().size() - before));
}

void write_text_field(Writer& writer, Field field, std::string_view text) {
    write_field(writer, field, [&] { writer.bytes(std::as_bytes(std::span(text))); });
}

/// A frame is long enough for some hundred. Those that are left over show in the hash.
void write_settings(Writer& writer, const SettingList& settings) {
    const std::size_t start = writer.written().size();
    for (const Setting& setting : settings) {
        if (writer.written().size() - start + setting_field_bytes_max > settings_bytes_max) return;
        write_field(writer, vip_setting, [&] {
            write_text(writer, setting.key, setting_bytes_max);
            write_text(writer, setting.value, setting_bytes_max);
        });
    }
}

void write(Writer&, const KeepAlive&) {}

void write(Writer& writer, const ServerInfo& info) {
    write_text_field(writer, host_name, info.host_name);
    write_text_field(writer, software_version, info.software_version);
    if (info.service_port != 0)
        write_field(writer, service_port, [&] { writer.u16(info.service_port); });
    write_field(writer, peer_port, [&] { writer.u16(info.peer_port); });
    write_field(writer, role, [&] { write_enum(writer, info.role); });
    write_field(writer, incarnation,
                [&] { writer.u64(static_cast<std::uint64_t>(info.incarnation)); });
    write_field(writer, vip_settings_hash, [&] { writer.bytes(info.vip_settings_hash); });
    write_settings(writer, info.vip_settings);
}

void write(Writer&, const JoinAccepted&) {}

void write(Writer& writer, const JoinRefused& refused) {
    writer.u8(static_cast<std::uint8_t>(static_cast<int>(refused.why) + 1));
    write_text(writer, refused.reason, refusal_reason_bytes_max);
}

void write(Writer& writer, const LedgerMessage& message) { write_ledger_body(writer, message); }

// --- Reading ------------------------------------------------------------------------------------

std::string read_rest(Reader& value, std::size_t bytes_max) {
    const Bytes bytes = value.left() <= bytes_max ? value.bytes(value.left()) : Bytes{};
    std::string text(bytes.size(), '\0');
    std::ranges::copy(bytes, std::as_writable_bytes(std::span(text)).begin());
    if (!std::ranges::all_of(text, is_printable)) value.fail();
    return text;
}

void read_setting(Reader& value, SettingList& settings) {
    Setting setting;
    setting.key = read_printable(value, setting_bytes_max);
    setting.value = read_printable(value, setting_bytes_max);
    if (!settings.empty() && setting.key <= settings.back().key) value.fail();
    if (value.ok()) settings.push_back(std::move(setting));
}

void read_field(std::uint8_t tag, Reader& value, ServerInfo& info) {
    switch (tag) {
        case host_name:
            info.host_name = read_rest(value, host_name_bytes_max);
            return;
        case software_version:
            info.software_version = read_rest(value, software_version_bytes_max);
            return;
        case service_port:
            info.service_port = value.u16();
            if (info.service_port == 0) value.fail();
            return;
        case peer_port:
            info.peer_port = value.u16();
            return;
        case role:
            info.role = read_enum<ServerRole>(value, server_roles);
            return;
        case incarnation:
            info.incarnation = Incarnation{value.u64()};
            return;
        case vip_settings_hash:
            if (const Bytes hash = value.bytes(tag_bytes); value.ok())
                std::ranges::copy(hash, info.vip_settings_hash.begin());
            return;
        case vip_setting:
            return read_setting(value, info.vip_settings);
        default:
            value.bytes(value.left());
    }
}

bool is_in_order(std::uint8_t tag, std::uint8_t previous) {
    return tag > previous || (tag == vip_setting && previous == vip_setting) || tag > vip_setting;
}

void read(Reader& reader, ServerInfo& info) {
    std::uint8_t previous = 0;
    unsigned seen = 0;
    while (reader.ok() && !reader.at_end()) {
        const std::uint8_t tag = reader.u8();
        const std::size_t length = reader.u16();
        Reader value(reader.bytes(length));
        if (!reader.ok() || !is_in_order(tag, previous)) return reader.fail();
        read_field(tag, value, info);
        if (!value.ok() || !value.at_end()) return reader.fail();
        if (tag <= vip_settings_hash) seen |= 1u << tag;
        previous = tag;
    }
    constexpr unsigned needed = 1u << host_name | 1u << software_version | 1u << peer_port |
                                1u << role | 1u << incarnation | 1u << vip_settings_hash;
    if ((seen & needed) != needed) reader.fail();
}

void read(Reader& reader, JoinRefused& refused) {
    const int why = reader.u8() - 1;
    if (why < 0) reader.fail();
    refused.why = static_cast<JoinRefusal>(std::clamp(why, 0, 2));
    refused.reason = read_printable(reader, refusal_reason_bytes_max);
}

void read(Reader&, KeepAlive&) {}
void read(Reader&, JoinAccepted&) {}

template <class M>
bool read_as(Bytes body, PeerMessage& message) {
    Reader reader(body);
    read(reader, message.emplace<M>());
    return reader.ok();
}

constexpr std::uint8_t type_of(const KeepAlive&) { return 1; }
constexpr std::uint8_t type_of(const ServerInfo&) { return 2; }
constexpr std::uint8_t type_of(const JoinAccepted&) { return 3; }
constexpr std::uint8_t type_of(const JoinRefused&) { return 4; }
std::uint8_t type_of(const LedgerMessage& message) { return ledger_message_type(message); }

}  // namespace

std::uint8_t peer_message_type(const PeerMessage& message) {
    return std::visit([](const auto& m) { return type_of(m); }, message);
}

void write_peer_body(Writer& writer, const PeerMessage& message) {
    std::visit([&](const auto& m) { write(writer, m); }, message);
}

bool is_known_type(std::uint8_t type) { return (type >= 1 && type <= 4) || is_ledger_type(type); }

bool read_peer_body(std::uint8_t type, Bytes body, PeerMessage& message) {
    switch (type) {
        case 1:
            return read_as<KeepAlive>(body, message);
        case 2:
            return read_as<ServerInfo>(body, message);
        case 3:
            return read_as<JoinAccepted>(body, message);
        case 4:
            return read_as<JoinRefused>(body, message);
    }
    return read_ledger_body(type, body, message.emplace<LedgerMessage>());
}

std::string printable(std::string_view text, std::size_t bytes_max) {
    std::string shown(text.substr(0, bytes_max));
    std::ranges::replace_if(
        shown, [](char c) { return !is_printable(c); }, '?');
    return shown;
}

}  // namespace komainu
