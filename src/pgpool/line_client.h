// A connection to the control socket of the komainud beside: one line there, one line back. Made
// anew for the next request when it broke.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "pgpool/stream.h"

namespace komainu {

class LineClient {
public:
    static constexpr std::size_t answer_bytes_max = 256 * 1024;

    using Answered = std::function<void(const Result<std::string>& line)>;

    LineClient(Loop& loop, const std::string& socket_path, Answered answered);

    /// Exactly one answer, or error, comes for each. The one before has been answered.
    void ask(std::string_view line, Duration patience);
    bool is_busy() const { return busy_; }

private:
    void receive(std::string_view bytes);
    void answer(const Result<std::string>& line);

    Loop& loop_;
    Answered answered_;
    std::string unread_;
    Stream stream_;
    Loop::Timer timer_;
    bool busy_ = false;
};

}  // namespace komainu
