#include "ctl/control.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>

#include "io/host_view.h"
#include "io/journal.h"
#include "io/unix_request.h"

namespace komainu {

namespace {

using nlohmann::json;

constexpr std::size_t answer_bytes_max = 1 << 20;

/// How to be one of those who may.
std::string way_in(const std::string& path) {
    auto group = group_of(path);
    if (group.empty()) group = group_of(path.substr(0, path.rfind('/')));
    if (group.empty() || group == "root") return "use sudo";
    return fmt::format("use sudo, or join its group: usermod -aG {} USER, then log in anew", group);
}

Answer explain(const Error& error, const std::string& path, Duration patience) {
    switch (error.code) {
        case ENOENT:
        case ENOTDIR:
            return {ExitStatus::no_daemon,
                    fmt::format("no daemon: there is no socket {}; start komainud, or name another "
                                "socket with --socket",
                                path),
                    {}};
        case ECONNREFUSED:
            return {ExitStatus::no_daemon,
                    fmt::format("no daemon: nobody listens at {}; start komainud, its log says why "
                                "it ended",
                                path),
                    {}};
        case EACCES:
            return {ExitStatus::no_daemon,
                    fmt::format("no daemon can be asked: this user may not use {}; {}", path,
                                way_in(path)),
                    {}};
        case EAGAIN:
        case ETIMEDOUT:
            return {ExitStatus::failed,
                    fmt::format("the daemon at {} gave no answer within {} s; look at its log",
                                path, patience / 1s),
                    {}};
        case ECONNRESET:
            return {ExitStatus::failed,
                    fmt::format("the daemon at {} closed the connection without an answer; look at "
                                "its log",
                                path),
                    {}};
        default:
            return {ExitStatus::failed, fmt::format("{}: {}", path, error.what), {}};
    }
}

}  // namespace

std::string printable(std::string text) {
    std::ranges::transform(text, text.begin(), printable_byte);
    return text;
}

Answer read_answer(const std::string& line) {
    auto body = json::parse(line, nullptr, false);
    const auto ok = body.is_object() ? body.find("ok") : body.end();
    if (!body.is_object() || ok == body.end() || !ok->is_boolean())
        return {ExitStatus::failed, "the daemon's answer is not one of komainud", {}};
    if (ok->get<bool>()) return {ExitStatus::done, "", std::move(body)};
    const auto error = body.find("error");
    std::string why;
    if (error != body.end() && error->is_string()) why = printable(error->get<std::string>());
    if (why.empty()) why = "the daemon refused and gave no reason";
    if (const auto details = body.find("details"); details != body.end() && details->is_array())
        for (const auto& detail : *details)
            if (detail.is_string()) why += "\n  " + printable(detail.get<std::string>());
    // It may also let a user connect, and then refuse him.
    const bool is_forbidden = body.value("code", json()) == "forbidden";
    return {ExitStatus::failed, std::move(why), {}, is_forbidden ? EACCES : 0};
}

Answer ask(const std::string& socket_path, const json& request, Duration patience) {
    const auto line = request_line(socket_path, request.dump(), {patience, answer_bytes_max});
    if (!line) {
        auto answer = explain(line.error(), socket_path, patience);
        answer.code = line.error().code;
        return answer;
    }
    return read_answer(line.value());
}

}  // namespace komainu
