// Frames on the wire, caught by libpcap on the bridge (every frame that crosses the LAN, once) or
// at one host's eth0.
#pragma once

#include <pcap/pcap.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/time.h"
#include "test/lab/network.h"

namespace komainu::lab {

struct Frame {
    Instant at;  ///< by the kernel's stamp
    std::vector<std::byte> bytes;

    std::uint8_t u8(std::size_t offset) const;    ///< 0 beyond the end
    std::uint16_t u16(std::size_t offset) const;  ///< big-endian
};

class Capture {
public:
    static constexpr std::size_t frames_max = 200'000;

    /// Frames that match the filter (pcap-filter(7)), from now on.
    Capture(const Network&, const std::string& filter);
    Capture(const Host&, const std::string& filter);
    ~Capture();
    Capture(const Capture&) = delete;
    Capture& operator=(const Capture&) = delete;

    using Predicate = std::function<bool(const Frame&)>;

    std::vector<Frame> frames() const;
    std::vector<Frame> frames_matching(const Predicate&) const;
    bool wait_for(const Predicate&, Duration limit) const;

    /// Everything caught so far as a file that tshark and Wireshark read.
    void write(const std::string& path) const;

private:
    Capture(const NetworkNamespace&, const char* interface, const std::string& filter);
    void run();
    static void take(u_char* self, const pcap_pkthdr*, const u_char* bytes);

    struct Caught {
        Frame frame;
        timeval stamp;  // as libpcap gave it: seconds and, in tv_usec, nanoseconds
    };

    std::unique_ptr<pcap_t, decltype(&pcap_close)> pcap_;
    const Duration wall_clock_offset_;
    std::atomic<bool> stop_ = false;
    mutable std::mutex mutex_;
    std::vector<Caught> caught_;
    std::thread thread_;
};

/// What tshark, as an independent judge, says of a capture file: the given fields (`-e`) of each
/// frame that its display filter lets through, a line each, separated by tabs. Nothing where tshark
/// is not installed.
std::optional<std::vector<std::string>> ask_tshark(const std::string& capture_file,
                                                   const std::string& display_filter,
                                                   const std::vector<std::string>& fields);

}  // namespace komainu::lab
