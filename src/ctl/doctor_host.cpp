// What speaks against this host: who has the VIPs, the interfaces, and what lies on the disk.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "ctl/doctor.h"
#include "ctl/keep_configuration.h"
#include "ctl/status_text.h"

namespace komainu {

namespace {

std::string check_of(const std::string& vip) { return "vip." + vip; }

bool is_held(const DoctorFacts& facts, const std::string& name) {
    if (!facts.cluster) return false;
    const auto vip = std::ranges::find(facts.cluster->vips, name, &VipView::name);
    return vip != facts.cluster->vips.end() && vip->held.value_or(false);
}

const LocalAddress* find_address(const DoctorFacts& facts, const IpAddress& address) {
    const auto found = std::ranges::find_if(
        facts.addresses, [&](const LocalAddress& mine) { return mine.address.address == address; });
    return found == facts.addresses.end() ? nullptr : &*found;
}

/// A daemon that gives no answer may hold what is here.
bool may_be_held_unseen(const DoctorFacts& facts) {
    return !facts.cluster &&
           (facts.main || facts.silence == Silence::forbidden || facts.silence == Silence::other);
}

/// Some seconds after a daemon was killed its address may still be there.
void judge_vip(const DoctorFacts& facts, const VipConfig& vip, Diagnoses& findings) {
    const std::size_t before = findings.size();
    const auto check = check_of(vip.name);
    const auto text = to_string(vip.address.address);
    const auto* mine = find_address(facts, vip.address.address);
    const bool held = is_held(facts, vip.name);
    if (mine && may_be_held_unseen(facts))
        return findings.push_back(
            {check, Judgement::unseen,
             fmt::format("{} is on {}; whether komainud holds it is not known", text,
                         mine->interface),
             facts.silence == Silence::forbidden ? "ask as root"
                                                 : "ask again when komainud answers"});
    if (mine && !held)
        findings.push_back(
            {check, Judgement::problem,
             fmt::format("{} is on {}, though komainud does not hold it", text, mine->interface),
             fmt::format("whoever put it there, such as this host's own network configuration, "
                         "must not; then: ip addr del {}/{} dev {}",
                         text, mine->address.length, mine->interface)});
    if (held && !mine)
        findings.push_back({check, Judgement::problem,
                            fmt::format("{} is held, but on no interface of this host", text),
                            "the guard puts it back at once; its log says what removes it"});
    if (findings.size() == before)
        findings.push_back(
            {check, Judgement::ok,
             fmt::format("{} is {}", text,
                         held ? "on " + vip.interface + ", held by this node" : "not on this host"),
             ""});
}

void judge_rivals(const DoctorFacts& facts, Diagnoses& findings) {
    constexpr std::int64_t recent = 60'000;
    for (const auto& rival : facts.cluster->rivals) {
        const bool now = !rival.last_ms || facts.now_ms - *rival.last_ms < recent;
        findings.push_back(
            {check_of(rival.vip), now ? Judgement::problem : Judgement::warning,
             fmt::format(
                 "{} claims it on {}{}", rival.mac, rival.interface,
                 rival.last_ms ? ", last " + age_text(facts.now_ms - *rival.last_ms) + " ago" : ""),
             "find that host by its hardware address, and take the VIP's address from it"});
    }
}

void judge_fence(const DoctorFacts& facts, Diagnoses& findings) {
    const auto& fence = facts.cluster->fence;
    if (fence.state.empty()) return;
    if (fence.state == "armed")
        return findings.push_back({"fence", Judgement::ok, "the fence stands", ""});
    for (const auto& node : facts.cluster->nodes)
        if (node.id == facts.cluster->node_id && node.role == "witness") return;
    if (fence.state == "off")
        return findings.push_back(
            {"fence", Judgement::warning,
             "there is no fence (fence = off): should all of komainud be killed or stopped at "
             "once, this node answers for its VIPs for some seconds more",
             "write fence = auto"});
    findings.push_back(
        {"fence", Judgement::warning, fmt::format("the fence is {}: {}", fence.state, fence.reason),
         "give komainud CAP_BPF at its start: as root, or AmbientCapabilities=CAP_NET_ADMIN "
         "CAP_NET_RAW CAP_BPF; in a container the host must permit bpf(2)"});
}

/// Where networkd reads a drop-in for a .network file, whichever package or program wrote that.
std::string drop_in_for(const std::vector<SettingsFile>& settings) {
    const std::string file = settings.empty() ? "" : settings.front().path;
    const auto name = file.substr(file.rfind('/') + 1);
    return fmt::format("/etc/systemd/network/{}.d/komainu.conf",
                       name.empty() ? "NAME.network" : name);
}

Diagnosis of_networkd(const std::string& interface, const std::vector<SettingsFile>& settings) {
    const auto keep = keep_configuration_in(settings);
    if (keep.keeps_vips())
        return {interface, Judgement::ok,
                "systemd-networkd manages it, and keeps addresses of others", ""};
    const std::string what =
        "systemd-networkd manages it, and removes VIPs when it configures it anew";
    if (keep.file.empty())
        return {interface, Judgement::warning, what,
                fmt::format("copy " KOMAINU_DATADIR
                            "/komainu/network/networkd-addresses.conf (KeepConfiguration=yes) to "
                            "{}, then: networkctl reload",
                            drop_in_for(settings))};
    return {interface, Judgement::warning,
            fmt::format("{}: KeepConfiguration={} keeps no address that has a lifetime, as VIPs do",
                        what, keep.value),
            fmt::format("write KeepConfiguration=yes in {}, then: networkctl reload", keep.file)};
}

void judge_manager(const std::string& name, const InterfaceView& view, Diagnoses& findings) {
    if (view.manager == Manager::networkd) findings.push_back(of_networkd(name, view.settings));
    if (view.manager == Manager::network_manager)
        findings.push_back(
            {name, Judgement::warning,
             "NetworkManager manages it, and removes VIPs when it configures it anew",
             fmt::format("komainud puts them back at once; to leave static addresses as they are "
                         "until the next boot: nmcli device set {} managed no; for good, see "
                         "komainu(7)",
                         name)});
}

void judge_interface(const std::string& name, const InterfaceView& view, Diagnoses& findings) {
    if (!view.exists)
        return findings.push_back({name, Judgement::problem,
                                   "there is no interface " + name + " on this host",
                                   "ip link shows those that there are; correct interface = ..."});
    if (!view.up)
        findings.push_back(
            {name, Judgement::problem, name + " is down", "ip link set " + name + " up"});
    else if (!view.carrier)
        findings.push_back({name, Judgement::problem, name + " is up, but has no carrier",
                            "look at the cable, and at the switch or the virtual machine's port"});
    else
        findings.push_back({name, Judgement::ok, name + " is up", ""});
    judge_manager(name, view, findings);
}

void judge_settings(const DoctorFacts& facts, Diagnoses& findings) {
    for (const auto& setting : facts.settings) {
        const std::string& path = setting.first;
        const int value = setting.second;
        const auto advice = [&](int right) {
            return fmt::format("sysctl -w {}={}, and in /etc/sysctl.d", path, right);
        };
        // ip-sysctl: 3 and more are for addresses of other scopes, 8 is for all.
        if (path.ends_with("/arp_ignore") && value >= 3)
            findings.push_back(
                {"sysctl", Judgement::problem,
                 fmt::format("{} is {}: this host does not answer for its VIPs", path, value),
                 advice(0)});
        if (path.ends_with("/disable_ipv6") && value != 0)
            findings.push_back({"sysctl", Judgement::problem,
                                fmt::format("{} is {}: no IPv6 VIP can be put there", path, value),
                                advice(0)});
    }
}

const LocalAddress* own_address(const DoctorFacts& facts, std::size_t link) {
    for (const auto& node : facts.config.nodes)
        if (node.id == facts.config.self && link < node.addresses.size())
            return find_address(facts, node.addresses[link]);
    return nullptr;
}

/// The kernel sends what is for one network by one interface, and may refuse what comes by another.
void judge_networks(const DoctorFacts& facts, Diagnoses& findings) {
    if (facts.config.nodes.empty()) return;
    for (std::size_t other = 0; other < facts.config.link_count(); ++other)
        for (std::size_t link = 0; link < other; ++link) {
            const auto* const a = own_address(facts, link);
            const auto* const b = own_address(facts, other);
            if (!a || !b || !a->address.contains(b->address.address)) continue;
            findings.push_back(
                {"links", Judgement::warning,
                 fmt::format("links {} and {} are on one network, {} and {}: what cuts one may cut "
                             "the other, and with rp_filter = 1 one of them is not heard",
                             link + 1, other + 1, a->interface, b->interface),
                 "give each link a network of its own"});
        }
}

void judge_doubles(const DoctorFacts& facts, Diagnoses& findings) {
    if (!facts.doubles)
        return findings.push_back({"address", Judgement::unseen,
                                   "whether another host has this node's address is not known",
                                   "ask as root, who may ask the LAN"});
    for (const auto& [address, mac] : *facts.doubles)
        findings.push_back(
            {"address", Judgement::problem,
             fmt::format("{} is the address of another host as well, {}", to_string(address),
                         to_string(mac)),
             "find that host by its hardware address, and give one of the two another address"});
    if (facts.doubles->empty())
        findings.push_back(
            {"address", Judgement::ok, "no other host answers for this node's address", ""});
}

std::string reason(int error) { return std::strerror(error); }

void judge_state_dir(const DoctorFacts& facts, Diagnoses& findings) {
    constexpr std::int64_t free_kib_wanted = 10 * 1024;
    const auto& path = facts.config.control.state_dir;
    const auto& view = facts.state_dir;
    const auto say = [&](Judgement judgement, std::string what, std::string advice) {
        findings.push_back({"state_dir", judgement, std::move(what), std::move(advice)});
    };
    if (view.error == ENOENT)
        return say(Judgement::warning, path + " is missing",
                   fmt::format("install -d -m 700 {}, for the user of komainud", path));
    if (view.error != 0)
        return say(Judgement::unseen, fmt::format("{}: {}", path, reason(view.error)),
                   "ask as root");
    if (!view.is_directory)
        return say(Judgement::problem, path + " is no directory", "remove it, or name another");
    if (view.read_only)
        return say(Judgement::problem, path + " lies on a file system that is read-only",
                   "mount it for writing, or name another as state_dir");
    if (view.free_kib < free_kib_wanted)
        return say(Judgement::problem,
                   fmt::format("there is room for {} KiB in {}", view.free_kib, path),
                   "make room: what the nodes agree on about backends must be stored");
    if (facts.state_dir_right)
        return say(*facts.state_dir_right ? Judgement::ok : Judgement::problem,
                   fmt::format("komainud {} write into {}",
                               *facts.state_dir_right ? "can" : "cannot", path),
                   *facts.state_dir_right ? "" : "chown it to the user of komainud");
    say(Judgement::ok, path + " is there", "");
}

/// An ordinary user may be kept from what komainud may run.
Diagnosis of_program(const DoctorFacts& facts, const ProgramView& program) {
    const auto what = fmt::format("{}: {}: {}", program.place, program.path, reason(program.error));
    if (program.error == EACCES && !facts.root)
        return {"commands", Judgement::unseen, what, "ask as root, or as the user of komainud"};
    return {"commands", Judgement::problem, what,
            program.error == ENOENT ? "write the path of a program that is there"
                                    : "chmod +x, as the user that runs it"};
}

void judge_programs(const DoctorFacts& facts, Diagnoses& findings) {
    for (const auto& program : facts.programs)
        if (program.error != 0) findings.push_back(of_program(facts, program));
    if (!facts.programs.empty() &&
        std::ranges::all_of(facts.programs, [](const auto& p) { return p.error == 0; }))
        findings.push_back(
            {"commands", Judgement::ok, fmt::format("{} can be run", facts.programs.size()), ""});
}

}  // namespace

bool may_write_into(const DirectoryView& directory, uid_t user) {
    const auto has = [&](unsigned write_and_enter) {
        return (directory.mode & write_and_enter) == write_and_enter;
    };
    return user == directory.owner ? has(0300) : has(0030) || has(0003);
}

void judge_vips(const DoctorFacts& facts, Diagnoses& findings) {
    if (facts.config_good)
        for (const auto& vip : facts.config.vips) judge_vip(facts, vip, findings);
    if (!facts.cluster) return;
    judge_rivals(facts, findings);
    judge_fence(facts, findings);
}

void judge_interfaces(const DoctorFacts& facts, Diagnoses& findings) {
    for (const auto& [name, view] : facts.interfaces) judge_interface(name, view, findings);
    judge_settings(facts, findings);
    if (!facts.config_good) return;
    judge_networks(facts, findings);
    judge_doubles(facts, findings);
}

void judge_files(const DoctorFacts& facts, Diagnoses& findings) {
    if (!facts.config_good) return;
    if (facts.disk_hangs)
        return findings.push_back(
            {"state_dir", Judgement::problem,
             fmt::format("{}, or the file system of a command, does not answer",
                         facts.config.control.state_dir),
             "look at that disk or its server; keep state_dir on a disk of this host"});
    judge_state_dir(facts, findings);
    judge_programs(facts, findings);
}

}  // namespace komainu
