// Faults at random, one after another, on a cluster that is never set up anew. Whatever the order:
// one holder, and soon one again.
#include <fmt/format.h>
#include <signal.h>
#include <stdlib.h>

#include <algorithm>
#include <random>

#include "test/faults/row.h"

namespace komainu::faults {

namespace {

constexpr int faults_by_default = 200;
constexpr int faults_max = 100'000;

/// A guard that is killed leaves its VIP to the kernel, which removes it two to three seconds
/// later; until then its main waits and nobody else can be elected. All other ways take less.
constexpr Duration served_again_within = 4s;

class Dice {
public:
    explicit Dice(std::uint64_t seed) : engine_(seed) {}
    int number(int least, int most) {
        // Not by a distribution of the library, which may differ from one to the next.
        return least + static_cast<int>(engine_() % static_cast<std::uint64_t>(most - least + 1));
    }
    bool chance(int percent) { return number(1, 100) <= percent; }

private:
    std::mt19937_64 engine_;
};

/// All that is drawn before the fault is made, so that a seed always makes the same faults.
struct Draw {
    int kind = 0;
    bool on_active = true;
    Duration lasts{};
};

struct Kind {
    const char* name;
    std::function<void(Trial&, int node)> strike;
    std::function<void(Trial&, int node)> repair;
    bool nobody_removes = false;  ///< as in Fault
};

void heal(Trial& t, int node) { t.network().heal(t.cluster().host(node)); }
void nothing(Trial&, int) {}

Kind killed(const char* name, std::function<void(Trial&, int)> strike) {
    return {name, std::move(strike), [](Trial& t, int node) { t.supervise(node); }};
}

Kind with_nobody_left(Kind kind) {
    kind.nobody_removes = true;
    return kind;
}

Kind stopped(const char* name, std::function<void(Trial&, int, int signal)> send) {
    return {name, [send](Trial& t, int node) { send(t, node, SIGSTOP); },
            [send](Trial& t, int node) { send(t, node, SIGCONT); }};
}

void signal_guard(Trial& t, int node, int signal) { ::kill(t.cluster().guard_pid(node), signal); }

const std::vector<Kind>& kinds() {
    static const std::vector<Kind> all{
        killed("main killed", [](Trial& t, int node) { t.cluster().kill_main(node); }),
        killed("guard killed", [](Trial& t, int node) { t.cluster().kill_guard(node); }),
        with_nobody_left(killed(
            "both killed", [](Trial& t, int node) { t.cluster().signal_both(node, SIGKILL); })),
        stopped("main stopped",
                [](Trial& t, int node, int s) { t.cluster().daemon(node).signal(s); }),
        stopped("guard stopped", signal_guard),
        with_nobody_left(stopped(
            "both stopped", [](Trial& t, int node, int s) { t.cluster().signal_both(node, s); })),
        {"silent", [](Trial& t, int node) { t.network().silence(t.cluster().host(node)); }, heal},
        {"mute", [](Trial& t, int node) { t.network().mute(t.cluster().host(node)); }, heal},
        {"deaf", [](Trial& t, int node) { t.network().deafen(t.cluster().host(node)); }, heal},
        {"interface down",
         [](Trial& t, int node) { lab::shell(t.cluster().host(node), "ip link set eth0 down"); },
         [](Trial& t, int node) { lab::shell(t.cluster().host(node), "ip link set eth0 up"); }},
        {"switchover", [](Trial& t, int node) { t.cluster().switchover(node); }, nothing},
        {"service killed", [](Trial& t, int node) { t.cluster().kill_service(node); },
         [](Trial& t, int) { t.start_what_does_not_run(); }},
        {"VIP removed",
         [](Trial& t, int) {
             t.host_of_active().space.run([] {
                 // It may be gone already.
                 static_cast<void>(!std::system("ip addr del 10.77.0.100/24 dev eth0 2>/dev/null"));
             });
         },
         nothing},
        {"restarted", [](Trial& t, int node) { t.cluster().stop(node); },
         [](Trial& t, int node) { t.supervise(node); }}};
    return all;
}

Draw draw(Dice& dice) {
    Draw drawn;
    drawn.kind = dice.number(0, static_cast<int>(kinds().size()) - 1);
    drawn.on_active = dice.chance(70);
    drawn.lasts = std::chrono::milliseconds(dice.number(200, 1000));
    return drawn;
}

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
    const char* text = ::getenv(variable);
    return text == nullptr || *text == '\0' ? otherwise : std::strtoull(text, nullptr, 10);
}

lab::ClusterOptions cluster_with_service() {
    auto options = usual_cluster();
    options.check = lab::ServiceCheck::process;
    return options;
}

/// What was wrong, in words; empty when nothing was.
std::string judge(const Sight& sight, const Kind& kind) {
    std::string wrong;
    if (sight.wire_overlap > 0ns)
        wrong += fmt::format(", two answered for {} us", sight.wire_overlap / 1us);
    if (sight.address_overlap > 0ns && !kind.nobody_removes)
        wrong += fmt::format(", two had the VIP for {} us", sight.address_overlap / 1us);
    if (sight.outage.gap > served_again_within || !sight.outage.over) wrong += ", not served soon";
    return wrong;
}

/// One fault, and what the witnesses say of it.
Outcome strike(Trial& trial, const Draw& drawn) {
    if (!trial.mark()) return {Verdict::not_as_expected, {}, "the cluster was not whole before"};
    const auto& kind = kinds().at(static_cast<std::size_t>(drawn.kind));
    const int node = drawn.on_active ? trial.active() : trial.standby();
    const auto struck = lab::now();
    kind.strike(trial, node);
    lab::sleep_until(struck + drawn.lasts);
    kind.repair(trial, node);
    const bool well = trial.wait_until_well(lab::patience);
    Outcome outcome{.sight = trial.sight()};
    auto wrong = judge(outcome.sight, kind);
    if (!well) wrong += ", not whole again";
    if (wrong.empty()) return outcome;
    outcome.verdict = Verdict::not_as_expected;
    outcome.remark = fmt::format("{} on node {}{}{}", kind.name, node,
                                 drawn.on_active ? " (active)" : "", wrong);
    return outcome;
}

std::string statistics(std::vector<Duration> gaps) {
    if (gaps.empty()) return "no fault was made";
    std::ranges::sort(gaps);
    const auto in_ms = [&](std::size_t percent) {
        const auto i = (gaps.size() - 1) * percent / 100;
        return std::chrono::duration<double, std::milli>(gaps[i]).count();
    };
    return fmt::format("gap median {:.1f}, p99 {:.1f}, max {:.1f} ms", in_ms(50), in_ms(99),
                       in_ms(100));
}

/// The worst of all.
void add_to(Sight& all, const Sight& one) {
    if (all.path.empty() && !one.path.empty()) all.path = {one.path.front()};
    all.wire_overlap = std::max(all.wire_overlap, one.wire_overlap);
    all.address_overlap = std::max(all.address_overlap, one.address_overlap);
    all.outage.gap = std::max(all.outage.gap, one.outage.gap);
}

Outcome run_random() {
    const auto seed = number_from("SEED", std::random_device()());
    const auto wanted =
        std::min<std::uint64_t>(number_from("FAULTS", faults_by_default), faults_max);
    Dice dice(seed);
    Trial trial(cluster_with_service());
    if (!trial.begin()) return {Verdict::not_as_expected, {}, "the cluster did not start"};

    Outcome all;
    std::vector<Duration> gaps;
    int failed = 0;
    for (std::uint64_t i = 0; i < wanted; ++i) {
        const auto one = strike(trial, draw(dice));
        if (one.verdict != Verdict::as_expected) {
            ++failed;
            all.logs += fmt::format("fault {}: {}\n", i + 1, one.remark);
        }
        add_to(all.sight, one.sight);
        if (one.sight.path.size() > 1) gaps.push_back(one.sight.outage.gap);
    }
    const auto bugs = trial.bugs();
    all.remark = fmt::format("{} faults, SEED={}; {} moved the VIP: {}", wanted, seed, gaps.size(),
                             statistics(gaps));
    if (failed > 0) all.remark += fmt::format("; {} not as expected", failed);
    if (!bugs.empty()) all.remark += "; " + bugs;
    if (failed > 0 || !bugs.empty()) all.verdict = Verdict::not_as_expected;
    return all;
}

}  // namespace

Row random_row() { return {"faults at random", in_words(Expect::anybody), run_random}; }

}  // namespace komainu::faults
