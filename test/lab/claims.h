// Who answers for an address, as the LAN sees it. A claim is a frame with which a host says that it
// has the address: an ARP packet or a neighbor advertisement for it, or any packet that comes from
// it. That no two hosts ever claim it at once is what komainu is there for.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "test/lab/network.h"
#include "test/lab/tap.h"
#include "test/lab/watcher.h"

namespace komainu::lab {

struct Claim {
    Instant at;
    int host = 0;  ///< its number
};

/// The longest time that a host went on claiming an address after another had made its first claim.
/// A host that is given the address again begins anew: what tells is the kernel's notification that
/// the address came to it. Those are stamped when they are read, up to notice_late_max after the
/// fact. What was over before `since` does not count.
Duration overlap_of(const std::vector<Claim>& claims, const std::vector<AddressEvent>& events,
                    const IpAddress& address, Instant since = {});
inline constexpr Duration notice_late_max = 50ms;

class ClaimWatcher {
public:
    ClaimWatcher(const Network&, const IpAddress&);
    ~ClaimWatcher();
    ClaimWatcher(const ClaimWatcher&) = delete;
    ClaimWatcher& operator=(const ClaimWatcher&) = delete;

    std::vector<Claim> claims() const;  ///< in the order in which they were made

private:
    void listen();

    Tap tap_;
    std::atomic<bool> stop_ = false;
    mutable std::mutex mutex_;  // guards the next
    std::vector<Claim> claims_;
    std::thread thread_;
};

/// Asks the whole LAN who has an IPv4 address (RFC 826), every millisecond: nobody who would answer
/// for it stays unheard for longer.
class Asker {
public:
    static constexpr Duration asks_every = 1ms;

    Asker(const Host&, const IpAddress&);
    ~Asker();
    Asker(const Asker&) = delete;
    Asker& operator=(const Asker&) = delete;

private:
    std::atomic<bool> stop_ = false;
    std::thread thread_;
};

}  // namespace komainu::lab
