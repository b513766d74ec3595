// What everybody may see of this host and that decides whether virtual addresses work on it:
// interfaces and who manages them, settings of the kernel, directories, programs, the clock.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"

namespace komainu {

/// Who else puts addresses on an interface, and takes off those that it does not know.
enum class Manager : std::uint8_t { none, networkd, network_manager };

struct SettingsFile {
    std::string path;
    std::string text;
};

struct InterfaceView {
    bool exists = false;
    bool up = false;       ///< by the administrator
    bool carrier = false;  ///< the cable, or what stands for it
    Manager manager = Manager::none;
    std::vector<SettingsFile> settings = {};  ///< of networkd
};
InterfaceView look_at_interface(const std::string& name);

/// A .network file of networkd and its drop-ins, in the order in which it reads them. Those that
/// cannot be read are empty. The places of drop-ins are given for tests.
inline constexpr std::string_view networkd_places[] = {"/etc", "/run", "/usr/local/lib",
                                                       "/usr/lib"};
std::vector<SettingsFile> networkd_settings(
    const std::string& network_file, std::span<const std::string_view> places = networkd_places);

struct HardwareView {
    int index = 0;
    MacAddress mac;
};
/// Nothing where there is no such interface, or it is not of Ethernet.
std::optional<HardwareView> look_at_hardware(const std::string& name);

/// Of all interfaces of this host that are of Ethernet.
std::vector<MacAddress> own_hardware_addresses();

/// A number below /proc/sys, such as "net/ipv4/conf/eth0/rp_filter".
std::optional<int> kernel_setting(const std::string& path);

struct DirectoryView {
    int error = 0;  ///< errno of looking at it; 0: it is there
    bool is_directory = false;
    uid_t owner = 0;
    unsigned mode = 0;
    std::int64_t free_kib = 0;  ///< for others than root
    bool read_only = false;
};
DirectoryView look_at_directory(const std::string& path);

/// Why this user could not run the program; 0: it can.
int why_not_executable(const std::string& path);

/// SOCK_DGRAM or SOCK_STREAM: why such a socket cannot be bound there, an errno; 0: it can, and was
/// closed again.
int why_not_bindable(const Endpoint& endpoint, int type);

/// Whether the kernel takes the wall clock to be right, as NTP tells it.
bool clock_is_synchronized();

/// Of the group that owns a file; empty when this user cannot see it.
std::string group_of(const std::string& path);

/// Of this process: root sees everything.
bool is_root();

}  // namespace komainu
