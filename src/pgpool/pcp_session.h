// What is said on one PCP connection: the login, then requests, one at a time. Pure: bytes come in
// and go out, and whoever has the socket moves them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pgpool/pcp.h"

namespace komainu {

struct PcpAnswer {
    PcpRequest to;
    std::string error;                        ///< pgpool's own words, or empty: it was done
    std::vector<PcpNode> nodes = {};          ///< to node_info
    std::optional<std::uint32_t> count = {};  ///< to node_count
    std::optional<bool> watchdog = {};        ///< to settings: use_watchdog, the one that matters
    bool operator==(const PcpAnswer&) const = default;
};

class PcpSession {
public:
    explicit PcpSession(PcpLogin login);

    /// The one before has been answered. It may be made before the login is over.
    void ask(const PcpRequest& request);

    /// An error means the end of the session: the login was refused, or it is no PCP.
    Status receive(std::string_view bytes);

    /// What is to be sent, each byte once.
    std::string take_unsent();
    /// The answer to the request, once.
    std::optional<PcpAnswer> take_answer();
    bool is_busy() const { return asked_.has_value(); }

private:
    Status take(const PcpMessage& message);
    Status misplaced() const;

    PcpLogin login_;
    std::string unread_;
    std::string unsent_;
    bool logged_in_ = false;
    std::optional<PcpRequest> asked_;
    std::optional<std::uint32_t> nodes_announced_;
    std::vector<PcpNode> nodes_;
    std::optional<bool> watchdog_;
    std::optional<PcpAnswer> answer_;
};

}  // namespace komainu
