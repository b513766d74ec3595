#include "conf/vip_check.h"

#include "conf/names.h"
#include "conf/title.h"

namespace komainu {

namespace {

class VipChecker {
public:
    VipChecker(const VipConfig& vip, const Lines& lines, Problems& problems)
        : vip_(vip), lines_(lines), problems_(problems) {}

    void run() {
        if (is_refused("address")) return;
        if (vip_.has_commands()) return check_commands();
        if (!vip_.label.empty() && !is_refused("interface")) check_label();
        if (vip_.scope != AddressScope::global) check_scope();
        if (vip_.noprefixroute) check_route();
    }

private:
    void check_commands() {
        if (vip_.up_command.empty() && !is_refused("up_command"))
            problems_.error(
                place("down_command"),
                "what took it down could not put it up again; write up_command = ... as "
                "well");
        if (vip_.down_command.empty() && !is_refused("down_command"))
            problems_.error(
                place("up_command"),
                "what put it up could not take it down; write down_command = ... as well");
        for (const char* key : {"label", "scope", "noprefixroute"})
            if (lines_.of_key(title_of(vip_), key) != 0)
                problems_.error(place(key),
                                "nothing comes of it where commands move the address; remove it");
    }

    // The kernel would take any text, but ip(8) and ifconfig(8) know the interface by the label.
    void check_label() {
        if (!vip_.address.address.is_ipv4())
            return problems_.error(place("label"),
                                   "{} is an IPv6 address, and only those of IPv4 have labels; "
                                   "remove it",
                                   to_string(vip_.address.address));
        const std::string before_alias = vip_.interface + ":";
        const bool has_alias =
            vip_.label.starts_with(before_alias) && vip_.label.size() > before_alias.size();
        if (vip_.label != vip_.interface && !has_alias)
            problems_.error(place("label"),
                            "{} is no label on {}, as ip and ifconfig expect it; write {}:NAME, at "
                            "most 15 letters in all, or just {}",
                            vip_.label, vip_.interface, vip_.interface, vip_.interface);
    }

    void check_scope() {
        if (!vip_.address.address.is_ipv4())
            problems_.error(place("scope"),
                            "the scope of an IPv6 address, such as {}, stands in its bits, and the "
                            "kernel takes no other; remove it",
                            to_string(vip_.address.address));
        else if (!vip_.address.is_host())
            problems_.error(place("scope"),
                            "the kernel refuses an address whose network has addresses of another "
                            "scope on the interface; write address = {}, without a prefix length",
                            to_string(vip_.address.address));
    }

    // An IPv4 address that is not the first of its network on the interface is a secondary one, and
    // those bring no route: that of the network is expected to have come with the first.
    void check_route() {
        if (vip_.address.address.is_ipv4() && !vip_.address.is_host())
            problems_.warning(place("noprefixroute"),
                              "a node whose own address comes after the VIP, as by DHCP, is then "
                              "without a route to the network as well; write address = {}, without "
                              "a prefix length, and remove this",
                              to_string(vip_.address.address));
    }

    Place place(std::string_view key) const { return lines_.place(title_of(vip_), key); }
    bool is_refused(std::string_view key) const { return problems_.has_error_at(place(key)); }

    const VipConfig& vip_;
    const Lines& lines_;
    Problems& problems_;
};

}  // namespace

void check_vip_properties(const Config& config, const Lines& lines, Problems& problems) {
    if (config.command_vips.size() > command_vips_max)
        problems.error(lines.section(title_of(config.command_vips[command_vips_max])),
                       "one too many that commands move, there may be at most {}; remove it",
                       command_vips_max);
    for (const VipConfig& vip : config.all_vips()) VipChecker(vip, lines, problems).run();
}

}  // namespace komainu
