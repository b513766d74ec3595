#include "conf/link_check.h"

#include <algorithm>

#include "conf/title.h"

namespace komainu {

namespace {

std::string title_of_link(std::size_t index) { return fmt::format("link.{}", index + 1); }

std::string_view family_name(const IpAddress& address) {
    return address.is_ipv4() ? "IPv4" : "IPv6";
}

std::string addresses(std::size_t count) {
    return fmt::format("{} address{}", count, count == 1 ? "" : "es");
}

/// ff02::/16, which never leaves the link (RFC 4291 section 2.7).
bool is_ipv6_link_local_group(const IpAddress& a) {
    return !a.is_ipv4() && a.bytes[0] == 0xff && (a.bytes[1] & 0x0f) == 0x02;
}

bool is_usable(const IpAddress& group, Family family) {
    return family == Family::ipv4 ? group.is_ipv4() && group.is_multicast()
                                  : is_ipv6_link_local_group(group);
}

std::string_view example_of_group(Family family) {
    return family == Family::ipv4 ? "an IPv4 multicast group, such as 239.77.0.1"
                                  : "an IPv6 link-local group, such as ff02::77";
}

class LinkChecker {
public:
    LinkChecker(const Config& config, const Lines& lines, Problems& problems)
        : config_(config), lines_(lines), problems_(problems) {}

    void run() {
        for (const NodeConfig& node : config_.nodes) check_addresses(node);
        for (const LinkConfig& link : config_.links) check_exists(link);
        for (std::size_t link = 0; link < config_.link_count(); ++link) {
            check_group(link);
            for (std::size_t other = 0; other < link; ++other) check_apart(other, link);
        }
        check_default_group();
    }

private:
    /// A link is one network or one multicast group: all of its addresses are of one family.
    void check_addresses(const NodeConfig& node) {
        const NodeConfig& first = config_.nodes.front();
        const auto place = lines_.place(title_of(node), "address");
        // One that has none, or one that was refused, has been complained of.
        if (problems_.has_error_at(place)) return;
        const std::size_t here = node.addresses.size();
        const std::size_t there = first.addresses.size();
        if (here != there && !is_refused(title_of(first), "address"))
            problems_.error(place,
                            "there {} {} here, and {} under [{}]; write one for each link, the "
                            "same number for every node",
                            here == 1 ? "is" : "are", addresses(here), there, title_of(first));
        for (std::size_t link = 0; link < std::min(here, there); ++link)
            if (node.addresses[link].family != first.addresses[link].family)
                problems_.error(
                    place, "{} is {}, but the address of [{}] is {}; use one family for all nodes",
                    to_string(node.addresses[link]), family_name(node.addresses[link]),
                    title_of(first), family_name(first.addresses[link]));
    }

    void check_exists(const LinkConfig& link) {
        const auto count = config_.link_count();
        if (count != 0 && static_cast<std::size_t>(link.number) > count)
            problems_.error(lines_.section(title_of(link)),
                            "there is no such link, since each node has {}; remove the section, "
                            "or give every node one address more for it",
                            addresses(count));
    }

    void check_group(std::size_t link) {
        const auto& group = config_.link(link).group;
        const auto place = place_of_group(link);
        if (problems_.has_error_at(place) || is_refused(section_with(link, "mode"), "mode")) return;
        if (config_.link(link).mode == HeartbeatMode::unicast) {
            if (lines_.of_key(title_of_link(link), "group") != 0) refuse_group(place);
            return;
        }
        const Family family = config_.nodes.front().addresses[link].family;
        if (!group)
            problems_.error(place, "is missing, and the mode is multicast; write group = {}",
                            example_of_group(family));
        else if (!is_usable(*group, family))
            problems_.error(place, "{} is no group that these nodes can use; write {}",
                            to_string(*group), example_of_group(family));
    }

    void check_default_group() {
        const HeartbeatConfig& heartbeat = config_.heartbeat;
        if (!heartbeat.group || heartbeat.mode == HeartbeatMode::multicast) return;
        if (is_refused("heartbeat", "mode")) return;
        for (std::size_t link = 0; link < config_.link_count(); ++link)
            if (config_.link(link).mode == HeartbeatMode::multicast ||
                is_refused(title_of_link(link), "mode"))
                return;
        refuse_group(lines_.place("heartbeat", "group"));
    }

    void refuse_group(const Place& place) {
        problems_.error(place,
                        "belongs to mode = multicast, and the mode is unicast; remove it, or "
                        "change the mode");
    }

    /// Two sockets of a host cannot be in one group of one interface. Which interface a link that
    /// names none has differs by host.
    void check_apart(std::size_t one, std::size_t other) {
        const HeartbeatLink a = config_.link(one);
        const HeartbeatLink b = config_.link(other);
        if (!a.group || a.group != b.group || a.port != b.port) return;
        if (!a.interface.empty() && !b.interface.empty() && a.interface != b.interface) return;
        const auto place = place_of_group(other);
        if (problems_.has_error_at(place)) return;
        problems_.error(place,
                        "{} is the group of link {} and of link {}; give each an interface of its "
                        "own under [{}] and [{}], or one of them another group",
                        to_string(*b.group), one + 1, other + 1, title_of_link(one),
                        title_of_link(other));
    }

    /// The section that says it for the link, or should.
    std::string section_with(std::size_t link, std::string_view key) const {
        const auto own = title_of_link(link);
        return lines_.of_key(own, key) != 0 ? own : "heartbeat";
    }

    Place place_of_group(std::size_t link) const {
        const auto section = section_with(link, "group");
        // Where neither has it, it is wanted beside the mode.
        return lines_.place(
            lines_.of_key(section, "group") != 0 ? section : section_with(link, "mode"), "group");
    }

    bool is_refused(std::string_view section, std::string_view key) const {
        return problems_.has_error_at(lines_.place(section, key));
    }

    const Config& config_;
    const Lines& lines_;
    Problems& problems_;
};

}  // namespace

void check_links(const Config& config, const Lines& lines, Problems& problems) {
    if (!config.nodes.empty()) LinkChecker(config, lines, problems).run();
}

}  // namespace komainu
