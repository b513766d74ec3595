#include "pgpool/pcp.h"

// MD5 is what PCP takes. From libmd, which every Debian has for dpkg, and which does nothing else:
// OpenSSL and libgcrypt refuse MD5 on a host in FIPS mode, where pgpool-II, with an MD5 of its own,
// still wants it.
#include <fmt/format.h>
#include <md5.h>

#include <charconv>
#include <span>
#include <vector>

#include "base/run_end.h"

namespace komainu {

namespace {

constexpr std::size_t header_bytes = 5;
constexpr std::size_t length_bytes = 4;  // counts itself, and not the letter

std::string message(char kind, std::string_view body) {
    std::string bytes(1, kind);
    const auto length = static_cast<std::uint32_t>(body.size() + length_bytes);
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(length >> shift & 0xff);
    return bytes.append(body);
}

std::uint32_t length_in(std::string_view header) {
    std::uint32_t length = 0;
    for (const char byte : header.substr(1, length_bytes))
        length = length << 8 | static_cast<unsigned char>(byte);
    return length;
}

std::string md5_hex(const std::string& text) {
    std::array<char, MD5_DIGEST_STRING_LENGTH> hex{};
    MD5Data(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(), hex.data());
    return hex.data();
}

/// The texts of a body, each without its zero. Nothing when the last one has none.
std::optional<std::vector<std::string_view>> texts_of(std::string_view body) {
    std::vector<std::string_view> texts;
    while (!body.empty()) {
        const auto end = body.find('\0');
        if (end == body.npos) return {};
        texts.push_back(body.substr(0, end));
        body.remove_prefix(end + 1);
    }
    return texts;
}

template <class Number>
std::optional<Number> number_in(std::string_view text) {
    Number number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return {};
    return number;
}

/// A backend that is quarantined, which takes pgpool's own watchdog, counts as down.
std::optional<PcpNodeStatus> status_in(std::string_view status, std::string_view quarantine) {
    if (status.size() != 1 || status[0] < '0' || status[0] > '3') return {};
    if (quarantine != "0") return PcpNodeStatus::down;
    return static_cast<PcpNodeStatus>(status[0] - '0');
}

// The releases differ in what stands between: 4.0 has 8 fields, 4.1 and 4.2 have 10 (the state of
// replication), 4.3 has 12 (what PostgreSQL itself says, before the weight and after the role), and
// from 4.4 on there are 13.
std::optional<PcpNode> node_in(std::span<const std::string_view> fields) {
    constexpr std::size_t fields_min = 8, fields_since_43 = 12;
    if (fields.size() < fields_min) return {};
    const std::string_view role = fields[fields.size() < fields_since_43 ? 5 : 6];
    const auto port = number_in<std::uint16_t>(fields[1]);
    const auto status = status_in(fields[2], fields[3]);
    if (!port || !status || role.size() != 1 || role[0] < '0' || role[0] > '3') return {};
    constexpr char primary = '2';  // 0 and 1 are the main and the replicas of other modes
    return PcpNode{std::string(fields[0]), *port, *status, role[0] == primary,
                   std::string(fields.back())};
}

/// A message about something: fields that begin with a letter, and an empty one at the end. M is
/// the message, D its detail.
PcpError error_in(std::string_view body) {
    std::string_view text, detail;
    while (!body.empty() && body[0] != '\0') {
        const auto field = body.substr(0, body.find('\0'));
        if (field[0] == 'M') text = field.substr(1);
        if (field[0] == 'D') detail = field.substr(1);
        body.remove_prefix(std::min(field.size() + 1, body.size()));
    }
    if (text.empty()) return {"an error without a message"};
    return {first_line(detail.empty() ? std::string(text) : fmt::format("{}: {}", text, detail))};
}

/// What begins with the name of what it is.
std::optional<PcpMessage> named_in(const PcpFrame& frame) {
    const auto texts = texts_of(frame.body);
    if (!texts || texts->empty()) return {};
    const auto fields = std::span(*texts).subspan(1);
    if (texts->front() == "ProcessConfig" && frame.kind == 'b' && fields.size() == 3)
        return PcpSetting{std::string(fields[0]), std::string(fields[1])};
    if (texts->front() == "ArraySize" && fields.size() == 1)
        if (const auto size = number_in<std::uint32_t>(fields[0]); size && *size <= pcp_nodes_max)
            return PcpArraySize{*size};
    if (texts->front() == "NodeInfo")
        if (const auto node = node_in(fields)) return *node;
    if (texts->front() != "CommandComplete") return {};
    if (frame.kind != 'l') return PcpDone{};
    const auto count = fields.empty() ? std::nullopt : number_in<std::uint32_t>(fields[0]);
    if (!count || *count > pcp_nodes_max) return {};
    return PcpDone{*count};
}

std::optional<PcpMessage> message_in(const PcpFrame& frame) {
    switch (frame.kind) {
        case 'm': {
            PcpSalt salt{};
            if (frame.body.size() != salt.size()) return {};
            std::ranges::copy(frame.body, salt.begin());
            return salt;
        }
        case 'r':
            if (frame.body != std::string_view("AuthenticationOK\0", 17)) return {};
            return PcpAuthenticated{};
        case 'b':
            // How many settings there are, which does not matter; and here it is in binary.
            if (frame.body.starts_with(std::string_view("ArraySize\0", 10))) return PcpNotice{};
            return named_in(frame);
        case 'i':
        case 'l':
        case 'c':
        case 'd':
            return named_in(frame);
        case 'E':
            return error_in(frame.body);
        case 'N':
            return PcpNotice{};
        default:
            return {};
    }
}

}  // namespace

std::string pcp_salt_request() { return message('M', ""); }

std::string pcp_login(const PcpLogin& login, const PcpSalt& salt) {
    const std::string stored = md5_hex(login.password);  // as pcp.conf has it
    const std::string proof =
        md5_hex(md5_hex(stored + login.user) + std::string(salt.begin(), salt.end()));
    return message('R', login.user + '\0' + proof + '\0');
}

std::string pcp_request(const PcpRequest& request) {
    const std::string node = std::to_string(request.node);
    switch (request.command) {
        case PcpCommand::node_count:
            return message('L', "");
        case PcpCommand::node_info:
            return message('I', std::string("-1") + '\0');  // all
        case PcpCommand::detach:
            return message('D', node + '\0');
        case PcpCommand::attach:
            return message('C', node + '\0');
        case PcpCommand::promote:
            return message('J', node + ' ' + '\0' + 'n');  // n: and nothing in PostgreSQL
        case PcpCommand::settings:
            return message('B', "");
    }
    return {};
}

std::string pcp_goodbye() { return message('X', ""); }

Result<std::optional<PcpFrame>> first_pcp_frame(std::string_view bytes) {
    if (bytes.size() < header_bytes) return std::optional<PcpFrame>{};
    const std::size_t length = length_in(bytes);
    if (length < length_bytes || length > pcp_message_bytes_max)
        return Error{"what answers there does not speak PCP"};
    if (bytes.size() < length + 1) return std::optional<PcpFrame>{};
    return std::optional(
        PcpFrame{bytes[0], bytes.substr(header_bytes, length - length_bytes), length + 1});
}

Result<PcpMessage> read_pcp_message(const PcpFrame& frame) {
    if (const auto message = message_in(frame)) return *message;
    return Error{
        fmt::format("a message of PCP's kind {} makes no sense", first_line({&frame.kind, 1}))};
}

}  // namespace komainu
