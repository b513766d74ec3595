#include "checker/query_check.h"

#include <libpq-fe.h>
#include <poll.h>

#include <array>
#include <memory>

#include "checker/answer.h"

namespace komainu {

namespace {

struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
    void operator()(PGresult* result) const { PQclear(result); }
    void operator()(PGcancel* cancel) const { PQfreeCancel(cancel); }
    void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
    void operator()(char* text) const { PQfreemem(text); }
};
using Connection = std::unique_ptr<PGconn, Finish>;
using Answer = std::unique_ptr<PGresult, Finish>;

/// libpq's own words may quote a password, if it stands in the wrong place.
bool is_conninfo(const std::string& conninfo) {
    char* why = nullptr;
    const std::unique_ptr<PQconninfoOption, Finish> options(
        PQconninfoParse(conninfo.c_str(), &why));
    const std::unique_ptr<char, Finish> freed(why);
    return options != nullptr;
}

/// A keyword replaces what the connection string before it says; an empty value does not.
Connection begin_connection(const ServiceConfig& service) {
    const std::string host = service.connect_to ? to_string(*service.connect_to) : "";
    const std::array<const char*, 4> keywords{"dbname", "fallback_application_name", "hostaddr",
                                              nullptr};
    const std::array<const char*, 4> values{service.conninfo.c_str(), "komainu-check", host.c_str(),
                                            nullptr};
    constexpr int dbname_is_conninfo = 1;
    Connection connection(PQconnectStartParams(keywords.data(), values.data(), dbname_is_conninfo));
    if (!connection) return connection;
    PQsetErrorVerbosity(connection.get(), PQERRORS_VERBOSE);  // with the SQLSTATE
    PQsetNoticeProcessor(
        connection.get(), [](void*, const char*) {}, nullptr);
    return connection;
}

class QueryCheck {
public:
    explicit QueryCheck(const ServiceConfig& service)
        : service_(service), end_(Clock::now() + service.timeout) {}

    Outcome run() {
        if (!is_conninfo(service_.conninfo))
            return {Finding::bad_settings,
                    "conninfo is not understood by libpq; try it with psql (it is not shown, since "
                    "it may hold a password)"};
        connection_ = begin_connection(service_);
        if (!connection_) return {Finding::ill, "libpq cannot start"};
        if (PQstatus(connection_.get()) == CONNECTION_BAD) return trouble();
        return connect();
    }

private:
    using Clock = std::chrono::steady_clock;

    Outcome connect() {
        for (auto next = PGRES_POLLING_WRITING; next != PGRES_POLLING_OK;
             next = PQconnectPoll(connection_.get())) {
            if (next == PGRES_POLLING_FAILED) return trouble();
            if (!wait_for(next == PGRES_POLLING_READING ? POLLIN : POLLOUT))
                return too_late("could not connect");
        }
        return ask();
    }

    Outcome ask() {
        if (PQsendQuery(connection_.get(), service_.query.c_str()) == 0) return trouble();
        PQsetSingleRowMode(connection_.get());  // however many there are
        while (PQisBusy(connection_.get()) != 0) {
            if (!wait_for(POLLIN)) {
                cancel();
                return too_late("no answer to the query");
            }
            if (PQconsumeInput(connection_.get()) == 0) return trouble();
        }
        return judge(Answer(PQgetResult(connection_.get())));
    }

    Outcome judge(const Answer& answer) {
        const PGresult* const result = answer.get();
        const ExecStatusType status = PQresultStatus(result);
        if (status == PGRES_FATAL_ERROR) return judge_error(service_, PQresultErrorMessage(result));
        if (status != PGRES_SINGLE_TUPLE || PQnfields(result) == 0) return judge_row(service_, {});
        if (PQgetisnull(result, 0, 0) != 0) return judge_row(service_, Row{});
        return judge_row(service_, Row{PQgetvalue(result, 0, 0)});
    }

    Outcome trouble() { return judge_error(service_, PQerrorMessage(connection_.get())); }

    Outcome too_late(const char* what) {
        return {Finding::ill,
                std::string(what) + " within " + std::to_string(service_.timeout / 1ms) + " ms"};
    }

    /// False when the time is over.
    bool wait_for(short events) {
        pollfd ready{PQsocket(connection_.get()), events, 0};
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end_ - Clock::now());
        return left > 0ms && poll(&ready, 1, static_cast<int>(left.count())) > 0;
    }

    // A server goes on with a query whose client is gone, and check after check would take another
    // of its connections. A statement_timeout would do the same for PostgreSQL, but stays behind in
    // what a connection pool shares.
    void cancel() {
        const std::unique_ptr<PGcancel, Finish> cancel(PQgetCancel(connection_.get()));
        std::array<char, 256> why{};
        PQcancel(cancel.get(), why.data(), why.size());
    }

    const ServiceConfig& service_;
    Clock::time_point end_;
    Connection connection_;
};

}  // namespace

Outcome check_query(const ServiceConfig& service) { return QueryCheck(service).run(); }

}  // namespace komainu
