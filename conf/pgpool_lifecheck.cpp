#include "conf/pgpool_lifecheck.h"

#include <algorithm>

#include "conf/config.h"
#include "conf/pgpool_command.h"

namespace komainu {

namespace {

constexpr std::string_view no_hash = "a # cannot stand in a value of komainu.conf";
constexpr std::size_t nodes_to_outvote = 3;

/// As libpq reads it: in quotes unless it is plain.
std::string conninfo_value(std::string_view text) {
    const auto is_plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '.';
    };
    if (std::ranges::all_of(text, is_plain)) return std::string(text);
    std::string value = "'";
    for (const char c : text) {
        if (c == '\'' || c == '\\') value += '\\';
        value += c;
    }
    return value + "'";
}

class Writer {
public:
    Writer(const PgpoolNodes& nodes, PgpoolWatchdog& watchdog, PgpoolDraft& draft)
        : nodes_(nodes), watchdog_(watchdog), draft_(draft) {}

    void run() {
        const auto* given = watchdog_.take("wd_lifecheck_method");
        const std::string method = given != nullptr ? given->value : "heartbeat";
        draft_.section("lifecheck");
        if (method == "external") {
            draft_.comment("The program tells komainuctl report NODE alive|dead what it finds.");
            draft_.key("method", "external", given->name);
        } else if (method == "query") {
            write_query_method(*given);
        } else if (method == "heartbeat") {
            draft_.key("method", "heartbeat", given != nullptr ? given->name : "");
        } else {
            draft_.refuse(*given, "komainu knows heartbeat, query and external");
        }
        write_tracked();
        draft_.section("service.pgpool");
        method == "query" ? write_query() : write_process();
    }

private:
    void write_query_method(const PgpoolParameter& given) {
        if (nodes_.numbers.size() >= nodes_to_outvote)
            return draft_.key("method", "query", given.name);
        draft_.comment(
            "wd_lifecheck_method = query: each node asks its own pgpool. That they ask one "
            "another's");
        draft_.comment("as well (method = query) takes three nodes: of two none can be outvoted.");
    }

    // In pgpool-II a node is lost when all of them are down.
    void write_tracked() {
        const auto* given = watchdog_.take("wd_monitoring_interfaces_list");
        if (given == nullptr) return;
        if (given->value == "any")
            return draft_.leave_out(*given,
                                    "the interfaces of VIPs are watched in any case; others are "
                                    "by their names, such as track_interface = eth1");
        std::string names;
        for (const auto item : items_of(given->value, ','))
            names += (names.empty() ? "" : " ") + std::string(item);
        const auto read = read_interface_names(names, tracked_interfaces_max);
        if (!read || !can_stand(names))
            return draft_.refuse(*given, read ? no_hash : read.error().what);
        draft_.comment("A node needs each of them; in pgpool-II it needs one of them.");
        draft_.key("track_interface", names, given->name);
    }

    void write_process() {
        draft_.key("check", "process", "");
        const auto* given = watchdog_.take("pid_file_name");
        if (given != nullptr && given->value.starts_with('/') && can_stand(given->value))
            return draft_.key("pid_file", given->value, given->name);
        if (given != nullptr)
            draft_.change(fmt::format("pid_file_name = {} is not an absolute path", given->value));
        else
            draft_.change(
                "pid_file_name is not given; this is the usual one, Debian's is "
                "/var/run/postgresql/pgpool.pid");
        draft_.key("pid_file", "/var/run/pgpool/pgpool.pid", "");
    }

    void write_query() {
        draft_.key("check", "query", "");
        draft_.comment(
            "A pgpool that searches a primary accepts nobody, and with all backends down it hangs "
            "up:");
        draft_.comment(
            "then the VIP moves for nothing. check = process, with its pid_file, does not mind.");
        write_conninfo();
        if (const auto* password = watchdog_.take("wd_lifecheck_password"))
            draft_.refuse(*password, why_not(password->name));
        if (const auto* query = watchdog_.take("wd_lifecheck_query"))
            can_stand(query->value) ? draft_.key("query", query->value, query->name)
                                    : draft_.refuse(*query, no_hash);
        if (const auto* interval = watchdog_.take("wd_interval")) write_interval(*interval);
        if (const auto* fall = watchdog_.take("wd_life_point")) write_fall(*fall);
    }

    void write_conninfo() {
        const auto port = take_port();
        std::string from = port.from;
        const auto taken = [&](std::string_view name, std::string_view otherwise) {
            const auto* given = watchdog_.take(name);
            if (given != nullptr) from += (from.empty() ? "" : ", ") + given->name;
            return conninfo_value(given != nullptr ? given->value : otherwise);
        };
        const auto database = taken("wd_lifecheck_dbname", "template1");
        const auto user = taken("wd_lifecheck_user", "nobody");
        const auto text =
            fmt::format("host=127.0.0.1 port={} dbname={} user={}", port.number, database, user);
        if (can_stand(text)) return draft_.key("conninfo", text, from);
        draft_.change(fmt::format("a # cannot stand in a value, as in those of {}", from));
        draft_.key("conninfo", "host=127.0.0.1 port=9999 dbname=template1 user=nobody", "");
    }

    AgreedPort take_port() {
        std::vector<const PgpoolParameter*> given;
        if (const auto* own = watchdog_.take("port")) given.push_back(own);
        if (given.empty())
            for (const auto& [id, parameter] : watchdog_.take_numbered("pgpool_port"))
                given.push_back(parameter);
        auto port =
            agreed_port(given, "all nodes are asked at the one port of the conninfo", draft_);
        if (!port.number.empty()) return port;
        draft_.change("port is not given; pgpool-II's default is 9999, Debian's 5433");
        return {"9999", ""};
    }

    void write_interval(const PgpoolParameter& given) {
        const auto interval = read_pgpool_duration(given.value, {100ms, 60min});
        interval ? draft_.key("interval", to_string(interval.value()), given.name)
                 : draft_.refuse(given, interval.error().what);
    }

    void write_fall(const PgpoolParameter& given) {
        const auto number = read_number(given.value, {1, 1000});
        number ? draft_.key("fall", std::to_string(number.value()), given.name)
               : draft_.refuse(given, number.error().what);
    }

    const PgpoolNodes& nodes_;
    PgpoolWatchdog& watchdog_;
    PgpoolDraft& draft_;
};

/// pgpool-II hands the command to a shell, waits for its end before it moves the VIP, and goes on
/// also when it has failed.
void write_hook(std::string_view name, std::string_view event, const PgpoolParameter* given,
                PgpoolDraft& draft) {
    if (given == nullptr) return;
    const auto command = command_of_shell(given->value);
    if (!command) return draft.refuse(*given, command.error().what);
    draft.section(fmt::format("hook.{}", name));
    draft.comment(
        "It runs as the user of komainud, unless user = ... names another, and for 30s at most.");
    draft.key("on", event, "");
    draft.key("command", command.value(), given->name);
    draft.key("when", "before", "");
    draft.key("wait", "yes", "");
}

}  // namespace

void write_lifecheck_sections(const PgpoolNodes& nodes, PgpoolWatchdog& watchdog,
                              PgpoolDraft& draft) {
    Writer(nodes, watchdog, draft).run();
}

void write_hook_sections(PgpoolWatchdog& watchdog, PgpoolDraft& draft) {
    write_hook("escalation", "active", watchdog.take("wd_escalation_command"), draft);
    write_hook("de-escalation", "standby", watchdog.take("wd_de_escalation_command"), draft);
}

}  // namespace komainu
