#include "test/pgpool/sql.h"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <memory>

#include "test/lab/clock.h"

namespace komainu::lab {

namespace {

struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
    void operator()(PGresult* result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, Finish>;

/// One connection, each of whose steps has to be done by some moment.
class Session {
public:
    bool open(const std::string& conninfo, Instant until) {
        connection_.reset(PQconnectStart(conninfo.c_str()));
        if (!usable()) return false;
        for (auto next = PGRES_POLLING_WRITING; next != PGRES_POLLING_OK;
             next = PQconnectPoll(connection_.get()))
            if (next == PGRES_POLLING_FAILED ||
                !wait(next == PGRES_POLLING_READING ? POLLIN : POLLOUT, until))
                return close();
        return true;
    }

    bool usable() const { return connection_ && PQstatus(connection_.get()) != CONNECTION_BAD; }
    std::string trouble() const { return connection_ ? PQerrorMessage(connection_.get()) : "late"; }

    /// Nothing when it failed; the connection is of no use then.
    Result ask(const std::string& query, Instant until) {
        if (PQsendQuery(connection_.get(), query.c_str()) == 0) return nullptr;
        Result last;
        while (true) {
            while (PQisBusy(connection_.get()) != 0)
                if (!wait(POLLIN, until) || PQconsumeInput(connection_.get()) == 0) return nullptr;
            Result next(PQgetResult(connection_.get()));
            if (!next) return last;
            last = std::move(next);
        }
    }

    bool close() {
        connection_.reset();
        return false;
    }

private:
    bool wait(short events, Instant until) {
        pollfd ready{PQsocket(connection_.get()), events, 0};
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now());
        return left > 0ms && ::poll(&ready, 1, static_cast<int>(left.count())) > 0;
    }

    std::unique_ptr<PGconn, Finish> connection_;
};

bool is_done(const Result& result) {
    const auto status = PQresultStatus(result.get());
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

}  // namespace

std::optional<std::string> ask_sql(const Host& from, const std::string& conninfo,
                                   const std::string& query, Duration limit) {
    std::optional<std::string> value;
    from.space.run([&] {
        Session session;
        const auto until = now() + limit;
        if (!session.open(conninfo, until)) return;
        const auto answer = session.ask(query, until);
        if (answer && is_done(answer))
            value = PQntuples(answer.get()) > 0 ? PQgetvalue(answer.get(), 0, 0) : "";
    });
    return value;
}

SqlClient::SqlClient(const Host& host, const Endpoint& service) {
    const auto conninfo = fmt::format("hostaddr={} port={} user=postgres dbname=postgres",
                                      to_string(service.address), service.port);
    thread_ = std::thread([this, &host, conninfo] {
        host.space.enter();
        run(conninfo);
    });
}

SqlClient::~SqlClient() {
    stop_ = true;
    thread_.join();
}

void SqlClient::run(const std::string& conninfo) {
    Session session;
    while (!stop_) {
        const auto until = now() + gives_up_after;
        if (!session.usable() && !session.open(conninfo, until)) {
            sleep_for(commits_every);
            continue;
        }
        const auto answer = session.ask("INSERT INTO commits DEFAULT VALUES", until);
        {
            const std::lock_guard lock(mutex_);
            if (answer && is_done(answer))
                commits_.push_back(now());
            else
                trouble_ = session.trouble();
        }
        if (!answer || !is_done(answer)) session.close();
        sleep_for(commits_every);
    }
}

Duration SqlClient::gap_since(Instant moment) const {
    const std::lock_guard lock(mutex_);
    Duration longest{};
    auto last = moment;
    for (const Instant commit : commits_) {
        if (commit < moment) continue;
        longest = std::max(longest, commit - last);
        last = commit;
    }
    return std::max(longest, now() - last);
}

bool SqlClient::commits(Duration limit) const {
    const auto since = now();
    return wait_until(
        [&] {
            const std::lock_guard lock(mutex_);
            return !commits_.empty() && commits_.back() > since;
        },
        limit);
}

std::string SqlClient::last_trouble() const {
    const std::lock_guard lock(mutex_);
    return trouble_;
}

}  // namespace komainu::lab
