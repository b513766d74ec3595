// What makes this node fit to be active: its services, its interfaces, the trusted servers, its
// guard, its fence where one is required, that no stranger had a VIP when it started, that the
// operator's program does not report it dead, and that the active does not refuse it. Says why it
// is unfit in one sentence.
#pragma once

#include <string>
#include <string_view>

namespace komainu {

class Fitness {
public:
    void set_services(bool healthy, std::string_view reason);
    void set_interfaces(std::string_view trouble);  ///< empty: all that it needs are up
    void set_guard(std::string_view trouble);       ///< empty: it works
    void set_trusted(std::string_view trouble);     ///< empty: one answers, or there are none
    /// Somebody else may have a VIP (daemon/start_probe.h); empty: not as far as is known.
    void set_conflict(std::string_view reason) { conflict_ = reason; }
    /// By the operator's program; empty: it is not reported dead.
    void set_reported(std::string_view trouble) { reported_ = trouble; }
    /// By the active, for this node's VIP settings are not the active's; empty: it does not.
    void set_refused(std::string_view trouble) { refused_ = trouble; }
    /// The pgpool-II beside this node; empty: it knows what the cluster knows, or there is none.
    void set_pgpool(std::string_view trouble) { pgpool_trouble_ = trouble; }
    void set_fence(std::string_view trouble);  ///< where it is required; empty: it stands

    bool healthy() const { return reason().empty(); }
    const std::string& reason() const;  ///< empty while healthy
    /// Whether a pause for maintenance excuses what is wrong: not when this node cannot hold VIPs.
    bool excusable() const { return guard_trouble_.empty() && fence_trouble_.empty(); }

private:
    bool services_healthy_ = false;
    std::string services_reason_ = "not checked yet";
    std::string interfaces_trouble_;
    std::string guard_trouble_;
    std::string trusted_trouble_;
    std::string conflict_;
    std::string reported_;
    std::string refused_;
    std::string pgpool_trouble_;
    std::string fence_trouble_;
};

}  // namespace komainu
