// What the answers of HTTP and SQL servers mean. Pure: what was asked for, what came, the outcome.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "checker/outcome.h"
#include "conf/config.h"

namespace komainu {

/// Of the body only so much is read and looked at.
inline constexpr std::size_t body_bytes_max = 64 * 1024;

Outcome judge_response(const ServiceConfig& service, int status, std::string_view body);

/// The first column of the first row of an answer.
struct Row {
    std::optional<std::string_view> value;  ///< nothing: NULL
};

/// Nothing: no row with a column came.
Outcome judge_row(const ServiceConfig& service, const std::optional<Row>& row);

/// An error, as libpq words it with PQERRORS_VERBOSE. It was reported by a server if there is an
/// SQLSTATE in it; else the server was not reached, or is lost.
Outcome judge_error(const ServiceConfig& service, std::string_view message);

/// "57P03" of "… failed: FATAL:  57P03: the database system is starting up"; empty: there is none.
std::string_view sqlstate_of(std::string_view message);

/// What somebody else wrote as one printable line: a space for each run of blanks and line ends, a
/// question mark for what is not printable ASCII.
std::string one_line(std::string_view text);

}  // namespace komainu
