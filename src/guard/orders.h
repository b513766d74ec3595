// What main and guard say to each other, one message per datagram of a SOCK_SEQPACKET pair. The
// round is that of main's own term; the node is always oneself.
//
// Every Hold is answered by exactly one of Held, HoldFailed and, when its lease was over before it
// could be served, Dropped{lease_expired}. Every Drop is answered by one Dropped{ordered}. A
// Dropped{lease_expired} also comes unasked, and may cross a Drop of the same round. After
// HoldFailed and Dropped no VIP is there and the guard has closed the lease of that round; the
// routes and rules that come with the VIPs are removed right after Dropped. Every Probe is answered
// by one ProbeReport, whether VIPs are held or not. Every Reload is answered by exactly one of
// Reloaded and ReloadFailed; what is reported after a Reloaded counts VIPs by their places in the
// new configuration.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/address.h"
#include "base/static_vector.h"
#include "base/time.h"
#include "conf/text_digest.h"
#include "packet/bytes.h"

namespace komainu {

inline constexpr std::size_t last_will_bytes_max = 512;
inline constexpr std::size_t guard_text_bytes_max = 900;  ///< longer texts are cut off
inline constexpr std::size_t guard_message_bytes_max = 1024;

/// A sealed datagram, ready to be sent as it is.
using LastWillBytes = StaticVector<std::byte, last_will_bytes_max>;

/// Main to guard. Main has granted the lease before it sends this.
struct HoldOrder {
    std::uint64_t round = 0;
    LastWillBytes last_will;
    bool operator==(const HoldOrder&) const = default;
};
struct DropOrder {
    std::uint64_t round = 0;
    bool operator==(const DropOrder&) const = default;
};
/// Announce again what is held.
struct AnnounceOrder {
    bool operator==(const AnnounceOrder&) const = default;
};
/// Ask the LAN whether anybody answers for the VIPs, and listen for a fraction of a second. Changes
/// nothing.
struct ProbeOrder {
    std::uint64_t id = 0;
    bool operator==(const ProbeOrder&) const = default;
};
/// Another last will for the VIPs that are held: the cluster's keys have changed. Ignored when
/// these are not held.
struct DepositOrder {
    std::uint64_t round = 0;
    LastWillBytes last_will;
    bool operator==(const DepositOrder&) const = default;
};
/// Take over the VIPs of the configuration that the runner has read last, and handed to both of us.
/// The guard does not believe main what is in it: it reads and checks it itself.
struct ReloadOrder {
    std::uint64_t id = 0;
    TextDigest text{};  ///< which one main means
    bool operator==(const ReloadOrder&) const = default;
};
using GuardOrder =
    std::variant<HoldOrder, DropOrder, AnnounceOrder, ProbeOrder, DepositOrder, ReloadOrder>;

enum class DropReason : std::uint8_t {
    ordered,
    lease_expired,  ///< the last will was sent
};
/// Of an interface, as IFF_RUNNING says it: up is the operational state UP or UNKNOWN (RFC 2863).
enum class Carrier : std::uint8_t {
    down,
    up,
    missing,  ///< this host has no such interface
};

/// Guard to main.
struct HeldReport {
    std::uint64_t round = 0;
    Instant acknowledged_at;  ///< the kernel had acknowledged every address, route and rule
    Instant announced_at;     ///< the first announcements were handed to the kernel
    bool operator==(const HeldReport&) const = default;
};
struct DroppedReport {
    std::uint64_t round = 0;
    DropReason why = DropReason::ordered;
    bool operator==(const DroppedReport&) const = default;
};
struct HoldFailedReport {
    std::uint64_t round = 0;
    std::string text;
    bool operator==(const HoldFailedReport&) const = default;
};
/// The state of an interface that carries VIPs or is tracked: once for each before Ready, then each
/// change.
struct CarrierReport {
    Carrier carrier = Carrier::down;
    std::string interface;
    bool operator==(const CarrierReport&) const = default;
};
/// Somebody else removed this VIP; it is back, and announced.
struct RestoredReport {
    std::string vip;
    bool operator==(const RestoredReport&) const = default;
};
/// Somebody else on the LAN claims this VIP while it is held here. At most once a second for each
/// VIP, and it says how many claims it stands for. The guard has answered by announcing it.
struct RivalSeenReport {
    std::uint16_t vip = 0;  ///< its place in the configuration
    MacAddress mac;         ///< of whoever claimed it last
    std::uint32_t times = 0;
    bool operator==(const RivalSeenReport&) const = default;
};
/// Who answered for which VIP. Our own active does so, too.
struct ProbeReport {
    static constexpr std::size_t rivals_max = 64;  ///< others are left out
    struct Rival {
        std::uint16_t vip = 0;  ///< its place in the configuration
        MacAddress mac;
        bool operator==(const Rival&) const = default;
    };

    std::uint64_t id = 0;
    StaticVector<Rival, rivals_max> rivals;  ///< one for each VIP that has any
    /// Of how many VIPs nothing is known: their interface has no carrier, or is none of Ethernet's.
    std::uint16_t not_probed = 0;
    bool operator==(const ProbeReport&) const = default;
};
/// Whether the fence stands on every interface that carries VIPs: once before Ready, then each
/// change. Comes only where there is a fence.
struct FenceReport {
    std::string trouble;  ///< why not; empty: it does
    bool operator==(const FenceReport&) const = default;
};
struct ReadyReport {
    bool operator==(const ReadyReport&) const = default;
};
/// The last message of a guard that cannot work.
struct StartFailedReport {
    std::string text;
    bool operator==(const StartFailedReport&) const = default;
};
/// The VIPs are those of the new configuration; if they are held, all of them are there.
struct ReloadedReport {
    std::uint64_t id = 0;
    bool operator==(const ReloadedReport&) const = default;
};
/// Everything is as it was before.
struct ReloadFailedReport {
    std::uint64_t id = 0;
    std::string text;
    bool operator==(const ReloadFailedReport&) const = default;
};
using GuardReport = std::variant<HeldReport, DroppedReport, HoldFailedReport, CarrierReport,
                                 RestoredReport, FenceReport, ReadyReport, StartFailedReport,
                                 RivalSeenReport, ProbeReport, ReloadedReport, ReloadFailedReport>;

/// Returns what of the room was written, which is at least guard_message_bytes_max.
Bytes encode(const GuardOrder& order, std::span<std::byte> room);
Bytes encode(const GuardReport& report, std::span<std::byte> room);

/// Nothing when the bytes are not exactly one message.
std::optional<GuardOrder> decode_order(Bytes bytes);
std::optional<GuardReport> decode_report(Bytes bytes);

}  // namespace komainu
