// What is asked over HTTP, and the answer's bytes.
#include "io/http_request.h"

#include <gtest/gtest.h>

namespace komainu {
namespace {

std::optional<HttpRequest> read(std::string_view bytes) {
    return read_http_request(bytes, "/metrics");
}

constexpr HttpRequest page{HttpStatus::ok, false};

TEST(HttpRequest, IsForThePage) {
    EXPECT_EQ(read("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"), page);
    EXPECT_EQ(read("GET /metrics HTTP/1.0\r\n\r\n"), page);
    EXPECT_EQ(read("GET /metrics?x=y HTTP/1.1\r\n\r\n"), page);
    EXPECT_EQ(read("GET /metrics HTTP/1.1\n\n"), page);
    EXPECT_EQ(read("HEAD /metrics HTTP/1.1\r\n\r\n"), (HttpRequest{HttpStatus::ok, true}));
}

TEST(HttpRequest, IsNothingBeforeItIsWhole) {
    const std::string whole = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";
    for (std::size_t i = 0; i < whole.size(); ++i)
        EXPECT_EQ(read(std::string_view(whole).substr(0, i)), std::nullopt) << i;
}

TEST(HttpRequest, IsRefusedByItsKind) {
    const auto status = [](std::string_view line) {
        return read(std::string(line) + "\r\n\r\n").value().status;
    };
    EXPECT_EQ(status("GET / HTTP/1.1"), HttpStatus::not_found);
    EXPECT_EQ(status("GET /metricsx HTTP/1.1"), HttpStatus::not_found);
    EXPECT_EQ(status("POST / HTTP/1.1"), HttpStatus::not_found);
    EXPECT_EQ(status("POST /metrics HTTP/1.1"), HttpStatus::method_not_allowed);
    EXPECT_EQ(status("get /metrics HTTP/1.1"), HttpStatus::method_not_allowed);
    EXPECT_EQ(status("GET /metrics HTTP/2"), HttpStatus::not_supported);
    for (const char* line :
         {"", "GET", "GET /metrics", "GET  /metrics HTTP/1.1", "GET /metrics HTTP/1.1 x",
          "GET http://a/metrics HTTP/1.1", "\x16\x03"})
        EXPECT_EQ(status(line), HttpStatus::bad_request) << line;
}

TEST(HttpRequest, IsTooLargeAtItsLimit) {
    const std::string header = "GET /metrics HTTP/1.1\r\nX: ";
    EXPECT_EQ(read(header + std::string(http_request_bytes_max - header.size() - 1, 'x')),
              std::nullopt);
    EXPECT_EQ(read(header + std::string(http_request_bytes_max - header.size(), 'x')),
              (HttpRequest{HttpStatus::too_large, false}));
}

TEST(HttpAnswer, HasThePageUnlessOnlyItsHeadIsWanted) {
    EXPECT_EQ(http_answer(page, "text/plain", "a 1\n"),
              "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n"
              "Connection: close\r\n\r\na 1\n");
    EXPECT_EQ(http_answer({HttpStatus::ok, true}, "text/plain", "a 1\n"),
              "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n"
              "Connection: close\r\n\r\n");
    EXPECT_EQ(http_answer({HttpStatus::method_not_allowed, false}, "text/html", ""),
              "HTTP/1.1 405 Method Not Allowed\r\nContent-Type: text/plain; charset=utf-8\r\n"
              "Content-Length: 23\r\nAllow: GET, HEAD\r\nConnection: close\r\n\r\n"
              "405 Method Not Allowed\n");
}

}  // namespace
}  // namespace komainu
