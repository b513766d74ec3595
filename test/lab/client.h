// A client of the service: sends a numbered probe to one address every millisecond and remembers
// which were answered, when, and by whom. What it measures is what a user of the service notices.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/address.h"
#include "base/fd.h"
#include "base/time.h"
#include "test/lab/network.h"

namespace komainu::lab {

struct Answer {
    std::uint64_t probe = 0;  ///< counted from 0
    int tag = 0;              ///< of the echo-service that answered
    Instant sent;
    Instant received;
};

struct Outage {
    /// The longest time between the sending of two answered probes with lost ones between them,
    /// less the millisecond that lies between any two. Zero when none was lost.
    Duration gap{};
    std::uint64_t lost = 0;  ///< probes without an answer
    bool over = true;        ///< whether the newest probes are answered
};

class Client {
public:
    static constexpr Duration probe_every = 1ms;

    Client(const Host& host, const Endpoint& service);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// A point in the sequence of probes: the number of the next one.
    std::uint64_t mark() const { return next_probe_; }

    /// The answers to probes since a mark, in order of arrival.
    std::vector<Answer> answers_since(std::uint64_t mark) const;
    Outage outage_since(std::uint64_t mark) const;

    /// The longest time by which a probe since the mark was late: for as long this machine, or its
    /// processors, had better things to do.
    Duration pause_since(std::uint64_t mark) const;

    /// Whether an answer to a probe sent after the mark came (from that service) within the limit.
    bool answered(std::uint64_t mark, Duration limit) const;
    bool answered_by(int tag, std::uint64_t mark, Duration limit) const;

private:
    void probe();
    void send_probe(std::uint64_t number);
    void receive_until(Instant);
    bool wait_for(const std::function<bool(const Answer&)>&, std::uint64_t mark, Duration) const;

    Endpoint service_;
    Fd socket_;
    std::atomic<std::uint64_t> next_probe_ = 0;
    std::atomic<bool> stop_ = false;
    mutable std::mutex mutex_;  // guards the two below
    std::vector<Instant> sent_;
    std::vector<Answer> answers_;
    std::thread thread_;
};

}  // namespace komainu::lab
