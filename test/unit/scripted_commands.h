// A runner that runs nothing: the test says how each run ends.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "check/commands.h"

namespace komainu {

class ScriptedCommands final : public Commands {
public:
    std::optional<RunId> start(std::size_t service, Ended ended) override {
        if (!trouble_.empty()) return {};
        ++starts;
        last_service = service;
        running[RunId{starts}] = std::move(ended);
        return RunId{starts};
    }
    void stop(RunId run) override { running.erase(run); }
    std::string_view trouble() const override { return trouble_; }

    /// All that run.
    void end(const RunEnd& how) {
        for (auto ending = std::exchange(running, {}); const auto& [run, ended] : ending)
            ended(how);
    }
    void refuse(const std::string& why) { trouble_ = why; }

    std::uint64_t starts = 0;
    std::size_t last_service = 0;
    std::map<RunId, Ended> running;

private:
    std::string trouble_;
};

}  // namespace komainu
