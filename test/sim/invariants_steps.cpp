// Judging what one core decides, step by step (P1 lease, contract).
#include <fmt/format.h>

#include "test/sim/host.h"
#include "test/sim/invariants.h"

namespace komainu::sim {

void Invariants::started(const Host& host) {
    Record& record = records_[number(host.id())];
    std::erase_if(record.forgotten, [&](const Binding& b) { return b.until <= host.started_at(); });
    Record fresh;
    fresh.forgotten = std::move(record.forgotten);
    record = std::move(fresh);
    start_of_[host.incarnation()] = host.starts();
}

void Invariants::ends(const Host& host) {
    Record& record = records_[number(host.id())];
    if (record.binding) {
        const Instant remembered =
            host.clock().true_time_of(host.local() + host.node()->settings().remembered);
        record.forgotten.push_back(
            {record.binding->to, std::min(record.binding->until, remembered)});
    }
    record.binding.reset();
    record.unanswered.clear();
}

void Invariants::stepped(const Host& host, const Event& event, const ActionList& actions) {
    Record& record = records_[number(host.id())];
    note_answer(record, event);
    if (const auto* asked = std::get_if<SwitchoverAsked>(&event))
        record.unanswered[asked->request] = host.local();
    if (const auto* asked = std::get_if<StandbyAsked>(&event))
        record.unanswered[asked->request] = host.local();
    for (const Action& action : actions) {
        judge_silence(host, event, action);
        std::visit([&](const auto& a) { judge(host, record, a); }, action);
    }
    if (host.node()->highest_term() < record.highest)
        violated("P1 lease", fmt::format("node {}'s highest term shrank to round {}",
                                         number(host.id()), host.node()->highest_term().round));
    record.highest = host.node()->highest_term();
    if (std::holds_alternative<TimerExpired>(event)) judge_patience(host, record);
}

void Invariants::note_answer(Record& record, const Event& event) {
    const auto* dropped = std::get_if<VipsDropped>(&event);
    const auto* failed = std::get_if<HoldFailed>(&event);
    if ((dropped && dropped->term == record.held) || (failed && failed->term == record.held))
        record.vips_down = true;
}

// --- P1 lease

void Invariants::judge(const Host& host, Record& record, const HoldVips& hold) {
    const auto wrong = [&](std::string_view what) {
        violated("P1 lease",
                 fmt::format("node {}, round {}: {}", number(host.id()), hold.term.round, what));
    };
    if (host.member().witness) wrong("a witness holds");
    if (hold.term.node != host.id()) wrong("the term of another");
    if (hold.term <= record.held) wrong("not above its last term");
    if (!tenancies_.insert({hold.term, host.incarnation()}).second) wrong("begins twice");
    if (hold.lease_until <= host.local()) wrong("begins when its lease is over");
    if (record.lease_until) wrong("begins within another");
    if (!record.vips_down) wrong("begins before the VIPs of another are down");
    record.held = hold.term;
    record.lease_until = hold.lease_until;
    record.vips_down = false;
}

void Invariants::judge(const Host& host, Record& record, const ExtendLease& extend) {
    const auto wrong = [&](std::string_view what) {
        violated("P1 lease",
                 fmt::format("node {}, round {}: {}", number(host.id()), record.held.round, what));
    };
    if (!record.lease_until) return wrong("a tenancy that is over is extended");
    if (host.local() >= *record.lease_until) wrong("a lease that has lapsed is revived");
    if (extend.until <= *record.lease_until) wrong("an extension shortens the lease");
    record.lease_until = extend.until;
}

void Invariants::judge(const Host&, Record& record, const RoleChanged& change) {
    if (change.from == Role::active) record.lease_until.reset();
}

// --- Contract

void Invariants::judge(const Host& host, Record& record, const DropVips& drop) {
    if (drop.term != record.held)
        violated("contract",
                 fmt::format("node {} drops a term it does not hold", number(host.id())));
}

void Invariants::judge(const Host& host, Record& record, const AnswerSwitchover& answer) {
    if (record.unanswered.erase(answer.request) == 0)
        violated("contract", fmt::format("node {} answers what nobody asked", number(host.id())));
}

void Invariants::judge(const Host& host, Record& record, const AnswerOrder& answer) {
    if (record.unanswered.erase(answer.request) == 0)
        violated("contract", fmt::format("node {} answers what nobody asked", number(host.id())));
}

void Invariants::judge_patience(const Host& host, const Record& record) {
    const Duration patience = 3s + 4 * deadtime_;
    for (const auto& [request, asked_at] : record.unanswered)
        if (host.local() > asked_at + patience)
            violated("contract",
                     fmt::format("node {} never answers its operator", number(host.id())));
}

void Invariants::judge(const Host& host, Record& record, const Broadcast& broadcast) {
    judge_sequence(host, record, broadcast.sequence);
    const auto* release = std::get_if<Release>(&broadcast.message);
    const auto* heartbeat = std::get_if<Heartbeat>(&broadcast.message);
    const std::uint64_t freed = release     ? release->round
                                : heartbeat ? heartbeat->released.round
                                            : 0;
    if (freed >= record.held.round && freed != 0 && !record.vips_down)
        violated("contract", fmt::format("node {} frees round {} before its VIPs are down",
                                         number(host.id()), freed));
}

void Invariants::judge(const Host& host, Record& record, const SendTo& message) {
    judge_sequence(host, record, message.sequence);
}

void Invariants::judge_sequence(const Host& host, Record& record, std::uint64_t sequence) {
    if (sequence <= record.sequence)
        violated("contract", fmt::format("node {} repeats a sequence", number(host.id())));
    record.sequence = sequence;
}

/// What was received in the same wake-up may have come from the one who seems silent.
void Invariants::judge_silence(const Host& host, const Event& event, const Action& action) {
    if (std::holds_alternative<TimerExpired>(event)) return;
    const auto* active = std::get_if<ActiveChanged>(&action);
    const auto* peer = std::get_if<PeerChanged>(&action);
    if ((active && active->news == ActiveNews::lost_silent) ||
        (peer && peer->news == PeerNews::down))
        violated("contract", fmt::format("node {} calls another silent before it has read all",
                                         number(host.id())));
}

void Invariants::sends(const Host& host, const Message& message) {
    const auto* release = std::get_if<Release>(&message);
    const auto* heartbeat = std::get_if<Heartbeat>(&message);
    const std::uint64_t freed = release     ? release->round
                                : heartbeat ? heartbeat->released.round
                                            : 0;
    if (freed != 0 && host.kernel().has_vip() && host.kernel().vip_of() == Term{freed, host.id()})
        violated("P2 left behind", fmt::format("node {} frees round {} while its VIP is there",
                                               number(host.id()), freed));
}

}  // namespace komainu::sim
