// Main's end of the guard: orders go out, reports come in, and the lease is extended in the shared
// page without a system call.
//
// Main cannot remove an address itself. So when the guard is gone, or does not answer, main waits
// until the kernel has let the VIPs go (they have a finite lifetime, which nobody renews now)
// before it believes them down, and keeps its term until then: nobody else takes over an address
// that is still here.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>

#include "base/fd.h"
#include "conf/config.h"
#include "core/term.h"
#include "guard/lease_page.h"
#include "guard/orders.h"
#include "io/loop.h"

namespace komainu {

class GuardLink {
public:
    struct Handlers {
        std::function<void(const GuardReport&)> report;
        /// What is wrong with the guard; empty when it answers again.
        std::function<void(std::string_view trouble)> trouble;
        /// The VIPs of a term are down, though the guard did not say so.
        std::function<void(Term)> vips_gone;
    };

    GuardLink(Loop& loop, const Config& config, Fd socket, SharedLeasePage page, Handlers handlers);

    /// Grants the lease and orders the VIPs up.
    void hold(Term term, Instant until, const LastWillBytes& last_will);
    /// Comes to nothing when the guard has closed the lease; its report of that is on its way.
    void extend(Instant until);
    void drop(Term term);
    void announce();
    /// For the VIPs that are held, or are to be; seal() is called with their term.
    void replace_last_will(const std::function<LastWillBytes(Term)>& seal);
    /// Answered by a ProbeReport of this id; by none when the guard does not answer.
    void probe(std::uint64_t id);

    /// Answered by one Reloaded or ReloadFailed of this id, whenever the guard answers. False: it
    /// does not even hear of it.
    bool reload(std::uint64_t id, const TextDigest& text);

    bool gone() const { return gone_; }

private:
    void on_ready();
    void on_message(Bytes message);
    bool hold_was_answered(std::uint64_t round);
    bool order(const GuardOrder& order);
    void lose(bool gone, std::string_view trouble);
    void recover();
    void look_after();
    bool unresponsive() const;
    bool vips_are_gone() const;

    Loop& loop_;
    const Config& config_;
    Fd socket_;
    SharedLeasePage page_;
    Handlers handlers_;
    Loop::Watch watch_;
    Loop::Timer look_after_;

    Instant lease_until_;
    std::optional<Term> holding_;   ///< ordered up, and not known to be down
    std::optional<Term> dropping_;  ///< ordered down, and not known to be down
    bool hold_unanswered_ = false;  ///< the newest
    Instant ordered_at_;            ///< when the last of either was
    bool gone_ = false;
    bool silent_ = false;
    Instant lost_at_;
    Duration lifetime_;  ///< of the VIPs in the kernel, as the guard has read it
};

}  // namespace komainu
