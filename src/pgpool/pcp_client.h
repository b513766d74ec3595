// Requests to pgpool-II over PCP, one at a time, each with a deadline.
//
// pgpool's main process starts its PCP process anew after each change of a backend, and waits until
// all PCP connections have been closed by their clients; meanwhile it looks after nothing else. So
// a connection must never be kept for long, and no longer than needed while there are changes:
// close() is for whoever knows of some. Each connection costs pgpool three lines of its log, which
// is why there is not simply one for each request.
#pragma once

#include <functional>
#include <optional>

#include "conf/pgpool_config.h"
#include "pgpool/pcp_session.h"
#include "pgpool/stream.h"

namespace komainu {

class PcpClient {
public:
    static constexpr Duration connection_age_max = 10s;
    /// For an answer, the login before it included. pgpool asks each PostgreSQL before it says
    /// how its nodes are, and waits up to its connect_timeout (10 s) for each that is silent.
    static constexpr Duration patience = 60s;

    using Answered = std::function<void(const Result<PcpAnswer>&)>;

    PcpClient(Loop& loop, const PgpoolConfig& pgpool, Answered answered);

    /// Exactly one answer, or error, comes for each. The one before has been answered.
    void ask(const PcpRequest& request);
    bool is_busy() const { return timer_.deadline().has_value(); }
    /// Between two requests.
    void close();

private:
    Status open();
    void receive(std::string_view bytes);
    void answer(const Result<PcpAnswer>& answer);

    Loop& loop_;
    PgpoolConfig pgpool_;
    Answered answered_;
    Stream stream_;
    Loop::Timer timer_;
    Loop::Timer failed_;  ///< to tell of what failed at once
    std::optional<Error> failure_;
    std::optional<PcpSession> session_;
    Instant opened_;
};

}  // namespace komainu
