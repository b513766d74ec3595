#include "conf/pgpool_vip.h"

#include <fmt/ranges.h>

#include "conf/pgpool_command.h"

namespace komainu {

namespace {

// What pgpool-II runs when nothing is given.
constexpr std::string_view usual_up =
    "/usr/bin/sudo /sbin/ip addr add $_IP_$/24 dev eth0 label eth0:0";
constexpr std::string_view usual_down = "/usr/bin/sudo /sbin/ip addr del $_IP_$/24 dev eth0";
constexpr std::string_view usual_directory = "/sbin";
constexpr std::string_view usual_interface = "eth0";

/// A command that is given, or the usual one.
struct Command {
    const PgpoolParameter* given;  ///< nullptr: not given
    std::string_view text;
    std::string from;
};

/// Where programs are that are named without a path.
struct Directory {
    std::string path = std::string(usual_directory);
    std::string from = {};  ///< the parameter's name, with a comma before it
};

class Writer {
public:
    Writer(PgpoolWatchdog& watchdog, PgpoolDraft& draft) : watchdog_(watchdog), draft_(draft) {}

    void run() {
        const auto* vip = take_vip();
        if (vip == nullptr) {
            draft_.paragraph();
            draft_.comment(
                "No delegate_ip is given, so there is no VIP. One would stand under [vip.main].");
            return;
        }
        vip_ = vip->value;
        draft_.section("vip.main");
        const auto up = take("if_up_cmd", usual_up);
        const auto told = read_address_command(up.text, vip_);
        if (told)
            write_address(*vip, told->length, ", " + up.from);
        else
            write_address(*vip, {}, "");
        told ? write_told(up, *told) : write_commands(up);
    }

private:
    // Its name was another before 4.4.
    const PgpoolParameter* take_vip() {
        const auto* vip = watchdog_.take("delegate_ip");
        const auto* old = watchdog_.take("delegate_IP");
        if (vip != nullptr && old != nullptr && old->value == vip->value)
            draft_.leave_out(*old, "delegate_ip says the same");
        else if (vip != nullptr && old != nullptr)
            draft_.refuse(*old,
                          "delegate_ip is given as well; add another [vip.NAME] for a second");
        return vip != nullptr ? vip : old;
    }

    Command take(std::string_view name, std::string_view usual) {
        const auto* given = watchdog_.take(name);
        if (given != nullptr) return {given, given->value, given->name};
        return {nullptr, usual, fmt::format("{} of pgpool-II's default", name)};
    }

    void write_address(const PgpoolParameter& vip, std::optional<int> length,
                       const std::string& also_from) {
        std::string text = length ? fmt::format("{}/{}", vip.value, *length) : vip.value;
        if (!parse_prefix(text)) {
            draft_.change(fmt::format("{} is not an address with its prefix length", text));
            text = "192.0.2.100/24";
        }
        draft_.key("address", text, vip.name + also_from);
        is_ipv4_ = parse_prefix(text)->address.is_ipv4();
    }

    void write_told(const Command& up, const PgpoolAddressCommand& told) {
        const auto interface = write_interface(told.interface, up.from);
        write_label(up, told.label, interface);
        if (up.given != nullptr && !told.rest.empty())
            draft_.refuse(*up.given,
                          fmt::format("all but {} is taken over; see what stands under [vip.main]",
                                      fmt::join(told.rest, " ")));
    }

    // For want of one in the first command it may stand in another.
    std::string write_interface(std::string interface, std::string from) {
        for (const char* other : {"if_up_cmd", "if_down_cmd", "arping_cmd"}) {
            const auto* command = interface.empty() ? watchdog_.find(other) : nullptr;
            if (command == nullptr) continue;
            interface = interface_of_command(command->value);
            from = other;
        }
        if (interface.empty() || !can_stand(interface) || !read_interface_name(interface)) {
            draft_.change("which interface it is on does not stand in pgpool.conf");
            interface = usual_interface;
            from.clear();
        }
        draft_.key("interface", interface, from);
        return interface;
    }

    void write_label(const Command& up, const std::string& label, const std::string& interface) {
        if (label.empty()) return;
        const bool fits =
            label == interface || (label.starts_with(interface + ":") && !label.ends_with(':'));
        if (is_ipv4_ && fits && can_stand(label) && read_label(label))
            draft_.key("label", label, up.from);
        else if (up.given != nullptr)
            draft_.refuse(*up.given,
                          fmt::format("all but the label {} is taken over; a label is for IPv4, "
                                      "{}:NAME, and has at most 15 letters",
                                      label, interface));
    }

    // Scripts, as in clouds.
    void write_commands(const Command& up) {
        const auto down = take("if_down_cmd", usual_down);
        write_interface("", up.from);
        if (const auto* announce = watchdog_.take("arping_cmd"))
            draft_.leave_out(*announce,
                             "komainu announces nothing where commands move the address; if it "
                             "needs that, let up_command run this as well");
        draft_.comment(
            "For AWS, Google Cloud and Azure there are commands in /usr/share/komainu/cloud.");
        const bool needs_directory = !up.text.starts_with('/') || !down.text.starts_with('/');
        const auto directory = needs_directory ? take_directory() : Directory{};
        const auto up_command = command_of_program(up.text, vip_, directory.path);
        const auto down_command = command_of_program(down.text, vip_, directory.path);
        if (!up_command || !down_command) {
            draft_.change("write up_command = ... and down_command = ... here");
            if (!up_command && up.given) draft_.refuse(*up.given, up_command.error().what);
            if (!down_command && down.given) draft_.refuse(*down.given, down_command.error().what);
            if (up_command && up.given) draft_.leave_out(*up.given, "nothing without if_down_cmd");
            if (down_command && down.given)
                draft_.leave_out(*down.given, "nothing without if_up_cmd");
            return;
        }
        draft_.key("up_command", up_command.value(), up.from + directory.from);
        draft_.key("down_command", down_command.value(), down.from + directory.from);
    }

    // The name was another before 3.5.
    Directory take_directory() {
        for (const char* name : {"if_cmd_path", "ifconfig_path"})
            if (const auto* given = watchdog_.take(name))
                return {given->value, fmt::format(", {}", name)};
        return {};
    }

    PgpoolWatchdog& watchdog_;
    PgpoolDraft& draft_;
    std::string vip_;
    bool is_ipv4_ = true;
};

}  // namespace

void write_vip_section(PgpoolWatchdog& watchdog, PgpoolDraft& draft) {
    Writer(watchdog, draft).run();
}

}  // namespace komainu
