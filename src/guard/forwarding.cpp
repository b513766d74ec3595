#include "guard/forwarding.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"

namespace komainu {

Forwarding ipv6_forwarding(const std::string& interface) {
    const std::string path = "/proc/sys/net/ipv6/conf/" + interface + "/forwarding";
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    char first = '0';
    if (!file || ::read(file.get(), &first, 1) != 1) return Forwarding::host;
    return first == '0' ? Forwarding::host : Forwarding::router;
}

}  // namespace komainu
