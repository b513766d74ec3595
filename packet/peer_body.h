// The bodies of the frames of peer streams. The layout of each is told in the .cpp file, and in
// packet/ledger_body.cpp.
#pragma once

#include <string>
#include <variant>

#include "base/setting.h"
#include "packet/ledger_body.h"
#include "packet/seal.h"

namespace komainu {

inline constexpr std::size_t peer_body_bytes_max = 16 * 1024;
static_assert(ledger_body_bytes_max <= peer_body_bytes_max);
inline constexpr std::size_t host_name_bytes_max = 64;
inline constexpr std::size_t software_version_bytes_max = 64;
inline constexpr std::size_t setting_bytes_max = 256;         ///< its key; its value as well
inline constexpr std::size_t settings_bytes_max = 15 * 1024;  ///< of all that fit
inline constexpr std::size_t refusal_reason_bytes_max = 1024;

/// Says nothing, and proves that the sender has the key and lives.
struct KeepAlive {
    bool operator==(const KeepAlive&) const = default;
};

enum class ServerRole : std::uint8_t { standby, active, witness };
inline constexpr std::size_t server_roles = 3;

struct ServerInfo {
    std::string host_name;
    std::string software_version;
    std::uint16_t service_port = 0;  ///< 0: not known
    std::uint16_t peer_port = 0;
    ServerRole role = ServerRole::standby;
    Incarnation incarnation = no_incarnation;  ///< its start time is in it
    Tag vip_settings_hash{};                   ///< of all of them, see conf/vip_settings.h
    SettingList vip_settings;                  ///< as many of them, from the first on, as fit
    bool operator==(const ServerInfo&) const = default;
};

/// By the active: from here on the two speak about the backends.
struct JoinAccepted {
    bool operator==(const JoinAccepted&) const = default;
};

enum class JoinRefusal : std::uint8_t {
    not_active,      ///< the dialer takes the accepter for active, which it is not
    other_settings,  ///< its VIP settings are not the active's
    other,           ///< which a later version knows
};

/// The reason as the refused one's log shall have it.
struct JoinRefused {
    JoinRefusal why = JoinRefusal::not_active;
    std::string reason;
    bool operator==(const JoinRefused&) const = default;
};

using PeerMessage = std::variant<KeepAlive, ServerInfo, JoinAccepted, JoinRefused, LedgerMessage>;

std::uint8_t peer_message_type(const PeerMessage& message);
void write_peer_body(Writer& writer, const PeerMessage& message);

/// Whether this version knows frames of that type.
bool is_known_type(std::uint8_t type);
/// False when the bytes do not begin with a body of that type, which is known. The message is then
/// undefined.
bool read_peer_body(std::uint8_t type, Bytes body, PeerMessage& message);

/// The text with '?' for what is not printable ASCII, cut off at that length.
std::string printable(std::string_view text, std::size_t bytes_max);

}  // namespace komainu
