// An observer of who holds which address when. It hears the kernel's own notifications of every
// host through one socket, so they come in the one order in which the kernel made them: if two
// hosts ever held an address together, be it for a nanosecond, the order shows it.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "base/address.h"
#include "base/fd.h"
#include "base/time.h"
#include "test/lab/network.h"

namespace komainu::lab {

struct AddressEvent {
    enum class Kind : bool { removed, added };

    int host = 0;  ///< its number
    IpAddress address;
    Kind kind = Kind::added;
    Instant seen;  ///< when it was read: a few microseconds after the fact
};

class AddressWatcher {
public:
    explicit AddressWatcher(const Network&);
    ~AddressWatcher();
    AddressWatcher(const AddressWatcher&) = delete;
    AddressWatcher& operator=(const AddressWatcher&) = delete;

    /// A point in the sequence of events.
    std::size_t mark() const;
    std::vector<AddressEvent> events_since(std::size_t mark) const;

    /// The numbers of the hosts that hold the address now.
    std::set<int> holders(const IpAddress&) const;
    bool wait_for_holders(const IpAddress&, const std::set<int>&, Duration limit) const;

    /// The longest time for which more than one host held the address; an overlap too short to be
    /// timed still counts as one nanosecond. Zero is what a majority promises. What was over before
    /// the mark does not count.
    Duration overlap(const IpAddress&, std::size_t since = 0) const;

private:
    void listen();
    void receive();
    void note(const AddressEvent&);

    Fd socket_;
    std::atomic<bool> stop_ = false;
    mutable std::mutex mutex_;  // guards the two below
    std::vector<AddressEvent> events_;
    std::map<IpAddress, std::set<int>> holders_;
    std::thread thread_;
};

}  // namespace komainu::lab
