// How a run of a program ended, in the words that every room shares: the runner finds it out, the
// life checks judge it, the log tells it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace komainu {

inline constexpr std::size_t run_line_bytes_max = 200;

enum class Ending : std::uint8_t {
    exited,       ///< with the status
    killed,       ///< by the signal in status, which nobody of komainu sent
    timed_out,    ///< it was ended at its time limit
    stopped,      ///< it was ended because nobody needs it any more
    not_started,  ///< the line says why
};

struct RunEnd {
    Ending ending = Ending::not_started;
    int status = 0;
    /// The first line that the program printed, in printable ASCII, or why it could not be started.
    std::string line;

    bool succeeded() const { return ending == Ending::exited && status == 0; }
    bool operator==(const RunEnd&) const = default;
};

/// "exit status 3: no such backend", "killed by signal 11", "time-out", "cannot run /x: No such …"
std::string to_string(const RunEnd& end);

/// The first line of what a program printed, without blanks around it: '?' for what is not
/// printable ASCII, and cut off at run_line_bytes_max.
std::string first_line(std::string_view output);

}  // namespace komainu
