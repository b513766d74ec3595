#include "checker/answer.h"

#include <fmt/format.h>

#include <algorithm>

#include "conf/value_text.h"

namespace komainu {

namespace {

bool is_in_sqlstate(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); }

/// Of what libpq says: the first line, and what it says of each further address that it tried.
std::string gist(std::string_view message) {
    std::string text;
    for (std::size_t begin = 0; begin < message.size();) {
        const auto end = std::min(message.find('\n', begin), message.size());
        const auto line = message.substr(begin, end - begin);
        if (begin == 0 || line.starts_with("connection to server"))
            text += (begin == 0 ? "" : "; ") + one_line(line);
        begin = end + 1;
    }
    return text;
}

}  // namespace

Outcome judge_response(const ServiceConfig& service, int status, std::string_view body) {
    if (!contains(service.status, status))
        return {Finding::ill, fmt::format("HTTP {}, not {}", status, to_string(service.status))};
    if (service.body && body.find(*service.body) == body.npos)
        return {Finding::ill,
                one_line(fmt::format("HTTP {}, without {} in the first {} KiB of the body", status,
                                     quoted(*service.body), body_bytes_max / 1024))};
    return {Finding::well, fmt::format("HTTP {}", status)};
}

Outcome judge_row(const ServiceConfig& service, const std::optional<Row>& row) {
    if (!row) return {Finding::ill, "the answer has no row"};
    const std::string answer = row->value ? quoted(*row->value) : "NULL";
    if (service.expect && row->value != *service.expect)
        return {Finding::ill,
                one_line(fmt::format("the answer is {}, not {}", answer, quoted(*service.expect)))};
    return {Finding::well, one_line("the answer is " + answer)};
}

Outcome judge_error(const ServiceConfig& service, std::string_view message) {
    const bool is_answer = !sqlstate_of(message).empty();
    if (is_answer && service.error_answers == ErrorAnswers::well)
        return {Finding::well, "answers with an error: " + gist(message)};
    return {Finding::ill, gist(message)};
}

// Severity and message may be in any language; libpq sets the SQLSTATE apart from the severity by
// ":  " and ends it with ": " in all of them (pqBuildErrorMessage3 in fe-protocol3.c). What it says
// on its own account has no such thing.
std::string_view sqlstate_of(std::string_view message) {
    constexpr std::string_view before = ":  ", after = ": ";
    constexpr std::size_t length = 5;
    for (auto at = message.find(before); at != message.npos; at = message.find(before, at + 1)) {
        const auto state = message.substr(at + before.size(), length);
        const auto rest = message.substr(std::min(at + before.size() + length, message.size()));
        if (state.size() == length && std::ranges::all_of(state, is_in_sqlstate) &&
            rest.starts_with(after))
            return state;
    }
    return {};
}

std::string one_line(std::string_view text) {
    std::string line;
    for (const char c : text) {
        const bool is_blank = c == ' ' || (c >= '\t' && c <= '\r');
        if (!is_blank)
            line += c > 0x20 && c < 0x7f ? c : '?';
        else if (!line.empty() && line.back() != ' ')
            line += ' ';
    }
    if (line.ends_with(' ')) line.pop_back();
    return line;
}

}  // namespace komainu
