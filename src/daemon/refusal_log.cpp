#include "daemon/refusal_log.h"

#include "daemon/words.h"
#include "io/log.h"

namespace komainu {

namespace {

LogEvent event_of(Refusal refusal) {
    const bool is_of_the_key = refusal == Refusal::unknown_key || refusal == Refusal::bad_tag;
    return is_of_the_key ? LogEvent::key_refused : LogEvent::datagrams_refused;
}

}  // namespace

bool RefusalLog::Tally::add(Instant now) {
    ++count;
    if (told_at && now < *told_at + quiet_for) return false;
    told_at = now;
    return true;
}

std::uint64_t RefusalLog::Tally::untold() {
    const std::uint64_t news = count - told;
    told = count;
    return news;
}

void RefusalLog::refused(Refusal refusal, const Endpoint& source, Instant now) {
    Tally& tally = tallies_[index(refusal)];
    if (!tally.add(now)) return;
    const std::string from = to_string(source);
    log_event(event_of(refusal), {.address = from}, "refused {} datagram(s), the last from {}: {}",
              tally.untold(), from, sentence(refusal));
}

void RefusalLog::stream_refused(StreamRefusal refusal, NodeId node, Instant now) {
    Tally& tally = of_streams_[static_cast<std::size_t>(refusal)];
    if (!tally.add(now)) return;
    log_event(LogEvent::streams_refused, {.peer = node},
              "refused {} stream(s), the last with node {}'s address: {}", tally.untold(),
              number(node), sentence(refusal));
}

void RefusalLog::own_id_used(NodeId self, const Endpoint& source, Instant now) {
    if (!own_id_.add(now)) return;
    log_event(
        LogEvent::own_id_used, {.address = to_string(source)},
        "{} also says that it is node {}: give every node its own node_id (or somebody replays "
        "what this node said in an earlier run)",
        to_string(source), number(self));
}

}  // namespace komainu
