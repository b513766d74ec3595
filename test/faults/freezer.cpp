#include "test/faults/freezer.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "test/lab/clock.h"
#include "test/lab/fail.h"
#include "test/lab/process.h"
#include "test/lab/sandbox.h"

namespace komainu::faults {

namespace {

constexpr const char* prefix = "komainu-faults-";

void write_to(const std::string& path, const std::string& text) {
    std::ofstream file(path);
    file << text << std::flush;
    if (!file) lab::fail("writing to " + path, errno);
}

}  // namespace

Freezer::Freezer() {
    const auto home = own_group();
    if (!home) {
        trouble_ = "no cgroup v2 is mounted here";
        return;
    }
    home_ = *home;
    path_ = home_ + "/" + prefix + std::to_string(lab::outer_pid());
    if (::mkdir(path_.c_str(), 0755) != 0)
        trouble_ = "no cgroup can be made here: " + std::string(std::strerror(errno));
    else if (::access((path_ + "/cgroup.freeze").c_str(), W_OK) != 0)
        trouble_ = "cgroup.freeze: " + std::string(std::strerror(errno));
}

Freezer::~Freezer() {
    if (path_.empty() || ::access(path_.c_str(), F_OK) != 0) return;
    std::istringstream processes(lab::read_file(path_ + "/cgroup.procs"));
    for (std::string pid; processes >> pid;) std::ofstream(home_ + "/cgroup.procs") << pid;
    ::rmdir(path_.c_str());
}

void Freezer::take_in(pid_t pid) { write_to(path_ + "/cgroup.procs", std::to_string(pid)); }

void Freezer::freeze() {
    write_to(path_ + "/cgroup.freeze", "1");
    const auto is_frozen = [this] {
        return lab::read_file(path_ + "/cgroup.events").find("frozen 1") != std::string::npos;
    };
    if (!lab::wait_until(is_frozen, std::chrono::seconds(1))) lab::fail(path_ + " does not freeze");
}

void Freezer::thaw() { write_to(path_ + "/cgroup.freeze", "0"); }

std::optional<std::string> own_group() {
    std::istringstream mounts(lab::read_file("/proc/self/mounts"));
    std::string device, place, type, rest;
    while (mounts >> device >> place >> type && type != "cgroup2") std::getline(mounts, rest);
    if (type != "cgroup2") return {};
    std::istringstream groups(lab::read_file("/proc/self/cgroup"));
    // cgroups(7): the entry of version 2 is "0::PATH".
    for (std::string line; std::getline(groups, line);)
        if (line.starts_with("0::")) return place + line.substr(3);
    return {};
}

void remove_freezers(const std::string& group) {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(group, ignored))
        if (entry.path().filename().string().starts_with(prefix)) ::rmdir(entry.path().c_str());
}

}  // namespace komainu::faults
