// What the tests with real servers have in common: beside each node of a cluster a pgpool-II, two
// hosts with a PostgreSQL each, a primary and its standby, and a client that commits by the VIP.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "test/lab/cluster.h"
#include "test/pgpool/pgpool.h"
#include "test/pgpool/postgres.h"
#include "test/pgpool/sql.h"

namespace komainu::lab {

/// Whether pgpool-II and PostgreSQL are installed.
bool has_real_servers();

/// The least that can be said. With it nobody was found dead here for minutes who was not; on a
/// network that loses a datagram now and then somebody would.
inline constexpr Duration watchdog_deadtime = 1s;

/// For the pgpool.conf of those who keep pgpool-II's own watchdog, as fast as it goes.
std::string watchdog_settings(Cluster&, const std::string& lifecheck_method,
                              const std::string& delegate_ip);

class PgpoolLab {
public:
    struct Options {
        int databases = 2;          ///< the first is the primary
        std::string settings = {};  ///< more of every pgpool.conf
    };

    /// Starts the databases, and nothing else.
    PgpoolLab(Cluster&, const Options&);

    Postgres& database(int i) { return databases_.at(static_cast<std::size_t>(i)); }
    Pgpool& pgpool(int node) { return pgpools_.at(static_cast<std::size_t>(node - 1)); }

    /// Until each pgpool's watchdog has a leader and the others for its standbys.
    bool wait_until_watchdog_is_whole(Duration limit);
    void start_pgpools();  ///< and waits until all of them serve
    /// Begins to commit by the VIP, and waits until it does.
    SqlClient& start_client();
    SqlClient& client() { return *client_; }

    /// Until all pgpools that run have the backend in that status. False when they do not in time.
    bool wait_until_all_say(std::size_t backend, const std::string& status);
    bool wait_until_nobody_says(std::size_t backend, const std::string& status);

private:
    /// Of those that run.
    bool wait_until_all(const std::function<bool(const Pgpool&)>& is_so, Duration limit);

    Cluster& cluster_;
    std::deque<Postgres> databases_;
    std::deque<Pgpool> pgpools_;
    std::unique_ptr<SqlClient> client_;
};

}  // namespace komainu::lab
