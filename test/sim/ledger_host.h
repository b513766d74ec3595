// One node of the simulated agreement about the table of backends: the real Ledger, its disk, its
// clock. See ledger_run.cpp.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/ledger.h"
#include "core/random.h"
#include "test/sim/agenda.h"
#include "test/sim/clock.h"
#include "test/sim/story.h"

namespace komainu::sim {

class LedgerHost;

/// What a host does that others hear of.
struct LedgerOutlets {
    std::function<void(LedgerHost& from, NodeId to, const LedgerMessage&)> send;
    std::function<void(const LedgerHost&, const LedgerAction&)> judge;
};

class LedgerHost {
public:
    LedgerHost(Agenda& agenda, Story& story, LedgerSettings settings, Clock clock,
               std::uint64_t seed, LedgerOutlets outlets);

    void start();
    void kill();
    void pause(Duration time);  ///< not scheduled; what happens is kept
    void step(const LedgerEvent& event);
    void ask(BackendEventKind kind, std::uint8_t backend, Duration wait);
    void ask_again();  ///< the event that was asked last, as on a retry
    void set_disk_refuses(bool refuses) { disk_refuses_ = refuses; }
    void set_disk_takes(Duration most) { disk_takes_ = most; }
    /// Of a host that was killed for it, as by a power cut.
    void damage_disk() { disk_ = {.record = {}, .is_lost = true}; }

    NodeId id() const { return settings_.self; }
    const Ledger* ledger() const { return ledger_.get(); }
    const StoredLedger& disk() const { return disk_; }
    int starts() const { return starts_; }

private:
    void run_step(const LedgerEvent& event);
    void perform(const LedgerAction& action);
    void store();
    void run_command(const RunCommand& command);
    void arm();

    template <class... Parts>
    void tell(fmt::format_string<Parts...> text, Parts&&... parts) {
        story_.tell(agenda_.now(), id(), text, std::forward<Parts>(parts)...);
    }

    Agenda& agenda_;
    Story& story_;
    const LedgerSettings settings_;
    const Clock clock_;
    Random random_;
    LedgerOutlets outlets_;

    StoredLedger disk_;
    std::optional<LedgerRecord> storing_;
    bool disk_refuses_ = false;
    Duration disk_takes_ = 5ms;
    std::unique_ptr<Ledger> ledger_;
    int starts_ = 0;
    bool paused_ = false;
    std::vector<LedgerEvent> inbox_;
    std::optional<Instant> wakes_at_;
    std::optional<BackendEvent> asked_;
    std::uint64_t events_ = 0;
};

}  // namespace komainu::sim
