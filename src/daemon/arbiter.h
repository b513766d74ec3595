// The arbiter of quorum = half: whether this node may stand on half of the votes. Its word has two
// parts. A trusted server has answered since the question, so that it is not this node that is cut
// off; and nobody has answered a probe for the VIPs on the LAN (RFC 5227 section 2.1.1), so that
// the active is not merely out of earshot. What cannot be found out speaks against it.
#pragma once

#include <functional>
#include <string>

#include "check/trusted_servers.h"
#include "core/action.h"
#include "core/event.h"

namespace komainu {

class Arbiter {
public:
    enum class Lan : std::uint8_t {
        silent,        ///< nobody answers for any VIP
        somebody_has,  ///< a VIP is answered for
        unknown,       ///< not every VIP could be asked for
    };

    struct Handlers {
        /// Has the LAN probed; probed() is to be called with what was found. False when that is
        /// not possible.
        std::function<bool(std::uint64_t question)> probe;
        std::function<void(const ArbiterAnswered&)> answer;
    };

    Arbiter(Loop& loop, TrustedServers& trusted, Handlers handlers)
        : loop_(loop), trusted_(trusted), handlers_(std::move(handlers)) {}

    /// Answers once: at once when the LAN cannot be probed, else when it has been.
    void ask(const AskArbiter& ask);

    /// What the probe for this question has found. An older question is nobody's any more.
    void probed(std::uint64_t question, Lan lan);

private:
    void answer(bool agrees, std::string_view why);

    Loop& loop_;
    TrustedServers& trusted_;
    Handlers handlers_;
    std::uint64_t question_ = 0;
    Instant asked_at_;
    std::string said_;  ///< the same refusal is logged once
};

}  // namespace komainu
