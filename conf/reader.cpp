#include "conf/reader.h"

#include <algorithm>
#include <boost/program_options/errors.hpp>
#include <boost/program_options/parsers.hpp>
#include <boost/program_options/variables_map.hpp>
#include <iterator>

#include "conf/keys.h"
#include "conf/nearest.h"
#include "conf/scanner.h"
#include "conf/value_text.h"

namespace komainu {

namespace po = boost::program_options;

namespace {

std::vector<std::string> names_of(const Keys& keys) {
    std::vector<std::string> names;
    for (const auto& key : keys.options()) names.push_back(key->long_name());
    return names;
}

/// Reads the entries of one section into the members that its keys name. Each line is handed to
/// Boost by itself, so that what Boost says about it is said about that line.
class SectionReader {
public:
    SectionReader(const Section& section, const Keys& keys, ReadConfig& read)
        : section_(section), keys_(keys), read_(read) {}

    void run() {
        for (const Entry& entry : section_.entries)
            if (is_welcome(entry)) store(entry);
        set_members();
    }

private:
    bool is_welcome(const Entry& entry) {
        const Place place{entry.line, entry.key};
        const auto* key = keys_.find_nothrow(entry.key, false);
        if (key == nullptr) {
            read_.problems.error(place, "there is no such key in [{}]; did you mean {}?",
                                 section_.title(), nearest(entry.key, names_of(keys_)));
            return false;
        }
        const int before = read_.lines.of_key(section_.title(), entry.key);
        if (before != 0 && !key->semantic()->is_composing()) {
            read_.problems.error(place, "is given already on line {}; keep one of the two", before);
            return false;
        }
        read_.lines.add_key(section_.title(), entry.key, entry.line);
        if (entry.value.empty())
            read_.problems.error(place, "has no value; write one, or remove the line");
        return !entry.value.empty();
    }

    void store(const Entry& entry) {
        po::parsed_options line(&keys_);
        line.options.emplace_back(entry.key, std::vector{entry.value});
        try {
            po::store(line, values_);
        } catch (const po::error& wrong) {
            read_.problems.error({entry.line, entry.key}, "{}", wrong.what());
        }
    }

    // Not po::notify(): it gives up at the first required key that is missing.
    void set_members() {
        for (const auto& key : keys_.options()) {
            const auto& name = key->long_name();
            const auto found = values_.find(name);
            if (found != values_.end() && !found->second.empty())
                key->semantic()->notify(found->second.value());
            else if (key->semantic()->is_required() &&
                     read_.lines.of_key(section_.title(), name) == 0)
                read_.problems.error(read_.lines.place(section_.title(), name),
                                     "is missing; write {} = ... under [{}]", name,
                                     section_.title());
        }
    }

    const Section& section_;
    const Keys& keys_;
    ReadConfig& read_;
    po::variables_map values_;
};

void read_section(const Section& section, const Keys& keys, ReadConfig& read) {
    SectionReader(section, keys, read).run();
}

/// Adds to a list of the model what one of its sections says, up to the most that there may be.
template <class Item>
void read_item(const Section& section, Item item, std::vector<Item>& list, std::size_t most,
               ReadConfig& read) {
    if (list.size() == most)
        read.problems.error(read.lines.section(section.title()),
                            "one too many, there may be at most {}; remove it", most);
    if (list.size() >= most) return;
    read_section(section, keys_of(item), read);
    list.push_back(std::move(item));
}

void read_cluster(const Section& section, ReadConfig& read) {
    read_section(section, cluster_keys(read.config), read);
}

void read_node(const Section& section, ReadConfig& read) {
    NodeConfig node;
    node.id = NodeId{static_cast<std::uint8_t>(std::stoi(section.name))};
    read_item(section, node, read.config.nodes, nodes_max, read);
}

void read_heartbeat(const Section& section, ReadConfig& read) {
    read_section(section, keys_of(read.config.heartbeat), read);
}

void read_link(const Section& section, ReadConfig& read) {
    LinkConfig link;
    link.number = std::stoi(section.name);
    read_item(section, link, read.config.links, links_max, read);
}

/// One of those that are told apart by their names.
template <class Item>
void read_named(const Section& section, std::vector<Item>& items, std::size_t most,
                ReadConfig& read) {
    Item item;
    item.name = section.name;
    read_item(section, item, items, most, read);
}

void read_vip(const Section& section, ReadConfig& read) {
    read_named(section, read.config.vips, vips_max, read);
}

void read_route(const Section& section, ReadConfig& read) {
    read_named(section, read.config.routes, routes_max, read);
}

void read_rule(const Section& section, ReadConfig& read) {
    read_named(section, read.config.rules, rules_max, read);
}

void read_lifecheck(const Section& section, ReadConfig& read) {
    read_section(section, keys_of(read.config.lifecheck), read);
}

void read_service(const Section& section, ReadConfig& read) {
    read_named(section, read.config.services, services_max, read);
}

void read_hook(const Section& section, ReadConfig& read) {
    read_named(section, read.config.hooks, hooks_max, read);
}

void read_backends(const Section& section, ReadConfig& read) {
    read_section(section, keys_of(read.config.backends), read);
}

void read_backend(const Section& section, ReadConfig& read) {
    BackendConfig backend;
    backend.id = std::stoi(section.name);
    read_item(section, backend, read.config.backend_list, backends_max, read);
}

void read_pgpool(const Section& section, ReadConfig& read) {
    read_section(section, keys_of(read.config.pgpool.emplace()), read);
}

void read_control(const Section& section, ReadConfig& read) {
    read_section(section, keys_of(read.config.control), read);
}

void read_daemon(const Section& section, ReadConfig& read) {
    read_section(section, keys_of(read.config.daemon), read);
}

/// What stands after the dot of a section's title.
enum class Suffix { none, number, number_from_0, name };

struct SectionKind {
    std::string_view kind;
    Suffix suffix;
    void (*read)(const Section&, ReadConfig&);
};

constexpr std::array<SectionKind, 15> section_kinds{{
    {"cluster", Suffix::none, read_cluster},
    {"node", Suffix::number, read_node},
    {"heartbeat", Suffix::none, read_heartbeat},
    {"link", Suffix::number, read_link},
    {"vip", Suffix::name, read_vip},
    {"route", Suffix::name, read_route},
    {"rule", Suffix::name, read_rule},
    {"lifecheck", Suffix::none, read_lifecheck},
    {"service", Suffix::name, read_service},
    {"hook", Suffix::name, read_hook},
    {"backends", Suffix::none, read_backends},
    {"backend", Suffix::number_from_0, read_backend},
    {"pgpool", Suffix::none, read_pgpool},
    {"control", Suffix::none, read_control},
    {"daemon", Suffix::none, read_daemon},
}};

/// How the section is written: "[node.N]".
std::string usage_of(const SectionKind& kind) {
    constexpr std::array<std::string_view, 4> suffixes{"", ".N", ".N", ".NAME"};
    return fmt::format("[{}{}]", kind.kind, suffixes[static_cast<std::size_t>(kind.suffix)]);
}

const SectionKind& nearest_kind(std::string_view word) {
    return *std::ranges::min_element(section_kinds, {}, [&](const SectionKind& known) {
        return edit_distance(word, known.kind);
    });
}

/// The suffix in its one spelling ("01" becomes "1"), or what is wrong with it.
Result<std::string> read_suffix(const SectionKind& kind, const std::string& text) {
    if (kind.suffix == Suffix::none) {
        if (text.empty()) return text;
        return Error{"has no part after a dot; write " + usage_of(kind)};
    }
    if (text.empty()) return Error{"does not say which one; write " + usage_of(kind)};
    if (kind.suffix == Suffix::name) return read_name(text);
    const int first = kind.suffix == Suffix::number ? 1 : 0;
    auto number = read_number(text, {first, first + nodes_max - 1});
    if (!number) return number.error();
    return std::to_string(*number);
}

void read_one(Section section, ReadConfig& read) {
    const Place place{section.line, fmt::format("[{}]", section.title())};
    const auto& kind = nearest_kind(section.kind);
    if (kind.kind != section.kind)
        return read.problems.error(place, "there is no such section; did you mean {}?",
                                   usage_of(kind));
    auto suffix = read_suffix(kind, section.name);
    if (!suffix) return read.problems.error(place, "{}", suffix.error().what);
    section.name = *suffix;
    if (const int before = read.lines.of_section(section.title()))
        return read.problems.error(place, "is given already on line {}; put its keys there",
                                   before);
    read.lines.add_section(section.title(), section.line);
    kind.read(section, read);
}

/// Nothing that komainu does for a VIP is done for these.
void set_command_vips_apart(Config& config) {
    std::ranges::copy_if(config.vips, std::back_inserter(config.command_vips),
                         &VipConfig::has_commands);
    std::erase_if(config.vips, [](const VipConfig& vip) { return vip.has_commands(); });
}

}  // namespace

ReadConfig read_config(std::string_view text) {
    ReadConfig read;
    for (Section& section : scan(text, read.problems))
        if (!section.kind.empty()) read_one(std::move(section), read);
    if (read.lines.of_section("cluster") == 0)
        read.problems.error(read.lines.section("cluster"),
                            "is missing; write [cluster] and name = ... under it");
    std::ranges::sort(read.config.nodes, {}, [](const NodeConfig& n) { return number(n.id); });
    std::ranges::sort(read.config.backend_list, {}, &BackendConfig::id);
    set_command_vips_apart(read.config);
    return read;
}

std::vector<std::string> known_keys() {
    std::vector<std::string> all;
    const auto add = [&](std::string_view section, const Keys& keys) {
        for (const auto& name : names_of(keys)) all.push_back(fmt::format("{}.{}", section, name));
    };
    Config config;
    NodeConfig node;
    LinkConfig link;
    VipConfig vip;
    RouteConfig route;
    RuleConfig rule;
    ServiceConfig service;
    HookConfig hook;
    BackendConfig backend;
    PgpoolConfig pgpool;
    add("cluster", cluster_keys(config));
    add("node.N", keys_of(node));
    add("heartbeat", keys_of(config.heartbeat));
    add("link.N", keys_of(link));
    add("vip.NAME", keys_of(vip));
    add("route.NAME", keys_of(route));
    add("rule.NAME", keys_of(rule));
    add("lifecheck", keys_of(config.lifecheck));
    add("service.NAME", keys_of(service));
    add("hook.NAME", keys_of(hook));
    add("backends", keys_of(config.backends));
    add("backend.N", keys_of(backend));
    add("pgpool", keys_of(pgpool));
    add("control", keys_of(config.control));
    add("daemon", keys_of(config.daemon));
    return all;
}

}  // namespace komainu
