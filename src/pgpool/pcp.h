// PCP, the protocol by which pgpool-II is administered: its bytes, both ways. Pure.
//
// A message is a letter, a length in four bytes that counts itself, and a body of texts that end
// with a zero (src/pcp_con/pcp_worker.c of pgpool-II). What is read here is bounded, and everything
// that came is one of the messages below or refused.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"

namespace komainu {

inline constexpr std::size_t pcp_message_bytes_max = 8192;  ///< the longest of pgpool's has 2 KiB
inline constexpr std::size_t pcp_nodes_max = 128;           ///< that a pgpool may have

/// What a node of pgpool's, which is a backend, is to it.
enum class PcpNodeStatus : std::uint8_t {
    unused,   ///< it has no such backend
    waiting,  ///< attached, and nobody has connected yet
    up,       ///< attached
    down,     ///< detached
};

struct PcpNode {
    std::string host;  ///< as its configuration has it; a directory, for a Unix socket
    std::uint16_t port = 0;
    PcpNodeStatus status = PcpNodeStatus::unused;
    bool primary = false;
    /// When its status last changed, in pgpool's words. Each start of a pgpool is a change for all.
    std::string changed;

    bool is_attached() const {
        return status == PcpNodeStatus::waiting || status == PcpNodeStatus::up;
    }
    bool operator==(const PcpNode&) const = default;
};

enum class PcpCommand : std::uint8_t {
    node_count,
    node_info,
    detach,
    attach,
    promote,
    settings,  ///< what stands in pgpool.conf, or would
};

struct PcpRequest {
    PcpCommand command = PcpCommand::node_info;
    int node = 0;  ///< to detach, attach or promote
    bool operator==(const PcpRequest&) const = default;
};

// --- To pgpool -----------------------------------------------------------------------------------

using PcpSalt = std::array<char, 4>;

struct PcpLogin {
    std::string user;
    std::string password;
};

std::string pcp_salt_request();
std::string pcp_login(const PcpLogin& login, const PcpSalt& salt);
std::string pcp_request(const PcpRequest& request);
/// Without it pgpool logs the end of the connection as an error.
std::string pcp_goodbye();

// --- From pgpool ---------------------------------------------------------------------------------

struct PcpAuthenticated {
    bool operator==(const PcpAuthenticated&) const = default;
};
/// Of the nodes that follow.
struct PcpArraySize {
    std::uint32_t size = 0;
    bool operator==(const PcpArraySize&) const = default;
};
struct PcpSetting {
    std::string name;
    std::string value;
    bool operator==(const PcpSetting&) const = default;
};
/// The end of an answer.
struct PcpDone {
    std::optional<std::uint32_t> count = {};  ///< to node_count
    bool operator==(const PcpDone&) const = default;
};
struct PcpError {
    std::string text;  ///< pgpool's own words, in one printable line
    bool operator==(const PcpError&) const = default;
};
/// Of no meaning to us.
struct PcpNotice {
    bool operator==(const PcpNotice&) const = default;
};
using PcpMessage = std::variant<PcpSalt, PcpAuthenticated, PcpArraySize, PcpNode, PcpSetting,
                                PcpDone, PcpError, PcpNotice>;

struct PcpFrame {
    char kind = 0;
    std::string_view body;
    std::size_t bytes = 0;  ///< of all of it
};

/// The first message's bytes, nothing when more have to come, or why these cannot be any.
Result<std::optional<PcpFrame>> first_pcp_frame(std::string_view bytes);

Result<PcpMessage> read_pcp_message(const PcpFrame& frame);

}  // namespace komainu
