#include "netlink/inventory.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>

#include "base/overload.h"
#include "netlink/dump.h"
#include "netlink/messages.h"

namespace komainu {

namespace {

// By our own parser: the objects of libnl 3.7 know no IFA_PROTO.
void collect(std::span<const std::byte> message, Inventory& inventory) {
    if (const auto event = parse_event(message))
        std::visit(
            Overload{[&](const LinkChanged& e) { inventory.links.push_back(e.link); },
                     [&](const AddressAdded& e) { inventory.addresses.push_back(e.address); },
                     [](const auto&) {}},
            *event);
}

int dump_all(const DumpSocket& socket, Inventory& inventory) {
    inventory = {};
    rtgenmsg everything{};
    everything.rtgen_family = AF_UNSPEC;
    const auto take = [&](std::span<const std::byte> message) { collect(message, inventory); };
    const int error = dump(socket, {RTM_GETLINK, &everything, sizeof everything}, take);
    return error < 0 ? error : dump(socket, {RTM_GETADDR, &everything, sizeof everything}, take);
}

}  // namespace

const LinkRecord* Inventory::link(std::string_view name) const {
    const auto found = std::ranges::find(links, name, &LinkRecord::name);
    return found == links.end() ? nullptr : &*found;
}

Result<Inventory> take_inventory() {
    auto socket = open_dump_socket();
    if (!socket) return socket.error();
    Inventory inventory;
    Status taken =
        dump_undisturbed("links and addresses", [&] { return dump_all(*socket, inventory); });
    if (!taken) return taken.error();
    return inventory;
}

}  // namespace komainu
