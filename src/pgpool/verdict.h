// Whether this node's pgpool-II is in line with the cluster, so that the node may hold the VIPs.
// Pure.
//
// One that has just started may have the backends of yesterday, and counts only when it is in line.
// One that was in line is not given up for what every change of a backend brings with it, on all
// nodes at once: it stays so unless it has not followed for a while.
#pragma once

#include <optional>
#include <string>

#include "base/time.h"

namespace komainu {

class PgpoolVerdict {
public:
    static constexpr Duration grace = 10s;

    /// Nothing that it was counts any more.
    void start_anew() { was_in_line_ = false; }

    /// Empty: it is in line.
    void find(Instant now, const std::string& trouble) {
        if (trouble.empty()) {
            was_in_line_ = true;
            troubled_since_.reset();
            why_.clear();
            return;
        }
        if (!troubled_since_) troubled_since_ = now;
        if (was_in_line_ && now - *troubled_since_ < grace) return;
        was_in_line_ = false;
        why_ = trouble;
    }

    /// It answers, and the cluster has agreed on nothing yet with which it could be in line: that
    /// must not keep everybody from becoming active, since nothing is agreed on without one.
    void find_nothing_to_go_by() {
        troubled_since_.reset();
        why_.clear();
    }

    bool in_line() const { return why_.empty(); }
    const std::string& why() const { return why_; }

private:
    bool was_in_line_ = false;
    std::optional<Instant> troubled_since_;  ///< it was in line until then
    std::string why_ = "pgpool-II has not been asked yet";
};

}  // namespace komainu
