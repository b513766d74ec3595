// SQL in the lab, by libpq, with a limit on everything: a question, and a client that commits
// transactions without a pause and remembers when each was.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "test/lab/network.h"

namespace komainu::lab {

/// The first value of the answer's first row; nothing when there is none within the limit.
std::optional<std::string> ask_sql(const Host& from, const std::string& conninfo,
                                   const std::string& query, Duration limit);

/// Commits a row every few milliseconds. Impatient, as a good client is: a connection that says
/// nothing for a while is given up for a new one.
class SqlClient {
public:
    static constexpr Duration commits_every = 5ms;
    static constexpr Duration gives_up_after = 200ms;

    SqlClient(const Host& host, const Endpoint& service);
    ~SqlClient();
    SqlClient(const SqlClient&) = delete;
    SqlClient& operator=(const SqlClient&) = delete;

    /// The longest time since a moment in which nothing was committed, up to now.
    Duration gap_since(Instant) const;
    /// Whether something is committed from now on.
    bool commits(Duration limit) const;
    /// What it was told the last time that something failed.
    std::string last_trouble() const;

private:
    void run(const std::string& conninfo);

    std::atomic<bool> stop_ = false;
    mutable std::mutex mutex_;  // guards the two below
    std::vector<Instant> commits_;
    std::string trouble_;
    std::thread thread_;
};

}  // namespace komainu::lab
