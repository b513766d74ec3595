// The program's heart: asks the komainud beside for the table of backends, the pgpool-II beside for
// what it makes of them, and carries what the reconciler wants to the one and the other. See
// reconciler.h for what that is, pcp_client.h for what to mind with pgpool.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "conf/pgpool_environment.h"
#include "pgpool/control_messages.h"
#include "pgpool/line_client.h"
#include "pgpool/pcp_client.h"
#include "pgpool/reconciler.h"
#include "pgpool/verdict.h"

namespace komainu {

class PgpoolLink {
public:
    /// After a change pgpool's main process has still things to do; no connection is kept then.
    static constexpr Duration unrest = 10s;

    /// Events have keys that begin at the given one, which is random.
    PgpoolLink(Loop& loop, const PgpoolSettings& settings, std::uint64_t first_key);

private:
    /// For a watchdog of its own, which pgpool has or has not for as long as it runs: it is asked
    /// once.
    enum class Look : std::uint8_t { when_it_answers, due, under_way, done };

    void ask_table();
    void take_table(const Result<std::string>& line);
    void poll_pgpool();
    void take_pcp(const Result<PcpAnswer>& answer);
    void take_settings(const Result<PcpAnswer>& answer);
    void lose_pgpool(const std::string& why);
    void take_nodes(std::vector<PcpNode> nodes);
    void note_changes(const std::vector<PcpNode>& nodes);
    void act(const Steps& steps);
    void next_command();
    void end_round();
    void submit_next();
    void take_submitted(const Result<std::string>& line);
    void tell();
    void take_told(const Result<std::string>& line);

    Loop& loop_;
    const PgpoolSettings settings_;
    const std::uint64_t first_key_;
    Reconciler reconciler_;
    PgpoolVerdict verdict_;

    LineClient table_client_;
    LineClient event_client_;
    LineClient verdict_client_;
    PcpClient pcp_;
    Loop::Timer table_timer_;
    Loop::Timer poll_timer_;
    Loop::Timer verdict_timer_;

    std::string revision_;
    std::optional<WantedBackends> wanted_;  ///< as komainud last said
    std::vector<PcpNode> nodes_;            ///< as pgpool last said
    Look look_for_watchdog_ = Look::when_it_answers;
    std::string caution_;  ///< what is wrong with it though it may be in line
    std::deque<PcpRequest> commands_;
    std::deque<Submission> submissions_;  ///< the first is under way while the client is busy
    Instant unrest_ends_at_;
    std::optional<bool> told_;
    std::string told_why_;
    std::string told_caution_;

    // What the log has said, so that it says it once.
    std::string said_of_table_;
    std::string said_of_pgpool_;
    std::string said_of_watchdog_;
    std::string said_of_servers_;
    std::string said_of_verdict_;
    std::string said_of_events_;
    std::string said_of_commands_;
    std::string said_of_primary_;
};

}  // namespace komainu
