#include "io/host_view.h"

#include <dirent.h>
#include <fmt/format.h>
#include <grp.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>

#include "base/fd.h"
#include "io/files.h"
#include "io/socket_address.h"

namespace komainu {

namespace {

/// "VALUE" of a line "KEY=VALUE".
std::string value_of(const std::string& text, const std::string& key) {
    const auto at = ("\n" + text).find("\n" + key + "=");
    if (at == std::string::npos) return "";
    const auto from = at + key.size() + 1;
    return text.substr(from, text.find('\n', from) - from);
}

void look_for_manager(unsigned index, InterfaceView& view) {
    const auto networkd = text_of_file("/run/systemd/netif/links/" + std::to_string(index));
    const auto state = value_of(networkd, "ADMIN_STATE");
    if (!state.empty() && state != "unmanaged") {
        view.manager = Manager::networkd;
        view.settings = networkd_settings(value_of(networkd, "NETWORK_FILE"));
        return;
    }
    const auto other = text_of_file("/run/NetworkManager/devices/" + std::to_string(index));
    if (value_of(other, "managed") == "true") view.manager = Manager::network_manager;
}

}  // namespace

// By ioctl(2), since /sys may be that of another network namespace.
InterfaceView look_at_interface(const std::string& name) {
    InterfaceView view;
    const unsigned index = ::if_nametoindex(name.c_str());
    ifreq request{};
    const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (index == 0 || !socket || name.size() >= sizeof request.ifr_name) return view;
    name.copy(request.ifr_name, name.size());
    if (::ioctl(socket.get(), SIOCGIFFLAGS, &request) != 0) return view;
    view.exists = true;
    view.up = (request.ifr_flags & IFF_UP) != 0;
    view.carrier = (request.ifr_flags & IFF_RUNNING) != 0;
    look_for_manager(index, view);
    return view;
}

/// By their names, and of those with the same name the one in the first of the places.
std::vector<SettingsFile> networkd_settings(const std::string& network_file,
                                            std::span<const std::string_view> places) {
    const auto name = network_file.substr(network_file.rfind('/') + 1);
    std::map<std::string, std::string> drop_ins;
    for (const auto place : places) {
        const auto directory = fmt::format("{}/systemd/network/{}.d", place, name);
        const std::unique_ptr<DIR, int (*)(DIR*)> list(::opendir(directory.c_str()), ::closedir);
        if (!list) continue;
        while (const dirent* const entry = ::readdir(list.get()))
            if (std::string_view(entry->d_name).ends_with(".conf"))
                drop_ins.emplace(entry->d_name, directory + "/" + entry->d_name);
    }
    std::vector<SettingsFile> files{{network_file, text_of_file(network_file)}};
    for (const auto& drop_in : drop_ins)
        files.push_back({drop_in.second, text_of_file(drop_in.second)});
    return files;
}

std::optional<HardwareView> look_at_hardware(const std::string& name) {
    ifreq request{};
    const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket || name.size() >= sizeof request.ifr_name) return {};
    name.copy(request.ifr_name, name.size());
    HardwareView view{.index = static_cast<int>(::if_nametoindex(name.c_str())), .mac = {}};
    if (view.index == 0 || ::ioctl(socket.get(), SIOCGIFHWADDR, &request) != 0 ||
        request.ifr_hwaddr.sa_family != ARPHRD_ETHER)
        return {};
    std::memcpy(view.mac.bytes.data(), request.ifr_hwaddr.sa_data, view.mac.bytes.size());
    return view;
}

std::vector<MacAddress> own_hardware_addresses() {
    std::vector<MacAddress> found;
    const std::unique_ptr<struct if_nameindex, void (*)(struct if_nameindex*)> list(
        ::if_nameindex(), ::if_freenameindex);
    for (const auto* item = list.get(); item && item->if_index != 0; ++item)
        if (const auto hardware = look_at_hardware(item->if_name)) found.push_back(hardware->mac);
    return found;
}

std::optional<int> kernel_setting(const std::string& path) {
    const std::string text = text_of_file("/proc/sys/" + path);
    int number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    return read.ec == std::errc{} ? std::optional(number) : std::nullopt;
}

DirectoryView look_at_directory(const std::string& path) {
    DirectoryView view;
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) {
        view.error = errno;
        return view;
    }
    view.is_directory = S_ISDIR(found.st_mode);
    view.owner = found.st_uid;
    view.mode = found.st_mode & 07777;
    struct statvfs space {};
    if (::statvfs(path.c_str(), &space) == 0) {
        view.free_kib = static_cast<std::int64_t>(space.f_bavail) *
                        static_cast<std::int64_t>(space.f_frsize) / 1024;
        view.read_only = (space.f_flag & ST_RDONLY) != 0;
    }
    return view;
}

int why_not_executable(const std::string& path) {
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) return errno;
    if (S_ISDIR(found.st_mode)) return EISDIR;
    // Root may run whatever anybody may.
    return (found.st_mode & 0111) != 0 && ::access(path.c_str(), X_OK) == 0 ? 0 : EACCES;
}

int why_not_bindable(const Endpoint& endpoint, int type) {
    const int domain = endpoint.address.is_ipv4() ? AF_INET : AF_INET6;
    const Fd socket(::socket(domain, type | SOCK_CLOEXEC, 0));
    if (!socket) return errno;
    // Connections that have ended are not in the way, as they are in none of komainud's.
    const int on = 1;
    if (type == SOCK_STREAM) ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const SocketAddress address(endpoint);
    return ::bind(socket.get(), &address.generic, address.size()) == 0 ? 0 : errno;
}

bool clock_is_synchronized() {
    timex clock{};
    const int state = ::adjtimex(&clock);
    return state != TIME_ERROR && state >= 0;
}

std::string group_of(const std::string& path) {
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) return "";
    const group* const owner = ::getgrgid(found.st_gid);
    return owner ? owner->gr_name : std::to_string(found.st_gid);
}

bool is_root() { return ::geteuid() == 0; }

}  // namespace komainu
