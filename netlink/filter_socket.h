// Puts BPF programs on interfaces, as classifiers at the hooks that clsact gives an interface, and
// only ever in the one place of ours at each hook: other people's filters are neither touched nor
// in the way. What was put there stays until it is removed, whoever dies. Needs CAP_NET_ADMIN, and
// no system call bpf().
//
// An interface keeps its (then empty) hooks: they cost nothing, and to take them away again would
// take along whatever somebody has put there just now.
//
// To remove by hand what a killed daemon has left behind:
//   tc filter del dev eth0 ingress pref 7; tc filter del dev eth0 egress pref 7
#pragma once

#include <optional>

#include "base/result.h"
#include "netlink/kernel_socket.h"
#include "netlink/records.h"

namespace komainu {

class FilterSocket {
public:
    static Result<FilterSocket> open();

    /// Puts the program in our place at the hook. One that an earlier run of ours has left there is
    /// exchanged, and no packet passes between the two. An error when somebody else has the place,
    /// or the interface has hooks of another kind.
    Status put(InterfaceIndex interface, Hook hook, int program);

    /// Whether a program of ours is there. False, too, where there is no such interface.
    bool is_there(InterfaceIndex interface, Hook hook);

    /// Removes a program of ours. Whether there was one. One that is not ours stays.
    Result<bool> remove(InterfaceIndex interface, Hook hook);

private:
    struct Reply {
        int error = 0;  ///< the kernel's word: 0 or an errno
        std::optional<FilterAnswer> answer;
    };

    explicit FilterSocket(KernelSocket socket) : socket_(std::move(socket)) {}

    Status prepare(InterfaceIndex interface);
    std::optional<FilterAnswer> look(InterfaceIndex interface, Hook hook);
    Reply ask(const FilterRequest& request);

    KernelSocket socket_;
    std::uint32_t sequence_ = 0;
};

}  // namespace komainu
