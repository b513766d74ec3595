// As much of HTTP/1.1 (RFC 9112) as it takes to give one page to whoever asks for it by GET or
// HEAD: what is asked, and the bytes of the answer. One request a connection, whose end is the
// answer's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace komainu {

inline constexpr std::size_t http_request_bytes_max = 8192;

enum class HttpStatus : std::uint16_t {
    ok = 200,
    bad_request = 400,
    not_found = 404,
    method_not_allowed = 405,
    too_large = 431,  ///< the header fields (RFC 6585 section 5)
    not_supported = 505,
};

struct HttpRequest {
    HttpStatus status = HttpStatus::ok;  ///< that it is to be answered with; ok: it is for the page
    bool only_head = false;              ///< the answer is not to have the page itself
    bool operator==(const HttpRequest&) const = default;
};

/// By the bytes that have come; nothing while the request may go on. A body is not looked at.
std::optional<HttpRequest> read_http_request(std::string_view bytes, std::string_view path);

/// For another status than ok the page is a line that names it.
std::string http_answer(const HttpRequest& request, std::string_view content_type,
                        std::string page);

}  // namespace komainu
