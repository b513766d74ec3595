// The settings of a program that komainud starts, by environment variables: nobody else on the host
// may read these, as everybody may a command line.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace komainu {

/// The value of a variable, nullptr when it is not set: getenv(3).
using Lookup = std::function<const char*(const char* name)>;

class EnvironmentReader {
public:
    explicit EnvironmentReader(const Lookup& lookup) : lookup_(lookup) {}

    /// Sets the member to what `read(text)` makes of the variable. Only the first error is kept.
    template <class Member, class ReadText>
    void take(const char* name, Member& member, ReadText read) {
        const char* const text = lookup_(name);
        if (text == nullptr || !status_) return;
        auto made = read(std::string_view(text));
        if (made)
            member = static_cast<Member>(*made);
        else
            status_ = Error{std::string(name) + ": " + made.error().what};
    }

    template <class Member, class ReadText>
    void need(const char* name, Member& member, ReadText read) {
        if (lookup_(name) == nullptr && status_) status_ = Error{std::string(name) + " is not set"};
        take(name, member, read);
    }

    const Status& status() const { return status_; }

private:
    const Lookup& lookup_;
    Status status_ = Ok{};
};

/// A number of milliseconds, up to an hour.
Result<Duration> read_milliseconds(std::string_view text);

}  // namespace komainu
