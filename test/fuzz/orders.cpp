// What main says to guard and runner, and they to it (guard/orders.h, runner/orders.h). Main has
// read the network: should it ever be taken over from there, they must still read its orders
// safely.
#include "guard/orders.h"

#include <algorithm>
#include <array>

#include "runner/orders.h"
#include "test/fuzz/fuzz.h"

namespace komainu::fuzz {

namespace {

using Room = std::array<std::byte, std::max(guard_message_bytes_max, runner_message_bytes_max)>;

template <class Message>
void encodes_back(const std::optional<Message>& message, Bytes input) {
    if (!message) return;
    Room room;
    must_hold(std::ranges::equal(encode(*message, room), input),
              "what was decoded encodes back to the same bytes");
}

}  // namespace

void examine(Bytes input) {
    encodes_back(decode_order(input), input);
    encodes_back(decode_report(input), input);
    encodes_back(decode_runner_order(input), input);
    encodes_back(decode_runner_report(input), input);
}

std::vector<std::string> seeds() {
    Room room;
    std::vector<std::string> seeds;
    LastWillBytes will;
    for (int i = 0; i < 89; ++i) will.push_back(static_cast<std::byte>(i));
    for (const GuardOrder& order :
         std::initializer_list<GuardOrder>{HoldOrder{7, will}, HoldOrder{7, {}}, DropOrder{7},
                                           AnnounceOrder{}, ReloadOrder{7, digest_of("text")}})
        seeds.push_back(text_of(encode(order, room)));
    for (const GuardReport& report : std::initializer_list<GuardReport>{
             HeldReport{7, Instant(5ns), Instant(6ns)}, DroppedReport{7, DropReason::lease_expired},
             HoldFailedReport{7, "why"}, CarrierReport{Carrier::up, "eth0"}, RestoredReport{"main"},
             ReadyReport{}, StartFailedReport{"why"}, ReloadedReport{7},
             ReloadFailedReport{7, "why"}})
        seeds.push_back(text_of(encode(report, room)));
    for (const RunnerOrder& order : std::initializer_list<RunnerOrder>{
             CheckOrder{7, 1},
             HookOrder{7, 1, {HookEvent::fault, 3, NodeId{1}, NodeId{2}, "a", "b", "c", "d"}},
             CommandOrder{7, ClusterCommand::failback, {1, 2, 3, 4}},
             StoreOrder{7, 8, std::vector(guard_message_bytes_max, std::byte{9})}, StopOrder{7},
             FarewellOrder{}})
        seeds.push_back(text_of(encode(order, room)));
    for (const RunnerReport& report :
         std::initializer_list<RunnerReport>{RunReport{7, {Ending::exited, 1, "why"}},
                                             RunnerReadyReport{}, RunnerFailedReport{"why"}})
        seeds.push_back(text_of(encode(report, room)));
    return seeds;
}

}  // namespace komainu::fuzz
