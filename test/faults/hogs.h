// Programs that want every processor and all the time there is.
#pragma once

#include <sys/types.h>

#include <vector>

namespace komainu::faults {

class Hogs {
public:
    enum class Rank { nice, real_time };

    /// One for each processor: as nice as can be not (nice -20), or at a real-time priority below
    /// the daemons'.
    explicit Hogs(Rank);
    ~Hogs();
    Hogs(const Hogs&) = delete;
    Hogs& operator=(const Hogs&) = delete;

    /// Whether this user may have such hogs at all.
    static bool permitted(Rank);

private:
    std::vector<pid_t> hogs_;
};

}  // namespace komainu::faults
