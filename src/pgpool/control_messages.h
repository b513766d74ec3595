// What is asked of the komainud beside, over its control socket, and what it says: a line of JSON
// each way. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "pgpool/reconciler.h"

namespace komainu {

inline constexpr int submission_wait_ms = 5000;  ///< how long komainud may take to enter an event

/// Answered when the table is another than that of the revision, or soon without that. Empty: at
/// once.
std::string ask_backends(std::string_view revision);

struct BackendsAnswer {
    std::string revision;
    WantedBackends backends;
    bool operator==(const BackendsAnswer&) const = default;
};
Result<BackendsAnswer> read_backends(std::string_view line);

std::string submit_event(const Submission& submission, std::uint64_t key);
/// An error is why it is not entered.
Status read_submitted(std::string_view line);

/// A caution is what an operator should know of though pgpool may be in line; mostly empty.
std::string tell_verdict(bool in_line, const std::string& why, const std::string& caution);
Status read_told(std::string_view line);

}  // namespace komainu
