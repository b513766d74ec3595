// A program started in a host of the lab, with what it prints going to a file.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/time.h"
#include "test/lab/netns.h"

namespace komainu::lab {

class Process {
public:
    /// Both streams are appended to the log file. The first word of the command is a path.
    Process(const NetworkNamespace&, const std::vector<std::string>& command,
            const std::string& log_file);
    /// Kills what is left of it and of its children.
    ~Process();
    Process(Process&&) = default;
    Process& operator=(Process&&) = delete;

    pid_t pid() const { return pid_; }
    bool running();

    /// Nothing happens when it has ended.
    void signal(int signal);

    /// Its exit status as a shell counts it (128 + N when signal N ended it); nothing when it still
    /// runs after the limit.
    std::optional<int> wait(Duration limit);

private:
    pid_t pid_ = -1;
    Fd pidfd_;
    std::optional<int> status_;
};

/// The children of a process, as /proc tells them.
std::vector<pid_t> children_of(pid_t);
bool exists(pid_t);

/// The path of a program that was built together with the one that asks.
std::string built_program(const std::string& name);

std::string read_file(const std::string& path);

}  // namespace komainu::lab
