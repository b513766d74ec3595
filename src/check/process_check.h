// Whether the process named by a pid file lives. Its death is reported at once, by its pidfd; every
// interval the pid file is read again, since the service may have been restarted.
//
// A pid is only a number, and may belong to another process by the time it is used. Once opened, a
// pidfd stands for one process for good; and it is believed only if the pid file still says the
// same afterwards. A pid file whose process was seen to die is not believed again until it is
// written anew, whoever has that number by then. What cannot be told: a pid file left behind by a
// dead process before we started, whose number another process has got since.
#pragma once

#include <optional>
#include <string>

#include "check/check.h"
#include "io/files.h"

namespace komainu {

class ProcessCheck final : public Check {
public:
    ProcessCheck(Loop& loop, const ServiceConfig& service, CheckReport report);

    void start() override { examine(); }

private:
    void examine();
    CheckResult look();
    CheckResult open_process(const PidFile& file);
    CheckResult process_died(const PidFile& file);
    void on_exit();

    Loop& loop_;
    std::string path_;
    Duration interval_;
    CheckReport report_;

    std::optional<PidFile> watched_file_;  // what process_ was opened by
    std::optional<PidFile> dead_file_;     // whose process was seen dead
    std::string reason_;
    Fd process_;
    Loop::Watch exit_;
    Loop::Timer next_;
};

}  // namespace komainu
