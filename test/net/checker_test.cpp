// komainu-check against servers that the test makes: one run, one line, one exit status.
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <atomic>
#include <fstream>

#include "checker/answer.h"
#include "conf/check_environment.h"
#include "io/socket_address.h"
#include "test/lab/answers.h"
#include "test/lab/clock.h"
#include "test/lab/network.h"
#include "test/lab/process.h"
#include "test/lab/sandbox.h"
#include "test/lab/temporary_directory.h"

namespace komainu::lab {
namespace {

constexpr Duration limit = 10s;

class Checker : public testing::Test {
protected:
    /// What it printed, and how it ended: "1: HTTP 503, not 200-299".
    std::string run(const ServiceConfig& service) {
        std::vector<std::string> command{"/usr/bin/env", "-i"};
        for (const auto& variable : check_environment(service)) command.push_back(variable);
        command.push_back(built_program("komainu-check"));
        command.push_back(service.check == CheckKind::http ? "http" : "query");
        return run_command(command);
    }

    std::string run_command(const std::vector<std::string>& command) {
        const std::string output = files.path("output");
        std::filesystem::remove(output);
        const Instant begin = now();
        Process process(host.space, command, output);
        const auto status = process.wait(limit);
        took = now() - begin;
        if (!status) return "it did not end";
        const std::string line = read_file(output);
        EXPECT_EQ(line.find('\n'), line.size() - 1) << "not one line: " << line;
        return std::to_string(*status) + ": " + line.substr(0, line.find('\n'));
    }

    static Endpoint endpoint() { return {parse_address("127.0.0.1").value(), 8080}; }

    /// A server that says the same to everybody.
    Server http_server(int status, std::string body) {
        return {host.space, endpoint(), [=](Conversation& client) {
                    if (!read_http_request(client).empty()) answer_http(client, status, body);
                }};
    }

    /// A server that deals with the first query in this way.
    Server sql_server(Server::Serve serve) {
        return {host.space, endpoint(), [serve](Conversation& client) {
                    if (sql::welcome(client)) serve(client);
                    client.await_end();
                }};
    }

    static ServiceConfig http() {
        ServiceConfig service;
        service.check = CheckKind::http;
        service.url = "http://127.0.0.1:8080/health?deep=1";
        service.timeout = 5s;
        return service;
    }

    static ServiceConfig query() {
        ServiceConfig service;
        service.check = CheckKind::query;
        service.conninfo = "host=127.0.0.1 port=8080 user=u dbname=d password=secret";
        service.timeout = 5s;
        return service;
    }

    Network network;
    Host& host = network.add_host("host", 1);
    TemporaryDirectory files;
    Duration took{};
};

// --- http ----------------------------------------------------------------------------------------

TEST_F(Checker, FindsAServerWellThatAnswersWithAGoodStatus) {
    const Server server = http_server(204, "");
    EXPECT_EQ(run(http()), "0: HTTP 204");
}

TEST_F(Checker, AsksForThePathAndQueryOfTheUrl) {
    std::string asked;
    {
        const Server server(host.space, endpoint(), [&](Conversation& client) {
            asked = read_http_request(client);
            answer_http(client, 200, "");
        });
        EXPECT_EQ(run(http()), "0: HTTP 200");
    }
    EXPECT_EQ(asked, "GET /health?deep=1 HTTP/1.1");
}

TEST_F(Checker, FindsAServerIllThatAnswersWithAnotherStatus) {
    const Server server = http_server(503, "");
    EXPECT_EQ(run(http()), "1: HTTP 503, not 200-299");
    ServiceConfig service = http();
    service.status = {{200, 200}, {500, 599}};
    EXPECT_EQ(run(service), "0: HTTP 503");
}

TEST_F(Checker, FollowsNoRedirect) {
    const Server server = http_server(302, "");
    EXPECT_EQ(run(http()), "1: HTTP 302, not 200-299");
    EXPECT_EQ(server.connections(), 1);
}

TEST_F(Checker, LooksForTheTextInTheBody) {
    const Server server = http_server(200, R"({"status":"up"})");
    ServiceConfig service = http();
    service.body = R"("status":"up")";
    EXPECT_EQ(run(service), "0: HTTP 200");
    service.body = R"("status":"down")";
    EXPECT_EQ(run(service),
              "1: HTTP 200, without \"\"status\":\"down\"\" in the first 64 KiB of the body");
}

TEST_F(Checker, ReadsNoMoreOfTheBodyThanItsBound) {
    const Server server(host.space, endpoint(), [](Conversation& client) {
        read_http_request(client);
        client.write("HTTP/1.1 200 OK\r\n\r\n");
        const std::string block(4096, 'x');
        for (std::size_t written = 0; written < body_bytes_max; written += block.size())
            client.write(block);
        client.write("here");
        client.await_end();  // as a stream without an end
    });
    ServiceConfig service = http();
    EXPECT_EQ(run(service), "0: HTTP 200");
    EXPECT_LT(took, service.timeout);
    service.body = "here";
    EXPECT_EQ(run(service), "1: HTTP 200, without \"here\" in the first 64 KiB of the body");
}

TEST_F(Checker, ConnectsToAUnixSocketWhateverTheUrlSays) {
    const Server server(files.path("web.sock"), [](Conversation& client) {
        read_http_request(client);
        answer_http(client, 200, "");
    });
    ServiceConfig service = http();
    service.url = "http://example.invalid/health";
    service.unix_socket = files.path("web.sock");
    EXPECT_EQ(run(service), "0: HTTP 200");
}

TEST_F(Checker, FindsAServerIllThatRefusesTheConnection) {
    EXPECT_EQ(run(http()).substr(0, 45), "1: Failed to connect to 127.0.0.1 port 8080 a");
}

TEST_F(Checker, FindsAWebServerIllThatAcceptsAndSaysNothing) {
    const Server server(host.space, endpoint(), [](Conversation& client) { client.await_end(); });
    ServiceConfig service = http();
    service.timeout = 300ms;
    const std::string found = run(service);
    EXPECT_EQ(found.substr(0, 28), "1: Operation timed out after");
    EXPECT_GE(took, service.timeout);
    EXPECT_LT(took, 3s);
}

TEST_F(Checker, FindsAServerIllThatDoesNotSpeakHttp) {
    const Server server(host.space, endpoint(), [](Conversation& client) {
        client.write("\x1b[31mgarbage\r\nand more\r\n");
        client.await_end();
    });
    EXPECT_EQ(run(http()), "1: Received HTTP/0.9 when not allowed");
}

// The name server's address is there, and nobody reads what comes.
TEST_F(Checker, FindsAServerIllWhoseNameIsNeverResolved) {
    const Endpoint name_server{parse_address("127.0.0.1").value(), 53};
    Fd silent;
    host.space.run([&] {
        const SocketAddress address(name_server);
        silent = Fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        ASSERT_EQ(::bind(silent.get(), &address.generic, address.size()), 0);
    });
    files.write("resolv.conf", "nameserver 127.0.0.1\n");
    ASSERT_EQ(
        ::mount(files.path("resolv.conf").c_str(), "/etc/resolv.conf", nullptr, MS_BIND, nullptr),
        0);
    ServiceConfig service = http();
    service.url = "http://slow.example/";
    service.timeout = 300ms;
    EXPECT_EQ(run(service).substr(0, 28), "1: Resolving timed out after");
    EXPECT_LT(took, 3s);
    EXPECT_EQ(::umount("/etc/resolv.conf"), 0);
}

// --- query ---------------------------------------------------------------------------------------

TEST_F(Checker, FindsAnSqlServerWellThatAnswersWithARow) {
    std::string asked;
    {
        const Server server = sql_server([&](Conversation& client) {
            asked = sql::read_query(client);
            sql::answer(client, "1");
        });
        EXPECT_EQ(run(query()), "0: the answer is \"1\"");
    }
    EXPECT_EQ(asked, "SELECT 1");
}

TEST_F(Checker, ComparesTheFirstColumnWithWhatIsExpected) {
    ServiceConfig service = query();
    service.query = "SELECT NOT pg_is_in_recovery()";
    service.expect = "t";
    std::string value = "t";
    const Server server = sql_server([&](Conversation& client) {
        sql::read_query(client);
        sql::answer(client, value);
    });
    EXPECT_EQ(run(service), "0: the answer is \"t\"");
    value = "f";
    EXPECT_EQ(run(service), "1: the answer is \"f\", not \"t\"");
}

TEST_F(Checker, TellsNullAndNoRowFromText) {
    ServiceConfig service = query();
    service.expect = "NULL";
    const Server server = sql_server([](Conversation& client) {
        sql::read_query(client) == "none" ? sql::answer_without_row(client)
                                          : sql::answer_null(client);
    });
    EXPECT_EQ(run(service), "1: the answer is NULL, not \"NULL\"");
    service.expect.reset();
    EXPECT_EQ(run(service), "0: the answer is NULL");
    service.query = "none";
    EXPECT_EQ(run(service), "1: the answer has no row");
}

TEST_F(Checker, CountsAnErrorAnswerAsTheConfigurationSays) {
    const Server server = sql_server([](Conversation& client) {
        sql::read_query(client);
        sql::answer_error(client, "42P01", "relation \"x\" does not exist");
    });
    ServiceConfig service = query();
    EXPECT_EQ(run(service), "1: ERROR: 42P01: relation \"x\" does not exist");
    service.error_answers = ErrorAnswers::well;
    EXPECT_EQ(run(service),
              "0: answers with an error: ERROR: 42P01: relation \"x\" does not exist");
}

// As pgpool-II does while none of its backends is up.
TEST_F(Checker, CountsARefusalByALivingServerAsAnErrorAnswer) {
    const Server server(host.space, endpoint(), [](Conversation& client) {
        sql::refuse(client, "58000", "failed to create a backend connection");
    });
    const std::string said =
        "connection to server at \"127.0.0.1\", port 8080 failed: FATAL: 58000: failed to create a "
        "backend connection";
    ServiceConfig service = query();
    EXPECT_EQ(run(service), "1: " + said);
    service.error_answers = ErrorAnswers::well;
    EXPECT_EQ(run(service), "0: answers with an error: " + said);
}

TEST_F(Checker, FindsAnSqlServerIllThatIsNotReachedOrLostWhateverErrorsCountAs) {
    ServiceConfig service = query();
    service.error_answers = ErrorAnswers::well;
    EXPECT_EQ(run(service),
              "1: connection to server at \"127.0.0.1\", port 8080 failed: Connection refused");
    const Server server(host.space, endpoint(), [](Conversation& client) {
        if (sql::welcome(client)) sql::read_query(client);
    });
    EXPECT_EQ(run(service), "1: server closed the connection unexpectedly");
}

TEST_F(Checker, FindsAnSqlServerIllThatAcceptsAndSaysNothing) {
    const Server server(host.space, endpoint(), [](Conversation& client) { client.await_end(); });
    ServiceConfig service = query();
    service.timeout = 300ms;
    service.error_answers = ErrorAnswers::well;
    EXPECT_EQ(run(service), "1: could not connect within 300 ms");
    EXPECT_GE(took, service.timeout);
    EXPECT_LT(took, 3s);
}

TEST_F(Checker, CancelsAQueryThatIsNotAnsweredInTime) {
    std::atomic<int> cancelled = 0;
    const Server server(host.space, endpoint(), [&](Conversation& client) {
        if (sql::welcome(client))
            client.await_end();
        else
            ++cancelled;
    });
    ServiceConfig service = query();
    service.timeout = 300ms;
    EXPECT_EQ(run(service), "1: no answer to the query within 300 ms");
    EXPECT_EQ(cancelled, 1);
}

// --- another node's service ----------------------------------------------------------------------

TEST_F(Checker, ConnectsToTheNodeThatItIsToldInPlaceOfTheHostOfTheUrl) {
    const Server server = http_server(200, "");
    for (const char* url : {"http://192.0.2.1:8080/", "http://no.such.host.example:8080/"}) {
        ServiceConfig service = http();
        service.url = url;
        service.connect_to = endpoint().address;
        EXPECT_EQ(run(service), "0: HTTP 200") << url;
    }
}

TEST_F(Checker, ConnectsToANodeByIpv6) {
    const Server server(host.space, {parse_address("::1").value(), 8080}, [](Conversation& client) {
        if (!read_http_request(client).empty()) answer_http(client, 200, "");
    });
    ServiceConfig service = http();
    service.connect_to = parse_address("::1");
    EXPECT_EQ(run(service), "0: HTTP 200");
}

TEST_F(Checker, AsksTheSqlServerOfTheNodeThatItIsTold) {
    const Server server = sql_server([](Conversation& client) {
        sql::read_query(client);
        sql::answer(client, "1");
    });
    for (const char* at : {"host=192.0.2.1", "host=/run/postgresql", "hostaddr=192.0.2.1"}) {
        ServiceConfig service = query();
        service.conninfo = std::string(at) + " port=8080 user=u dbname=d password=secret";
        service.connect_to = endpoint().address;
        EXPECT_EQ(run(service), "0: the answer is \"1\"") << at;
    }
}

// --- settings ------------------------------------------------------------------------------------

TEST_F(Checker, SaysWhichSettingIsWrongAndShowsNoPassword) {
    ServiceConfig service = query();
    service.conninfo = "host=127.0.0.1 password=my secret";
    EXPECT_EQ(run(service),
              "2: conninfo is not understood by libpq; try it with psql (it is not shown, since it "
              "may hold a password)");
    const auto program = built_program("komainu-check");
    EXPECT_EQ(run_command({program}), "2: usage: komainu-check http|query");
    EXPECT_EQ(run_command({program, "tcp"}),
              "2: \"tcp\" is no check of this program; write http or query");
    EXPECT_EQ(run_command({"/usr/bin/env", "KOMAINU_CHECK_TIMEOUT_MS=1", program, "http"}),
              "2: KOMAINU_CHECK_URL is not set");
}

}  // namespace
}  // namespace komainu::lab
