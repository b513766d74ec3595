#include "conf/route_check.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>

#include "conf/title.h"

namespace komainu {

namespace {

/// The prefix with its host bits all zero.
Prefix network_of(Prefix prefix) {
    for (std::size_t bit = prefix.length; bit < prefix.address.size() * 8; ++bit)
        prefix.address.bytes[bit / 8] &= static_cast<std::uint8_t>(~(0x80u >> bit % 8));
    return prefix;
}

std::string_view name_of(Family family) { return family == Family::ipv4 ? "IPv4" : "IPv6"; }

/// What routes and rules have in common: values of one section.
class SectionChecker {
public:
    SectionChecker(std::string title, const Lines& lines, Problems& problems)
        : title_(std::move(title)), lines_(lines), problems_(problems) {}

    const std::string& title() const { return title_; }
    Place place(std::string_view key) const { return lines_.place(title_, key); }
    bool is_refused(std::string_view key) const { return problems_.has_error_at(place(key)); }
    template <class... A>
    void error(std::string_view key, fmt::format_string<A...> text, A&&... arguments) {
        problems_.error(place(key), text, std::forward<A>(arguments)...);
    }

    /// Whether it is of the family that the section is of already.
    bool check_family(std::string_view key, const IpAddress& address, std::string_view first_key,
                      Family family) {
        if (address.family == family) return true;
        error(key, "{} is of {}, and {} is of {}; write both of one family", to_string(address),
              name_of(address.family), first_key, name_of(family));
        return false;
    }

    void check_network(std::string_view key, const Prefix& prefix) {
        const Prefix network = network_of(prefix);
        if (prefix != network)
            error(key, "{} is an address in a network, and not the network; write {}, or {}",
                  to_string(prefix), to_string(network), to_string(prefix.address));
    }

private:
    std::string title_;
    const Lines& lines_;
    Problems& problems_;
};

class RouteChecker {
public:
    RouteChecker(const Config& config, const Lines& lines, Problems& problems)
        : config_(config), lines_(lines), problems_(problems) {}

    void run() {
        for (const RouteConfig& route : config_.routes) check(route);
        for (const RuleConfig& rule : config_.rules) check(rule);
    }

private:
    void check(const RouteConfig& route) {
        SectionChecker section(title_of(route), lines_, problems_);
        for (const char* key : {"destination", "via", "source"})
            if (section.is_refused(key)) return;
        if (!route.destination && !route.via && !route.source)
            return section.error("destination",
                                 "could be of IPv4 or of IPv6; write 0.0.0.0/0 or ::/0, or via");
        const Family family = route.network().address.family;
        const char* first_key = route.destination ? "destination" : "via";
        if (route.destination) section.check_network("destination", *route.destination);
        if (route.via && section.check_family("via", *route.via, first_key, family))
            check_gateway(section, *route.via);
        if (route.source && section.check_family("source", *route.source, first_key, family))
            check_source(section, *route.source);
        check_place(section, route);
    }

    /// A host is not its own gateway.
    void check_gateway(SectionChecker& section, const IpAddress& via) {
        const auto is_via = [&](const VipConfig& vip) { return vip.address.address == via; };
        const auto vips = config_.all_vips();
        if (const auto vip = std::ranges::find_if(vips, is_via); vip != vips.end())
            section.error("via",
                          "{} is the address of [{}], which the active itself has; write that of a "
                          "router",
                          to_string(via), title_of(*vip));
        if (const NodeConfig* node = node_with(via); node != nullptr && !node->witness)
            section.error("via", "{} is the own address of [{}]; write that of a router",
                          to_string(via), title_of(*node));
        check_is_host(section, "via", via);
    }

    /// One that only one of the nodes has keeps the others from becoming the active.
    void check_source(SectionChecker& section, const IpAddress& source) {
        const NodeConfig* node = node_with(source);
        const auto is_other = [&](const NodeConfig& n) { return !n.witness && &n != node; };
        if (node != nullptr && std::ranges::any_of(config_.nodes, is_other))
            section.error("source",
                          "{} is the own address of [{}], and the other nodes have it not; write a "
                          "VIP",
                          to_string(source), title_of(*node));
        check_is_host(section, "source", source);
    }

    static void check_is_host(SectionChecker& section, std::string_view key,
                              const IpAddress& address) {
        if (address.is_multicast() || address.is_unspecified())
            section.error(key, "{} is {} address; write that of one host", to_string(address),
                          address.is_multicast() ? "a multicast" : "the unspecified");
    }

    /// The kernel takes one route for each.
    void check_place(SectionChecker& section, const RouteConfig& route) {
        const std::tuple place{route.network(), route.table, route.effective_metric()};
        const auto [same, is_new] = routes_.try_emplace(place, section.title());
        if (!is_new)
            section.error("destination",
                          "{} has a route by [{}] already, in the same table with the same metric; "
                          "write another metric, or remove one of the two",
                          to_string(route.network()), same->second);
    }

    void check(const RuleConfig& rule) {
        SectionChecker section(title_of(rule), lines_, problems_);
        if (section.is_refused("from") || section.is_refused("to")) return;
        if (!rule.from && !rule.to)
            return section.error("from",
                                 "is missing, and to as well; write one of them, 0.0.0.0/0 or ::/0 "
                                 "for all of a family");
        if (rule.from) section.check_network("from", *rule.from);
        if (rule.to && section.check_family("to", rule.to->address, "from", rule.family()))
            section.check_network("to", *rule.to);
        check_priority(section, rule);
    }

    /// Of two with one priority the kernel asks first whichever was put there first.
    void check_priority(SectionChecker& section, const RuleConfig& rule) {
        if (section.is_refused("priority")) return;
        const auto [same, is_new] =
            rules_.try_emplace(std::pair{rule.family(), rule.priority}, section.title());
        if (!is_new)
            section.error("priority", "{} is that of [{}] as well; write another", rule.priority,
                          same->second);
    }

    const NodeConfig* node_with(const IpAddress& address) const {
        const auto has = [&](const NodeConfig& node) {
            return std::ranges::find(node.addresses, address) != node.addresses.end();
        };
        const auto found = std::ranges::find_if(config_.nodes, has);
        return found == config_.nodes.end() ? nullptr : &*found;
    }

    const Config& config_;
    const Lines& lines_;
    Problems& problems_;
    std::map<std::tuple<Prefix, std::uint32_t, std::uint32_t>, std::string> routes_;  ///< titles
    std::map<std::pair<Family, std::uint32_t>, std::string> rules_;                   ///< titles
};

}  // namespace

void check_routes(const Config& config, const Lines& lines, Problems& problems) {
    RouteChecker(config, lines, problems).run();
}

}  // namespace komainu
