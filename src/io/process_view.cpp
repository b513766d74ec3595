#include "io/process_view.h"

#include <sched.h>

#include <cerrno>
#include <cstdlib>
#include <sstream>

#include "io/files.h"

namespace komainu {

namespace {

std::string proc_file(pid_t pid, const std::string& name) {
    return text_of_file("/proc/" + std::to_string(pid) + "/" + name);
}

/// What stands behind the words at the beginning of a line, without blanks.
std::string after(const std::string& text, const std::string& words) {
    const auto begin = text.rfind("\n" + words, std::string::npos);
    const auto at = text.starts_with(words) ? 0 : begin == std::string::npos ? begin : begin + 1;
    if (at == std::string::npos) return "";
    const auto from = text.find_first_not_of(" \t", at + words.size());
    if (from == std::string::npos) return "";
    return text.substr(from, text.find_first_of(" \t\n", from) - from);
}

}  // namespace

std::optional<ProcessView> look_at_process(pid_t pid) {
    const std::string status = proc_file(pid, "status");
    if (status.empty()) return {};
    ProcessView view;
    view.pid = pid;
    view.name = after(status, "Name:");
    view.user = static_cast<uid_t>(std::atoll(after(status, "Uid:").c_str()));
    view.capabilities = std::strtoull(after(status, "CapEff:").c_str(), nullptr, 16);
    view.locked_kib = std::atoll(after(status, "VmLck:").c_str());
    view.files_max = std::atoll(after(proc_file(pid, "limits"), "Max open files").c_str());
    const int policy = sched_getscheduler(pid) & ~SCHED_RESET_ON_FORK;
    view.real_time = policy == SCHED_FIFO || policy == SCHED_RR;
    return view;
}

std::vector<ProcessView> children_of_process(pid_t pid) {
    std::istringstream pids(proc_file(pid, "task/" + std::to_string(pid) + "/children"));
    std::vector<ProcessView> children;
    for (pid_t child = 0; pids >> child;)
        if (auto view = look_at_process(child)) children.push_back(std::move(*view));
    return children;
}

}  // namespace komainu
