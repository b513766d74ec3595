#include "conf/check_environment.h"

#include "conf/url.h"
#include "conf/value_text.h"

namespace komainu {

namespace {

constexpr const char* timeout = "KOMAINU_CHECK_TIMEOUT_MS";
constexpr const char* url = "KOMAINU_CHECK_URL";
constexpr const char* status = "KOMAINU_CHECK_STATUS";
constexpr const char* body = "KOMAINU_CHECK_BODY";
constexpr const char* unix_socket = "KOMAINU_CHECK_UNIX_SOCKET";
constexpr const char* conninfo = "KOMAINU_CHECK_CONNINFO";
constexpr const char* query = "KOMAINU_CHECK_QUERY";
constexpr const char* expect = "KOMAINU_CHECK_EXPECT";
constexpr const char* connect_to = "KOMAINU_CHECK_CONNECT_TO";
constexpr const char* errors = "KOMAINU_CHECK_ERROR_ANSWERS";

Result<ErrorAnswers> read_error_answers(std::string_view text) {
    return read_choice(text, error_answers);
}

}  // namespace

std::vector<std::string> check_environment(const ServiceConfig& service) {
    std::vector<std::string> variables;
    const auto tell = [&](const char* name, std::string_view value) {
        variables.push_back(std::string(name) + "=" + std::string(value));
    };
    tell(timeout, std::to_string(service.timeout / 1ms));
    if (service.connect_to) tell(connect_to, to_string(*service.connect_to));
    if (service.check == CheckKind::http) {
        tell(url, service.url);
        tell(status, to_string(service.status));
        if (service.body) tell(body, *service.body);
        if (!service.unix_socket.empty()) tell(unix_socket, service.unix_socket);
    } else {
        tell(conninfo, service.conninfo);
        tell(query, service.query);
        if (service.expect) tell(expect, *service.expect);
        tell(errors, name_of(error_answers, service.error_answers));
    }
    return variables;
}

Result<ServiceConfig> read_check_environment(std::string_view kind, const Lookup& lookup) {
    const auto check = read_choice(kind, check_kinds);
    if (!check || (check.value() != CheckKind::http && check.value() != CheckKind::query))
        return Error{quoted(kind) + " is no check of this program; write http or query"};
    ServiceConfig service;
    service.check = check.value();
    EnvironmentReader reader(lookup);
    reader.need(timeout, service.timeout, read_milliseconds);
    reader.take(connect_to, service.connect_to, read_address);
    if (service.check == CheckKind::http) {
        reader.need(url, service.url, read_url);
        reader.take(status, service.status, read_status_list);
        reader.take(body, service.body, read_text);
        reader.take(unix_socket, service.unix_socket, read_absolute_path);
    } else {
        reader.need(conninfo, service.conninfo, read_conninfo);
        reader.take(query, service.query, read_text);
        reader.take(expect, service.expect, read_text);
        reader.take(errors, service.error_answers, read_error_answers);
    }
    if (!reader.status()) return reader.status().error();
    return service;
}

}  // namespace komainu
