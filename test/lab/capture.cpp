#include "test/lab/capture.h"

#include <poll.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "test/lab/clock.h"
#include "test/lab/fail.h"

namespace komainu::lab {

namespace {

constexpr int frame_bytes_max = 2048;
constexpr int ring_bytes = 4 * 1024 * 1024;
constexpr int look_at_stop_every_ms = 20;

using Pcap = std::unique_ptr<pcap_t, decltype(&pcap_close)>;
using Dump = std::unique_ptr<pcap_dumper_t, decltype(&pcap_dump_close)>;
struct ClosePipe {
    void operator()(FILE* pipe) const { ::pclose(pipe); }
};

void must_pcap(pcap_t* pcap, int status, const char* what) {
    // Positive ones are warnings.
    if (status < 0) fail(std::string(what) + ": " + pcap_geterr(pcap));
}

Pcap open_capture(const char* interface, const std::string& filter) {
    char why[PCAP_ERRBUF_SIZE] = {};
    Pcap pcap(pcap_create(interface, why), pcap_close);
    if (!pcap) fail(std::string("pcap_create: ") + why);
    pcap_set_snaplen(pcap.get(), frame_bytes_max);
    // The bridge shows what it forwards only to those who ask for everything.
    pcap_set_promisc(pcap.get(), 1);
    pcap_set_immediate_mode(pcap.get(), 1);
    pcap_set_buffer_size(pcap.get(), ring_bytes);
    pcap_set_tstamp_precision(pcap.get(), PCAP_TSTAMP_PRECISION_NANO);
    must_pcap(pcap.get(), pcap_activate(pcap.get()), "pcap_activate");
    must_pcap(pcap.get(), pcap_setnonblock(pcap.get(), 1, why), "pcap_setnonblock");
    bpf_program program{};
    must_pcap(pcap.get(), pcap_compile(pcap.get(), &program, filter.c_str(), 1, 0), filter.c_str());
    must_pcap(pcap.get(), pcap_setfilter(pcap.get(), &program), "pcap_setfilter");
    pcap_freecode(&program);
    return pcap;
}

std::string quoted(const std::string& word) { return "'" + word + "'"; }

}  // namespace

std::uint8_t Frame::u8(std::size_t offset) const {
    return offset < bytes.size() ? std::to_integer<std::uint8_t>(bytes[offset]) : std::uint8_t{0};
}

std::uint16_t Frame::u16(std::size_t offset) const {
    return static_cast<std::uint16_t>(u8(offset) << 8 | u8(offset + 1));
}

Capture::Capture(const Network& network, const std::string& filter)
    : Capture(network.space(), Network::bridge, filter) {}

Capture::Capture(const Host& host, const std::string& filter)
    : Capture(host.space, "eth0", filter) {}

Capture::Capture(const NetworkNamespace& space, const char* interface, const std::string& filter)
    : pcap_(nullptr, pcap_close), wall_clock_offset_(wall_clock_offset()) {
    space.run([&] { pcap_ = open_capture(interface, filter); });
    thread_ = std::thread([this] { run(); });
}

Capture::~Capture() {
    stop_ = true;
    thread_.join();
}

void Capture::run() {
    while (!stop_) {
        pollfd readable{pcap_get_selectable_fd(pcap_.get()), POLLIN, 0};
        if (::poll(&readable, 1, look_at_stop_every_ms) <= 0) continue;
        if (pcap_dispatch(pcap_.get(), -1, take, reinterpret_cast<u_char*>(this)) < 0)
            fail(std::string("pcap_dispatch: ") + pcap_geterr(pcap_.get()));
    }
}

void Capture::take(u_char* self, const pcap_pkthdr* header, const u_char* bytes) {
    auto& capture = *reinterpret_cast<Capture*>(self);
    const auto* first = reinterpret_cast<const std::byte*>(bytes);
    const auto wall =
        std::chrono::seconds(header->ts.tv_sec) + std::chrono::nanoseconds(header->ts.tv_usec);
    const std::lock_guard lock(capture.mutex_);
    if (capture.caught_.size() == frames_max) return;
    capture.caught_.push_back({{Instant(wall - capture.wall_clock_offset_),
                                std::vector<std::byte>(first, first + header->caplen)},
                               header->ts});
}

std::vector<Frame> Capture::frames() const {
    return frames_matching([](const Frame&) { return true; });
}

std::vector<Frame> Capture::frames_matching(const Predicate& matches) const {
    const std::lock_guard lock(mutex_);
    std::vector<Frame> found;
    for (const auto& caught : caught_)
        if (matches(caught.frame)) found.push_back(caught.frame);
    return found;
}

bool Capture::wait_for(const Predicate& matches, Duration limit) const {
    return wait_until([&] { return !frames_matching(matches).empty(); }, limit);
}

void Capture::write(const std::string& path) const {
    const Pcap format(pcap_open_dead_with_tstamp_precision(DLT_EN10MB, frame_bytes_max,
                                                           PCAP_TSTAMP_PRECISION_NANO),
                      pcap_close);
    const Dump file(pcap_dump_open(format.get(), path.c_str()), pcap_dump_close);
    if (!file) fail(std::string("pcap_dump_open: ") + pcap_geterr(format.get()));
    const std::lock_guard lock(mutex_);
    for (const auto& [frame, stamp] : caught_) {
        const auto size = static_cast<bpf_u_int32>(frame.bytes.size());
        const pcap_pkthdr header{stamp, size, size};
        pcap_dump(reinterpret_cast<u_char*>(file.get()), &header,
                  reinterpret_cast<const u_char*>(frame.bytes.data()));
    }
}

std::optional<std::vector<std::string>> ask_tshark(const std::string& capture_file,
                                                   const std::string& display_filter,
                                                   const std::vector<std::string>& fields) {
    if (std::system("command -v tshark >/dev/null 2>&1") != 0) return {};
    std::string command = "tshark -r " + quoted(capture_file) + " -T fields";
    for (const auto& field : fields) command += " -e " + quoted(field);
    command += " -Y " + quoted(display_filter) + " 2>/dev/null";

    std::string output;
    const std::unique_ptr<FILE, ClosePipe> pipe(::popen(command.c_str(), "re"));
    if (!pipe) fail("tshark", errno);
    char chunk[4096];
    while (const auto size = std::fread(chunk, 1, sizeof chunk, pipe.get()))
        output.append(chunk, size);

    std::vector<std::string> lines;
    std::istringstream text(output);
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
}

}  // namespace komainu::lab
