#include "conf/service_check.h"

#include <algorithm>

#include "conf/names.h"
#include "conf/outside.h"
#include "conf/title.h"
#include "conf/url.h"

namespace komainu {

namespace {

/// A key that only one kind of check has.
struct OwnKey {
    CheckKind owner;
    std::string_view key;
    std::string_view example;  ///< of a key that it cannot do without
};

constexpr std::array<OwnKey, 12> own_keys{{
    {CheckKind::process, "pid_file", "such as /run/NAME.pid"},
    {CheckKind::tcp, "address", "such as 127.0.0.1:9999"},
    {CheckKind::http, "url", "such as http://127.0.0.1:8080/health"},
    {CheckKind::http, "status", ""},
    {CheckKind::http, "body", ""},
    {CheckKind::http, "unix_socket", ""},
    {CheckKind::query, "conninfo", "such as host=127.0.0.1 port=9999 dbname=postgres"},
    {CheckKind::query, "query", ""},
    {CheckKind::query, "expect", ""},
    {CheckKind::query, "error_answers", ""},
    {CheckKind::command, "command", "such as /usr/bin/test -e /run/ready"},
    {CheckKind::command, "user", ""},
}};

class ServiceChecker {
public:
    ServiceChecker(const Config& config, const Lines& lines, Problems& problems)
        : config_(config), lines_(lines), problems_(problems) {}

    void check(const ServiceConfig& service) {
        if (problems_.has_error_at(lines_.place(title_of(service), "check"))) return;
        for (const OwnKey& own : own_keys)
            own.owner == service.check ? need(service, own) : refuse(service, own);
        if (service.check == CheckKind::tcp && service.address)
            check_is_own(service, "address", service.address->address,
                         "127.0.0.1:" + std::to_string(service.address->port));
        if (service.check == CheckKind::http && service.unix_socket.empty()) check_url(service);
    }

private:
    void need(const ServiceConfig& service, const OwnKey& own) {
        if (!own.example.empty() && lines_.of_key(title_of(service), own.key) == 0)
            problems_.error(lines_.place(title_of(service), own.key),
                            "is missing, and check = {} needs it; write one, {}",
                            name_of(check_kinds, service.check), own.example);
    }

    void refuse(const ServiceConfig& service, const OwnKey& other) {
        if (lines_.of_key(title_of(service), other.key) != 0)
            problems_.error(lines_.place(title_of(service), other.key),
                            "belongs to check = {}, and this check is {}; remove it",
                            name_of(check_kinds, other.owner), name_of(check_kinds, service.check));
    }

    void check_url(const ServiceConfig& service) {
        const auto url = split_url(service.url);
        const auto address = url ? parse_address(url->host) : std::nullopt;
        if (address)
            check_is_own(service, "url", *address,
                         fmt::format("{}://127.0.0.1{}{}", url->scheme,
                                     url->port.empty() ? "" : ":", url->port));
    }

    // A standby that asks the VIP learns how the active is. And while nobody is active nobody
    // answers there, so that nobody would be healthy enough to become it.
    void check_is_own(const ServiceConfig& service, std::string_view key, const IpAddress& address,
                      const std::string& right) {
        for (const VipConfig& vip : config_.all_vips())
            if (vip.address.address == address)
                return problems_.error(lines_.place(title_of(service), key),
                                       "{} is the address of [vip.{}]: each node must ask its own "
                                       "service; write {}",
                                       to_string(address), vip.name, right);
    }

    const Config& config_;
    const Lines& lines_;
    Problems& problems_;
};

void check_method(const Config& config, const Lines& lines, Problems& problems) {
    if (config.lifecheck.method != LifecheckMethod::query) return;
    const Place place = lines.place("lifecheck", "method");
    const auto asked =
        static_cast<std::size_t>(std::ranges::count_if(config.services, is_asked_from_outside));
    const auto nodes = static_cast<std::size_t>(
        std::ranges::count_if(config.nodes, [](const NodeConfig& n) { return !n.witness; }));
    if (asked == 0)
        problems.error(place,
                       "no service can be asked from outside; it takes one with check = tcp, query "
                       "or http, without a unix_socket and without a weight");
    if (asked * nodes > outside_checks_max)
        problems.error(place,
                       "{} services on {} nodes would be asked from outside, and {} checks are the "
                       "most; watch fewer of them so, or write method = heartbeat",
                       asked, nodes, outside_checks_max);
    if (config.nodes.size() < 3)
        problems.warning(place,
                         "with {} nodes nobody is outvoted, so that nothing comes of it; add a "
                         "node, such as a witness",
                         config.nodes.size());
}

}  // namespace

void check_services(const Config& config, const Lines& lines, Problems& problems) {
    ServiceChecker checker(config, lines, problems);
    for (const ServiceConfig& service : config.services) checker.check(service);
    check_method(config, lines, problems);
}

}  // namespace komainu
