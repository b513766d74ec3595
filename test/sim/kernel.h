// A host's kernel, as far as the VIP goes: whether the address is there, when it expires by itself,
// how long an operation takes, and which operations are refused.
#pragma once

#include "core/term.h"
#include "test/sim/agenda.h"

namespace komainu::sim {

class Kernel {
public:
    Kernel(Agenda& agenda, Duration lifetime) : agenda_(agenda), lifetime_(lifetime) {}

    Duration takes{};          ///< each operation
    int refused_adds = 0;      ///< so many of the next are refused
    int refused_removals = 0;  ///< likewise

    /// How long an address stays that is not renewed.
    Duration lifetime() const { return lifetime_; }
    bool has_vip() const { return has_vip_; }
    Term vip_of() const { return vip_of_; }  ///< the term it was added for

    bool add(Term term) {
        if (refused_adds > 0) return --refused_adds, false;
        has_vip_ = true;
        vip_of_ = term;
        renew();
        return true;
    }
    bool remove() {
        if (refused_removals > 0) return --refused_removals, false;
        has_vip_ = false;
        return true;
    }
    /// By somebody else, or by the sweeping guard of a new run.
    void clear() { has_vip_ = false; }

    void renew() {
        expires_at_ = agenda_.now() + lifetime_;
        if (!watched_) watch();
    }

private:
    void watch() {
        watched_ = true;
        agenda_.at(expires_at_, [this] {
            watched_ = false;
            if (!has_vip_) return;
            if (agenda_.now() < expires_at_) return watch();
            has_vip_ = false;
        });
    }

    Agenda& agenda_;
    Duration lifetime_;
    bool has_vip_ = false;
    Term vip_of_;
    Instant expires_at_;
    bool watched_ = false;
};

}  // namespace komainu::sim
