#include "netlink/dump.h"

#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/socket.h>
#include <sys/socket.h>

namespace komainu {

namespace {

// A dump is interrupted when something changes under it, which a burst of changes does to a few in
// a row, and only an endless one to all of these.
constexpr int dumps_max = 16;

Error libnl_error(const std::string& what, int error) {
    return {what + ": " + nl_geterror(error), 0};
}

int ignore_foreign_sender(nl_msg* message, void*) {
    return nlmsg_get_src(message)->nl_pid == 0 ? NL_OK : NL_SKIP;
}

int hand_over(nl_msg* message, void* take) {
    const nlmsghdr* header = nlmsg_hdr(message);
    (*static_cast<const TakeMessage*>(take))(
        {static_cast<const std::byte*>(static_cast<const void*>(header)), header->nlmsg_len});
    return NL_OK;
}

}  // namespace

Result<DumpSocket> open_dump_socket() {
    DumpSocket socket(nl_socket_alloc());
    if (!socket) return Error{"no memory for a netlink socket", 0};
    if (int error = nl_connect(socket.get(), NETLINK_ROUTE); error < 0)
        return libnl_error("cannot open a netlink socket", error);
    nl_socket_enable_msg_peek(socket.get());  // A message of a dump may be longer than any buffer.
    nl_socket_modify_cb(socket.get(), NL_CB_MSG_IN, NL_CB_CUSTOM, ignore_foreign_sender, nullptr);
    return socket;
}

int dump(const DumpSocket& socket, const DumpQuestion& question, const TakeMessage& take) {
    TakeMessage taker = take;
    nl_socket_modify_cb(socket.get(), NL_CB_VALID, NL_CB_CUSTOM, hand_over, &taker);
    const int sent = nl_send_simple(socket.get(), question.type, NLM_F_DUMP,
                                    const_cast<void*>(question.header), question.header_bytes);
    return sent < 0 ? sent : nl_recvmsgs_default(socket.get());
}

Status dump_undisturbed(const std::string& what, const std::function<int()>& dump_all) {
    int error = -NLE_DUMP_INTR;
    for (int i = 0; i < dumps_max && error == -NLE_DUMP_INTR; ++i) error = dump_all();
    if (error < 0) return libnl_error("cannot list " + what, error);
    return Ok{};
}

}  // namespace komainu
