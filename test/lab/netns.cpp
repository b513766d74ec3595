#include "test/lab/netns.h"

#include <fcntl.h>
#include <sched.h>

#include <thread>

#include "test/lab/fail.h"

namespace komainu::lab {

NetworkNamespace::NetworkNamespace() {
    std::thread([this] {
        must(::unshare(CLONE_NEWNET), "unshare of a network namespace");
        fd_ = Fd(must(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC), "ns/net"));
    }).join();
}

void NetworkNamespace::enter() const {
    must(::setns(fd_.get(), CLONE_NEWNET), "setns to a network namespace");
}

void NetworkNamespace::run(const std::function<void()>& function) const {
    std::thread([&] {
        enter();
        function();
    }).join();
}

}  // namespace komainu::lab
