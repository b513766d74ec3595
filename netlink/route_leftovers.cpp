#include "netlink/route_leftovers.h"

#include <linux/fib_rules.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netlink/errno.h>
#include <netlink/socket.h>
#include <sys/socket.h>

#include "netlink/dump.h"
#include "netlink/route_messages.h"

namespace komainu {

namespace {

/// Without it the kernel pays no regard to what is asked for, and tells everything.
void ask_strictly(const DumpSocket& socket) {
    int on = 1;
    setsockopt(nl_socket_get_fd(socket.get()), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof on);
}

int dump_all(const DumpSocket& socket, std::vector<RouteMessage>& removals) {
    removals.clear();
    const auto take = [&](std::span<const std::byte> message) {
        if (auto removal = removal_of_marked(message)) removals.push_back(std::move(*removal));
    };
    for (const int family : {AF_INET, AF_INET6}) {
        fib_rule_hdr all_rules{};
        all_rules.family = static_cast<std::uint8_t>(family);
        rtmsg our_routes{};
        our_routes.rtm_family = static_cast<unsigned char>(family);
        our_routes.rtm_protocol = komainu_route_proto;
        // Rules first: then no packet is sent to a table that is empty already.
        int error = dump(socket, {RTM_GETRULE, &all_rules, sizeof all_rules}, take);
        if (error >= 0) error = dump(socket, {RTM_GETROUTE, &our_routes, sizeof our_routes}, take);
        // A host without IPv6 has none of them.
        const bool has_none = error == -NLE_AF_NOSUPPORT || error == -NLE_OPNOTSUPP;
        if (error < 0 && !has_none) return error;
    }
    return 0;
}

}  // namespace

Result<std::vector<RouteMessage>> list_marked_routes() {
    auto socket = open_dump_socket();
    if (!socket) return socket.error();
    ask_strictly(*socket);
    std::vector<RouteMessage> removals;
    Status listed =
        dump_undisturbed("routes and rules", [&] { return dump_all(*socket, removals); });
    if (!listed) return listed.error();
    return removals;
}

}  // namespace komainu
