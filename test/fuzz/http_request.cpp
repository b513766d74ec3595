// What whoever reaches the exporter says (io/http_request.h).
#include "io/http_request.h"

#include "test/fuzz/fuzz.h"

namespace komainu::fuzz {

void examine(Bytes input) {
    const std::string bytes = text_of(input);
    const auto request = read_http_request(bytes, "/metrics");
    if (!request) return must_hold(bytes.size() < http_request_bytes_max, "a request has an end");
    must_hold(read_http_request(bytes + "x", "/metrics") == request,
              "what comes behind a request changes nothing about it");
    const std::string answer = http_answer(*request, "text/plain", "page\n");
    must_hold(answer.starts_with("HTTP/1.1 ") && answer.find("\r\n\r\n") != answer.npos,
              "an answer has a head");
    must_hold(answer.ends_with("\r\n\r\npage\n") ==
                  (request->status == HttpStatus::ok && !request->only_head),
              "only who asks for the page gets it");
}

std::vector<std::string> seeds() {
    return {"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:9695\r\nAccept: */*\r\n\r\n",
            "HEAD /metrics HTTP/1.0\n\n",
            "POST /metrics?a=b HTTP/1.1\r\nContent-Length: 3\r\n\r\na=b",
            "GET http://a/metrics HTTP/1.1\r\n\r\n",
            "\x16\x03\x01\x02\n\n",
            "GET / HTTP/9.9\r\n\r\n"};
}

}  // namespace komainu::fuzz
