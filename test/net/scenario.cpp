#include "test/net/scenario.h"

#include <fstream>

namespace komainu::lab {

namespace {

constexpr const char* announcements_only = "arp or icmp6";

Bytes bytes_of(const Frame& frame) { return frame.bytes; }

}  // namespace

void replace_in_file(const std::string& file, const std::string& old, const std::string& with) {
    std::string text = read_file(file);
    const auto at = text.find(old);
    ASSERT_NE(at, text.npos) << old;
    std::ofstream(file) << text.replace(at, old.size(), with);
}

void Scenario::lay_out(ClusterOptions options) {
    cluster_ = std::make_unique<Cluster>(std::move(options));
    watcher_ = std::make_unique<AddressWatcher>(cluster_->network());
    capture_ = std::make_unique<Capture>(cluster_->network(), announcements_only);
    client_ = std::make_unique<Client>(cluster_->client_host(), cluster_->service());
    cluster_->start_services();
    mark();
}

int Scenario::begin(ClusterOptions options) {
    lay_out(std::move(options));
    return start();
}

bool Scenario::logs(int node, const std::string& text) {
    return wait_until([&] { return cluster_->log(node).find(text) != std::string::npos; },
                      patience);
}

int Scenario::start() {
    cluster_->start_all();
    const auto active = cluster_->wait_for_active();
    EXPECT_TRUE(active) << "no node became active";
    if (!active) return 0;
    EXPECT_TRUE(watcher_->wait_for_holders(vip(), {*active}, patience));
    EXPECT_TRUE(client_->answered_by(*active, client_mark_, patience));
    expect_announced(*active, vip());
    EXPECT_TRUE(cluster_->wait_until_whole()) << "a node is missing, unfit, or still in quarantine";
    return *active;
}

void Scenario::TearDown() {
    if (!cluster_) return;
    for (std::size_t i = 0; i < cluster_->options().vips.size() && !overlap_allowed_; ++i)
        EXPECT_EQ(watcher_->overlap(vip(i)), 0ns) << "two nodes held " << to_string(vip(i));
    for (int node = 1; node <= cluster_->size(); ++node) {
        const std::string log = cluster_->log(node);
        EXPECT_EQ(log.find("bug at"), log.npos);
        EXPECT_EQ(log.find("runtime error"), log.npos);
        EXPECT_EQ(log.find("Sanitizer"), log.npos);
        if (HasFailure()) std::cerr << "--- node " << node << "\n" << log;
    }
}

void Scenario::mark() {
    watcher_mark_ = watcher_->mark();
    client_mark_ = client_->mark();
    mark_ = now();
}

int Scenario::expect_takeover_since_mark(int from) {
    const auto next = cluster_->wait_for_active_other_than(from);
    EXPECT_TRUE(next) << "nobody took over";
    if (!next) return 0;
    EXPECT_TRUE(client_->answered_by(*next, client_mark_, patience));
    if (!overlap_allowed_) {
        EXPECT_TRUE(watcher_->wait_for_holders(vip(), {*next}, patience));
    }
    expect_announced(*next, vip());
    // Nothing of the old active answers once the new one has.
    int newest = from;
    for (const Answer& answer : client_->answers_since(client_mark_)) {
        EXPECT_FALSE(newest == *next && answer.tag == from) << "the old active answered again";
        newest = answer.tag;
    }
    expect_no_claim_after_first_of(*next, from);
    EXPECT_TRUE(wait_until([&] { return client_->outage_since(client_mark_).over; }, patience));
    RecordProperty("gap_us", static_cast<int>(client_->outage_since(client_mark_).gap / 1us));
    return *next;
}

void Scenario::expect_no_claim_after_first_of(int next, int old) {
    if (overlap_allowed_ && !is_fenced(next)) return;
    const auto first = announcements(next, vip());
    if (first.empty()) return;  // which has been complained of
    for (const Frame& claim : claims(old, vip()))
        EXPECT_LT(claim.at, first.front().at) << "the old active claimed the VIP again";
}

void Scenario::expect_unmoved(int active) {
    EXPECT_EQ(cluster_->active(), active);
    // The active renews the address's lifetime, which is an event too.
    for (const AddressEvent& event : watcher_->events_since(watcher_mark_))
        EXPECT_TRUE(event.address != vip() ||
                    (event.host == active && event.kind == AddressEvent::Kind::added))
            << "the VIP moved on host " << event.host;
    // On a busy machine the last answers may still be on their way.
    EXPECT_TRUE(wait_until([&] { return client_->outage_since(client_mark_).lost == 0; }, patience))
        << client_->outage_since(client_mark_).lost
        << " probes were lost; the fence: " << fence_of(active);
}

std::vector<Frame> Scenario::claims(int node, const IpAddress& address) {
    const MacAddress mac = mac_of(node);
    return capture_->frames_matching([&](const Frame& frame) {
        if (frame.at < mark_) return false;
        if (const auto arp = parse_arp(bytes_of(frame)))
            return arp->sender_address == address && arp->sender_mac == mac;
        const auto advertisement = parse_advertisement(bytes_of(frame));
        return advertisement && advertisement->target == address &&
               advertisement->target_mac == mac;
    });
}

bool Scenario::is_fenced(int node) {
    const auto status = cluster_->status(node);
    return status && (*status)["fence"]["state"] == "armed";
}

std::string Scenario::fence_of(int node) {
    const auto status = cluster_->status(node);
    return status ? (*status)["fence"].dump() : "no status";
}

std::vector<Frame> Scenario::announcements(int node, const IpAddress& address) {
    const MacAddress mac = mac_of(node);
    return capture_->frames_matching([&](const Frame& frame) {
        if (frame.at < mark_) return false;
        if (const auto arp = parse_arp(bytes_of(frame)))
            return is_announcement(*arp) && arp->sender_address == address &&
                   arp->sender_mac == mac;
        const auto advertisement = parse_advertisement(bytes_of(frame));
        return advertisement && advertisement->target == address &&
               advertisement->target_mac == mac;
    });
}

void Scenario::expect_announced(int node, const IpAddress& address) {
    const MacAddress mac = mac_of(node);
    const std::size_t first_ones = address.is_ipv4() ? 2 : 1;
    EXPECT_TRUE(
        wait_until([&] { return announcements(node, address).size() >= first_ones; }, patience));
    const auto frames = announcements(node, address);
    if (frames.size() < first_ones) return;
    const auto is = [](const Frame& frame, const auto& expected) {
        return std::ranges::equal(frame.bytes, expected);
    };
    if (address.is_ipv4()) {
        EXPECT_TRUE(is(frames[0], arp_announcement(ArpForm::request, mac, address)));
        EXPECT_TRUE(is(frames[1], arp_announcement(ArpForm::reply, mac, address)));
    } else {
        EXPECT_TRUE(is(frames[0], neighbor_advertisement(mac, address, Forwarding::host)));
    }
}

MacAddress Scenario::mac_of(int node) { return lab::mac_of(cluster_->host(node)); }

}  // namespace komainu::lab
