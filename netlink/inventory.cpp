#include "netlink/inventory.h"

#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <string>

#include "base/overload.h"
#include "netlink/messages.h"

namespace komainu {

namespace {

// A dump is interrupted when something changes under it, which a burst of changes does to a few in
// a row, and only an endless one to all of these.
constexpr int dumps_max = 16;

struct FreeSocket {
    void operator()(nl_sock* socket) const { nl_socket_free(socket); }
};
using Socket = std::unique_ptr<nl_sock, FreeSocket>;

Error libnl_error(const std::string& what, int error) {
    return {what + ": " + nl_geterror(error), 0};
}

int ignore_foreign_sender(nl_msg* message, void*) {
    return nlmsg_get_src(message)->nl_pid == 0 ? NL_OK : NL_SKIP;
}

// Hands each message to our own parser: the objects of libnl 3.7 know no IFA_PROTO.
int collect(nl_msg* message, void* into) {
    auto& inventory = *static_cast<Inventory*>(into);
    const nlmsghdr* header = nlmsg_hdr(message);
    const std::span bytes(static_cast<const std::byte*>(static_cast<const void*>(header)),
                          header->nlmsg_len);
    if (const auto event = parse_event(bytes))
        std::visit(
            Overload{[&](const LinkChanged& e) { inventory.links.push_back(e.link); },
                     [&](const AddressAdded& e) { inventory.addresses.push_back(e.address); },
                     [](const auto&) {}},
            *event);
    return NL_OK;
}

Result<Socket> connect() {
    Socket socket(nl_socket_alloc());
    if (!socket) return Error{"no memory for a netlink socket", 0};
    if (int error = nl_connect(socket.get(), NETLINK_ROUTE); error < 0)
        return libnl_error("cannot open a netlink socket", error);
    nl_socket_enable_msg_peek(socket.get());  // A message of a dump may be longer than any buffer.
    return socket;
}

int dump(nl_sock* socket, int type) {
    rtgenmsg everything{};
    everything.rtgen_family = AF_UNSPEC;
    const int sent = nl_send_simple(socket, type, NLM_F_DUMP, &everything, sizeof everything);
    return sent < 0 ? sent : nl_recvmsgs_default(socket);
}

int dump_all(nl_sock* socket, Inventory& inventory) {
    inventory = {};
    nl_socket_modify_cb(socket, NL_CB_MSG_IN, NL_CB_CUSTOM, ignore_foreign_sender, nullptr);
    nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, collect, &inventory);
    const int error = dump(socket, RTM_GETLINK);
    return error < 0 ? error : dump(socket, RTM_GETADDR);
}

}  // namespace

const LinkRecord* Inventory::link(std::string_view name) const {
    const auto found = std::ranges::find(links, name, &LinkRecord::name);
    return found == links.end() ? nullptr : &*found;
}

Result<Inventory> take_inventory() {
    auto socket = connect();
    if (!socket) return socket.error();
    Inventory inventory;
    int error = -NLE_DUMP_INTR;
    for (int i = 0; i < dumps_max && error == -NLE_DUMP_INTR; ++i)
        error = dump_all(socket->get(), inventory);
    if (error < 0) return libnl_error("cannot list links and addresses", error);
    return inventory;
}

}  // namespace komainu
