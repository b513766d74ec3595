#include "test/lab/client.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>

#include "test/lab/clock.h"
#include "test/lab/fail.h"

namespace komainu::lab {

namespace {

constexpr std::size_t answer_bytes = sizeof(std::uint64_t) + 1;

/// Probes younger than this may still be answered, and do not count as lost.
constexpr Duration answer_takes_at_most = 5ms;

/// Silence shorter than this up to now may be the machine's fault, and is no outage yet.
constexpr Duration still_answered = 20ms;

/// How many probes before a mark are looked through for one that was answered.
constexpr std::uint64_t answered_before_mark = 20;

Fd udp_socket(const Host& host, const Endpoint& service) {
    const int family = service.address.is_ipv4() ? AF_INET : AF_INET6;
    Fd made;
    host.space.run([&] {
        made = Fd(must(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket"));
    });
    return made;
}

}  // namespace

Client::Client(const Host& host, const Endpoint& service)
    : service_(service), socket_(udp_socket(host, service)), thread_([this] { probe(); }) {}

Client::~Client() {
    stop_ = true;
    thread_.join();
}

void Client::probe() {
    prefer_this_thread();
    auto due = now();
    while (!stop_) {
        send_probe(next_probe_++);
        due += probe_every;
        receive_until(due);
        // After a pause of this machine the missed probes are left out, not sent in a burst.
        due = std::max(due, now() - probe_every);
    }
}

void Client::send_probe(std::uint64_t number) {
    {
        const std::lock_guard lock(mutex_);
        sent_.push_back(now());
    }
    sockaddr_in6 to6{};
    sockaddr_in to4{};
    to6.sin6_family = AF_INET6;
    to4.sin_family = AF_INET;
    to6.sin6_port = to4.sin_port = htons(service_.port);
    std::memcpy(&to6.sin6_addr, service_.address.bytes.data(), sizeof to6.sin6_addr);
    std::memcpy(&to4.sin_addr, service_.address.bytes.data(), sizeof to4.sin_addr);
    const bool ipv4 = service_.address.is_ipv4();
    const auto* to =
        ipv4 ? reinterpret_cast<const sockaddr*>(&to4) : reinterpret_cast<const sockaddr*>(&to6);
    // An error (nobody has the address, the network is down) is one more lost probe.
    static_cast<void>(
        ::sendto(socket_.get(), &number, sizeof number, 0, to, ipv4 ? sizeof to4 : sizeof to6));
}

void Client::receive_until(Instant end) {
    for (auto left = end - now(); left > 0ns; left = end - now()) {
        const timespec timeout{0, left.count()};
        pollfd readable{socket_.get(), POLLIN, 0};
        if (::ppoll(&readable, 1, &timeout, nullptr) <= 0) continue;
        std::array<char, answer_bytes> bytes;
        const auto received = ::recv(socket_.get(), bytes.data(), bytes.size(), MSG_TRUNC);
        if (received != static_cast<ssize_t>(answer_bytes)) continue;
        Answer answer;
        std::memcpy(&answer.probe, bytes.data(), sizeof answer.probe);
        answer.tag = bytes.back();
        answer.received = now();
        const std::lock_guard lock(mutex_);
        if (answer.probe >= sent_.size()) continue;
        answer.sent = sent_[answer.probe];
        answers_.push_back(answer);
    }
}

std::vector<Answer> Client::answers_since(std::uint64_t mark) const {
    const std::lock_guard lock(mutex_);
    if (mark >= sent_.size()) return {};
    // In order of arrival, which cannot be before the sending: the ones asked for are at the end.
    const auto first = std::ranges::lower_bound(answers_, sent_[mark], {}, &Answer::received);
    std::vector<Answer> found(first, answers_.end());
    std::erase_if(found, [mark](const Answer& answer) { return answer.probe < mark; });
    return found;
}

Outage Client::outage_since(std::uint64_t mark) const {
    // Read first: collecting many answers takes longer than one may take to come.
    const auto ripe = now() - answer_takes_at_most;
    // The probe before the mark is looked at too: an outage may begin with the first after it.
    const auto first = mark - std::min(mark, answered_before_mark);
    std::map<std::uint64_t, Instant> answered;
    for (const auto& answer : answers_since(first)) answered[answer.probe] = answer.sent;

    const std::lock_guard lock(mutex_);
    Outage outage;
    std::optional<Instant> last_answered;
    bool lost_since = false;
    for (std::size_t probe = first; probe < sent_.size() && sent_[probe] < ripe; ++probe) {
        if (!answered.contains(probe)) {
            if (probe >= mark) ++outage.lost;
            lost_since = true;
            continue;
        }
        if (lost_since && last_answered && probe >= mark)
            outage.gap = std::max(outage.gap, sent_[probe] - *last_answered - probe_every);
        last_answered = sent_[probe];
        lost_since = false;
    }
    outage.over = last_answered && ripe - *last_answered < still_answered;
    return outage;
}

Duration Client::pause_since(std::uint64_t mark) const {
    const std::lock_guard lock(mutex_);
    Duration longest{};
    for (std::size_t probe = std::max<std::size_t>(mark, 1); probe < sent_.size(); ++probe)
        longest = std::max(longest, sent_[probe] - sent_[probe - 1] - probe_every);
    return longest;
}

bool Client::wait_for(const std::function<bool(const Answer&)>& wanted, std::uint64_t mark,
                      Duration limit) const {
    return wait_until([&] { return std::ranges::any_of(answers_since(mark), wanted); }, limit);
}

bool Client::answered(std::uint64_t mark, Duration limit) const {
    return wait_for([](const Answer&) { return true; }, mark, limit);
}

bool Client::answered_by(int tag, std::uint64_t mark, Duration limit) const {
    return wait_for([tag](const Answer& answer) { return answer.tag == tag; }, mark, limit);
}

}  // namespace komainu::lab
