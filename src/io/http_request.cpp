#include "io/http_request.h"

#include <fmt/format.h>

namespace komainu {

namespace {

std::string_view reason(HttpStatus status) {
    switch (status) {
        case HttpStatus::ok:
            return "OK";
        case HttpStatus::bad_request:
            return "Bad Request";
        case HttpStatus::not_found:
            return "Not Found";
        case HttpStatus::method_not_allowed:
            return "Method Not Allowed";
        case HttpStatus::too_large:
            return "Request Header Fields Too Large";
        case HttpStatus::not_supported:
            return "HTTP Version Not Supported";
    }
    return "";
}

/// Up to the blank; the rest is left.
std::string_view take_word(std::string_view& line) {
    const auto blank = line.find(' ');
    const auto word = line.substr(0, blank);
    line.remove_prefix(blank == line.npos ? line.size() : blank + 1);
    return word;
}

/// A line ends with CR LF, or with a bare LF, as RFC 9112 section 2.2 lets a reader take it.
bool is_whole(std::string_view bytes) {
    return bytes.find("\r\n\r\n") != bytes.npos || bytes.find("\n\n") != bytes.npos;
}

HttpStatus judge(std::string_view method, std::string_view target, std::string_view version,
                 std::string_view path) {
    if (method.empty() || !target.starts_with('/') || !version.starts_with("HTTP/") ||
        version.find(' ') != version.npos)
        return HttpStatus::bad_request;
    if (version != "HTTP/1.1" && version != "HTTP/1.0") return HttpStatus::not_supported;
    if (target.substr(0, target.find('?')) != path) return HttpStatus::not_found;
    if (method != "GET" && method != "HEAD") return HttpStatus::method_not_allowed;
    return HttpStatus::ok;
}

}  // namespace

std::optional<HttpRequest> read_http_request(std::string_view bytes, std::string_view path) {
    if (!is_whole(bytes)) {
        if (bytes.size() < http_request_bytes_max) return {};
        return HttpRequest{HttpStatus::too_large};
    }
    std::string_view line = bytes.substr(0, bytes.find('\n'));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const auto method = take_word(line);
    const auto target = take_word(line);
    return HttpRequest{judge(method, target, line, path), method == "HEAD"};
}

std::string http_answer(const HttpRequest& request, std::string_view content_type,
                        std::string page) {
    const bool is_ok = request.status == HttpStatus::ok;
    const auto status =
        fmt::format("{} {}", static_cast<int>(request.status), reason(request.status));
    if (!is_ok) page = status + "\n";
    std::string answer = fmt::format(
        "HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n{}Connection: close\r\n\r\n",
        status, is_ok ? content_type : "text/plain; charset=utf-8", page.size(),
        request.status == HttpStatus::method_not_allowed ? "Allow: GET, HEAD\r\n" : "");
    return request.only_head ? answer : answer + page;
}

}  // namespace komainu
