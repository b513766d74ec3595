// The supervisor's end of the socket by which a program tells how it is: what systemd would hear,
// and from which process.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/fd.h"
#include "base/time.h"

namespace komainu::lab {

struct Notice {
    std::string lines;
    pid_t sender = -1;

    bool has(const std::string& line) const;
    /// What follows "NAME="; nothing when there is no such line.
    std::optional<std::string> value(const std::string& name) const;
};

class Supervisor {
public:
    /// The address as NOTIFY_SOCKET has it.
    explicit Supervisor(std::string address);
    ~Supervisor();
    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;

    const std::string& address() const { return address_; }

    /// The next one that was sent, if one comes within the limit.
    std::optional<Notice> next(Duration limit = {});

    /// The first that has the line, or none within the limit; what came before is forgotten.
    std::optional<Notice> wait_for(const std::string& line, Duration limit);
    /// The first whose status has the text in it.
    std::optional<Notice> wait_for_status(const std::string& text, Duration limit);

    /// All that wait.
    void forget();

private:
    std::string address_;
    Fd socket_;
};

}  // namespace komainu::lab
