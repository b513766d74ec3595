// What happens to the active's interface and to the VIP on it, by hand or by another program.
#include <fmt/format.h>
#include <signal.h>

#include <cstdlib>
#include <fstream>

#include "test/faults/row.h"
#include "test/lab/sandbox.h"

namespace komainu::faults {

namespace {

constexpr Duration put_back_within = 250ms;
constexpr int flood_events = 8'000;

void on_active(Trial& trial, const std::string& command) {
    lab::shell(trial.host_of_active(), command);
}

Deed by(std::string command) {
    return [c = std::move(command)](Trial& trial) { on_active(trial, c); };
}

std::string gap_is_short(Trial& trial) {
    const auto gap = trial.sight().outage.gap;
    return gap <= put_back_within ? "" : "it took too long";
}

lab::ClusterOptions multicast(const char* group, Family family) {
    auto options = usual_cluster();
    options.multicast_group = group;
    options.heartbeat_family = family;
    return options;
}

Row vip_removed() {
    return row({.name = "the VIP removed by hand",
                .expect = Expect::put_back,
                .strike = by("ip addr del 10.77.0.100/24 dev eth0"),
                .examine = gap_is_short});
}

Row all_addresses_flushed() {
    return row({.name = "the active's interface down and up at once",
                .expect = Expect::anybody,
                .strike = by("ip link set eth0 down; ip link set eth0 up")});
}

Row link_down() {
    return row({.name = "the active's interface set down",
                .expect = Expect::moves,
                .strike = by("ip link set eth0 down"),
                .repair = by("ip link set eth0 up")});
}

Row mac_changed() {
    return row({.name = "the active's hardware address changed",
                .expect = Expect::stays,
                .strike = by("ip link set eth0 address 02:00:00:00:77:01"),
                .examine = gap_is_short});
}

Row renamed() {
    return row({.name = "the active's interface renamed and back",
                .expect = Expect::moves,
                .strike = by("ip link set eth0 name other0"),
                .repair = by("ip link set other0 name eth0")});
}

/// Each way of sending heartbeats has its own ties to the interface.
Row replaced(const char* how, const lab::ClusterOptions& options) {
    return row({.name = fmt::format("the active's interface replaced, {}", how),
                .expect = Expect::moves,
                .strike = [](Trial& t) { t.network().remove_interface(t.host_of_active()); },
                .repair = [](Trial& t) { t.network().replace_interface(t.host_of_active()); },
                .options = options});
}

Row replaced_at_once() {
    return row({.name = "the active's interface replaced at once",
                .expect = Expect::anybody,
                .strike = [](Trial& t) {
                    t.network().remove_interface(t.host_of_active());
                    t.network().replace_interface(t.host_of_active());
                }});
}

Row replaced_on_standby(const char* how, const lab::ClusterOptions& options) {
    return row({.name = fmt::format("a standby's interface replaced, {}", how),
                .expect = Expect::stays,
                .strike = [](Trial& t) { t.network().remove_interface(t.host_of_standby()); },
                .repair = [](Trial& t) { t.network().replace_interface(t.host_of_standby()); },
                .options = options});
}

/// Whatever fences a VIP has to stand on the new interface as it stood on the old one.
Row killed_on_replaced() {
    return row({.name = "both of the active killed, its interface replaced before",
                .expect = Expect::moves,
                .strike =
                    [](Trial& t) {
                        const int next = t.standby();
                        t.network().remove_interface(t.host_of_standby());
                        t.network().replace_interface(t.host_of_standby());
                        t.wait_until_well(lab::patience);
                        t.cluster().switchover(t.active(), next);
                        t.mark();
                        t.cluster().signal_both(t.active(), SIGKILL);
                        t.supervise(t.active());
                    },
                .nobody_removes = true});
}

/// As many notifications as no socket's buffer holds, while the guard cannot read them; and the one
/// that it must not miss is among those that are lost.
void overrun(Trial& trial) {
    const auto batch = lab::sandbox_directory() + "/flood";
    {
        std::ofstream commands(batch);
        for (int i = 0; i < flood_events; ++i) commands << "link set lo alias a" << i << '\n';
        commands << "addr del 10.77.0.100/24 dev eth0\n";
    }
    const pid_t guard = trial.cluster().guard_pid(trial.active());
    ::kill(guard, SIGSTOP);
    // On a slow machine the lease may be over by then, and the VIP gone.
    on_active(trial, "ip -force -batch " + batch + " 2>/dev/null || true");
    ::kill(guard, SIGCONT);
}

Row netlink_overrun() {
    return row({.name = "netlink events lost, and the VIP removed",
                .expect = Expect::anybody,
                .strike = overrun,
                .lasts = 1s,
                .examine = [](Trial& t) {
                    const auto log = t.cluster().log(t.active());
                    return log.find("netlink events were lost") != log.npos
                               ? ""
                               : "no event was lost, so nothing was tried";
                }});
}

}  // namespace

std::vector<Row> interface_rows() {
    const auto by_group4 = multicast("239.77.0.1", Family::ipv4);
    const auto by_group6 = multicast("ff02::4d:4e55", Family::ipv6);
    auto ipv6 = usual_cluster();
    ipv6.heartbeat_family = Family::ipv6;
    return {vip_removed(),
            link_down(),
            all_addresses_flushed(),
            mac_changed(),
            renamed(),
            replaced("unicast", usual_cluster()),
            replaced("unicast IPv6", ipv6),
            replaced("multicast", by_group4),
            replaced("multicast IPv6", by_group6),
            replaced_at_once(),
            replaced_on_standby("unicast", usual_cluster()),
            replaced_on_standby("multicast", by_group4),
            killed_on_replaced(),
            netlink_overrun()};
}

}  // namespace komainu::faults
