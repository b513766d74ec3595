// The URL of an http check, as far as the configuration has to understand it: whom it asks, and
// whether it is one at all. The rest is libcurl's business.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace komainu {

/// RFC 3986 section 3: scheme://user@host:port and what follows. Views of the text it was made of.
struct Url {
    std::string_view scheme;
    std::string_view user;  ///< with its password, without the @; mostly empty
    std::string_view host;  ///< an IPv6 address without its brackets
    std::string_view port;  ///< in digits; empty when it is not given
    std::string_view rest;  ///< path and query
};

/// Nothing when the text is no http or https URL.
std::optional<Url> split_url(std::string_view text);

Result<std::string> read_url(std::string_view text);

/// The URL as it may be shown: without a user's name and password.
std::string without_user(std::string_view url);

}  // namespace komainu
