// A network namespace without a name: it lives as long as a descriptor of it, or a process in it.
#pragma once

#include <functional>

#include "base/fd.h"

namespace komainu::lab {

class NetworkNamespace {
public:
    /// A new one, empty but for its loopback interface.
    NetworkNamespace();

    int fd() const { return fd_.get(); }

    /// Runs a function on a thread that has entered the namespace, and waits for it. Sockets made
    /// there belong to the namespace and may be used anywhere.
    void run(const std::function<void()>& function) const;

    /// Moves the calling thread into the namespace, for good.
    void enter() const;

private:
    Fd fd_;
};

}  // namespace komainu::lab
