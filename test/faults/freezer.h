// A control group (cgroup v2) to freeze processes in, as a container engine or a hypervisor's pause
// would. A group outlives its processes: who made one has to remove it, also when interrupted.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace komainu::faults {

class Freezer {
public:
    /// Makes the group, as a child of this process's own.
    Freezer();
    ~Freezer();
    Freezer(const Freezer&) = delete;
    Freezer& operator=(const Freezer&) = delete;

    bool usable() const { return trouble_.empty(); }
    const std::string& trouble() const { return trouble_; }  ///< why it cannot be used

    void take_in(pid_t);
    void freeze();
    void thaw();

private:
    std::string path_;
    std::string home_;
    std::string trouble_;
};

/// Where this process's own group lies in the file system; nothing without cgroup v2.
std::optional<std::string> own_group();

/// Removes what an interrupted run has left in its group, once all its processes are gone.
void remove_freezers(const std::string& group);

}  // namespace komainu::faults
