// The configuration of services: status lists, URLs, keys of each kind of check, and what is handed
// to komainu-check.
#include <gtest/gtest.h>

#include <map>

#include "conf/check_environment.h"
#include "conf/summary.h"
#include "conf/url.h"
#include "test/unit/conf_text.h"

namespace komainu {
namespace {

using namespace conf_text;

// --- status lists --------------------------------------------------------------------------------

TEST(StatusListText, HasCodesAndRanges) {
    EXPECT_EQ(read_status_list("200").value(), (StatusList{{200, 200}}));
    EXPECT_EQ(read_status_list("200-299 ,301, 100 - 599").value(),
              (StatusList{{200, 299}, {301, 301}, {100, 599}}));
    EXPECT_EQ(to_string(StatusList{{200, 299}, {301, 301}}), "200-299, 301");
}

TEST(StatusListText, IsRefusedWithAReason) {
    const auto error = [](std::string_view text) { return read_status_list(text).error().what; };
    EXPECT_EQ(error("99"), "\"99\" is not a number from 100 to 599; write one");
    EXPECT_EQ(error("200,"), "\"\" is not a number from 100 to 599; write one");
    EXPECT_EQ(error("2xx"), "\"2xx\" is not a number from 100 to 599; write one");
    EXPECT_EQ(error("200-"), "\"\" is not a number from 100 to 599; write one");
    EXPECT_EQ(error("299-200"), "\"299-200\" ends before it begins; write the smaller code first");
    std::string many = "200";
    for (std::size_t i = 1; i < status_ranges_max; ++i) many += ",200";
    EXPECT_TRUE(read_status_list(many));
    EXPECT_EQ(error(many + ",200"), "more than 16 codes or ranges; join some of them");
}

TEST(StatusListText, ContainsBothEndsOfARange) {
    const StatusList list{{200, 299}, {301, 301}};
    for (const int good : {200, 250, 299, 301}) EXPECT_TRUE(contains(list, good)) << good;
    for (const int bad : {199, 300, 302}) EXPECT_FALSE(contains(list, bad)) << bad;
}

// --- URLs ----------------------------------------------------------------------------------------

TEST(UrlText, IsTakenApart) {
    const auto url = split_url("https://u:p@ss@[::1]:8443/a?b=@c:1").value();
    EXPECT_EQ(url.scheme, "https");
    EXPECT_EQ(url.user, "u:p@ss");
    EXPECT_EQ(url.host, "::1");
    EXPECT_EQ(url.port, "8443");
    EXPECT_EQ(url.rest, "/a?b=@c:1");
    EXPECT_EQ(split_url("http://db.example").value().host, "db.example");
    EXPECT_EQ(split_url("http://127.0.0.1?x").value().rest, "?x");
}

TEST(UrlText, IsRefusedWhenItIsNone) {
    for (const char* bad :
         {"", "127.0.0.1:80/", "ftp://h/", "file:///etc/passwd", "http://", "http:///x",
          "http://h:0/", "http://h:65536/", "http://h:/", "http://h:x/", "http://[::1",
          "http://[::1]x/", "http://[h]/", "http://a b/", "http://h/a b", "http://h/\x7f",
          "http://h%20/", "HTTP//h"})
        EXPECT_FALSE(read_url(bad)) << bad;
    EXPECT_TRUE(read_url("http://h/" + std::string(2039, 'x')));
    EXPECT_FALSE(read_url("http://h/" + std::string(2040, 'x')));
}

TEST(UrlText, IsShownWithoutItsUser) {
    EXPECT_EQ(without_user("http://u:secret@h:1/x"), "http://h:1/x");
    EXPECT_EQ(without_user("http://h:1/x@y"), "http://h:1/x@y");
}

// --- keys ----------------------------------------------------------------------------------------

TEST(ConfService, WantsWhatItsKindOfCheckNeeds) {
    EXPECT_EQ(problems_of(good + "[service.a]\ncheck = http\n[service.b]\ncheck = query\n"),
              (Said{"k.conf:12: url: is missing, and check = http needs it; write one, such as "
                    "http://127.0.0.1:8080/health",
                    "k.conf:14: conninfo: is missing, and check = query needs it; write one, such "
                    "as host=127.0.0.1 port=9999 dbname=postgres"}));
}

TEST(ConfService, HasNoKeysOfAnotherKindOfCheck) {
    EXPECT_EQ(problems_of(good + "[service.a]\npid_file = /p\nurl = http://h/\nexpect = t\n"),
              (Said{"k.conf:14: url: belongs to check = http, and this check is process; remove it",
                    "k.conf:15: expect: belongs to check = query, and this check is process; "
                    "remove it"}));
}

TEST(ConfService, IsRefusedForABadUrlOrConnectionStringWithoutShowingIt) {
    EXPECT_EQ(problems_of(good + "[service.a]\ncheck = http\nurl = http//u:secret@h\n"
                                 "[service.b]\ncheck = query\nconninfo = secret\n"),
              (Said{"k.conf:14: url: is no URL of at most 2048 bytes for http or https; write one "
                    "such as http://127.0.0.1:8080/health",
                    "k.conf:17: conninfo: is no connection string; write one such as "
                    "host=127.0.0.1 port=9999 dbname=postgres or "
                    "postgresql://127.0.0.1:9999/postgres"}));
}

TEST(ConfService, IsNotAskedThroughAVip) {
    EXPECT_EQ(problems_of(good + "[service.a]\ncheck = http\nurl = https://10.77.0.100:443/x\n"),
              Said{"k.conf:14: url: 10.77.0.100 is the address of [vip.main]: each node must ask "
                   "its own service; write https://127.0.0.1:443"});
    EXPECT_EQ(problems_of(good + "[service.a]\ncheck = http\nurl = http://10.77.0.100/x\n"
                                 "unix_socket = /s\n"),
              Said{});
}

TEST(ConfService, HasAWeightFromOneTo255) {
    EXPECT_EQ(problems_of(good + "[service.a]\npid_file = /p\nweight = 0\n"),
              Said{"k.conf:14: weight: \"0\" is not a number from 1 to 255; write one"});
    EXPECT_EQ(problems_of(good + "[service.a]\npid_file = /p\nweight = 256\n").size(), 1u);
    EXPECT_EQ(problems_of(good + "[service.a]\npid_file = /p\nweight = 255\n"), Said{});
}

TEST(ConfService, HasTheDocumentedDefaults) {
    const ServiceConfig service;
    EXPECT_EQ(to_string(service.status), "200-299");
    EXPECT_EQ(service.query, "SELECT 1");
    EXPECT_EQ(service.error_answers, ErrorAnswers::ill);
    EXPECT_EQ(service.initial, InitialState::unknown);
    EXPECT_EQ(service.weight, 0);
    EXPECT_EQ(Config{}.lifecheck.require, Require::all);
}

TEST(ConfService, IsSummedUpWithoutItsPasswords) {
    const auto config =
        read_config(good +
                    "[lifecheck]\nrequire = any\n"
                    "[service.web]\ncheck = http\nurl = http://u:secret@127.0.0.1/x\nbody = up\n"
                    "unix_socket = /s\ninitial = well\n"
                    "[service.db]\ncheck = query\nconninfo = password=secret\nexpect = t\n"
                    "error_answers = well\nweight = 50\n")
            .config;
    const auto text = describe(config);
    EXPECT_EQ(text.find("secret"), text.npos);
    const auto begin = text.find("one healthy");
    EXPECT_EQ(text.substr(begin, text.find("keys in") - begin),
              "one healthy service without a weight is enough\n"
              "service web: HTTP GET of http://127.0.0.1/x at /s, status 200-299 and \"up\" in the "
              "body, every 1s, waiting at most 1s; unhealthy after 2 failures, healthy after 1 "
              "success; well until checked\n"
              "service db: the SQL query SELECT 1 answers \"t\", or with an error, every 1s, "
              "waiting at most 1s; unhealthy after 2 failures, healthy after 1 success; unhealthy "
              "it takes 50 from the priority\n");
}

// --- what komainu-check is told ------------------------------------------------------------------

/// What a program with this environment would read.
Result<ServiceConfig> read_back(std::string_view kind, const std::vector<std::string>& variables) {
    std::map<std::string, std::string> environment;
    for (const auto& variable : variables) {
        const auto equals = variable.find('=');
        environment[variable.substr(0, equals)] = variable.substr(equals + 1);
    }
    return read_check_environment(kind, [&](const char* name) -> const char* {
        const auto found = environment.find(name);
        return found == environment.end() ? nullptr : found->second.c_str();
    });
}

TEST(CheckEnvironment, CarriesAnHttpCheck) {
    ServiceConfig told;
    told.check = CheckKind::http;
    told.url = "http://h/x?a=b";
    told.status = {{200, 204}, {301, 301}};
    told.body = "a = b";
    told.unix_socket = "/s";
    told.timeout = 1500ms;
    const auto read = read_back("http", check_environment(told));
    ASSERT_TRUE(read) << read.error().what;
    EXPECT_EQ(read->check, CheckKind::http);
    EXPECT_EQ(read->url, told.url);
    EXPECT_EQ(read->status, told.status);
    EXPECT_EQ(read->body, told.body);
    EXPECT_EQ(read->unix_socket, told.unix_socket);
    EXPECT_EQ(read->timeout, told.timeout);
}

TEST(CheckEnvironment, CarriesAQueryCheck) {
    ServiceConfig told;
    told.check = CheckKind::query;
    told.conninfo = "host=h password='a b=c'";
    told.query = "SELECT a = b FROM c";
    told.expect = "t";
    told.error_answers = ErrorAnswers::well;
    const auto read = read_back("query", check_environment(told));
    ASSERT_TRUE(read) << read.error().what;
    EXPECT_EQ(read->check, CheckKind::query);
    EXPECT_EQ(read->conninfo, told.conninfo);
    EXPECT_EQ(read->query, told.query);
    EXPECT_EQ(read->expect, told.expect);
    EXPECT_EQ(read->error_answers, ErrorAnswers::well);
    told.expect.reset();
    EXPECT_EQ(read_back("query", check_environment(told))->expect, std::nullopt);
}

TEST(CheckEnvironment, IsRefusedByTheNameOfTheVariable) {
    const auto error = [](std::string_view kind, const std::vector<std::string>& variables) {
        return read_back(kind, variables).error().what;
    };
    const std::string timeout = "KOMAINU_CHECK_TIMEOUT_MS=1000",
                      url = "KOMAINU_CHECK_URL=http://h/";
    EXPECT_EQ(error("process", {}), "\"process\" is no check of this program; write http or query");
    EXPECT_EQ(error("http", {url}), "KOMAINU_CHECK_TIMEOUT_MS is not set");
    EXPECT_EQ(error("http", {timeout}), "KOMAINU_CHECK_URL is not set");
    EXPECT_EQ(error("query", {timeout, url}), "KOMAINU_CHECK_CONNINFO is not set");
    EXPECT_EQ(error("http", {url, "KOMAINU_CHECK_TIMEOUT_MS=0"}),
              "KOMAINU_CHECK_TIMEOUT_MS: \"0\" is not a number from 1 to 3600000; write one");
    EXPECT_EQ(error("http", {timeout, url, "KOMAINU_CHECK_STATUS=x"}),
              "KOMAINU_CHECK_STATUS: \"x\" is not a number from 100 to 599; write one");
    EXPECT_EQ(error("query", {timeout, "KOMAINU_CHECK_CONNINFO=secret"}).find("secret"),
              std::string::npos);
}

}  // namespace
}  // namespace komainu
