// A value, or the reason why there is none. Used for what the environment (system call, kernel,
// file) or an operator can get wrong. Bugs are asserted instead (base/assert.h).
#pragma once

#include <cstring>
#include <string>
#include <utility>
#include <variant>

#include "base/assert.h"

namespace komainu {

struct Error {
    std::string what;  ///< one sentence for the operator, without a full stop
    int code = 0;      ///< errno, or 0 when the reason is none of the kernel's

    /// "what: Address already in use", for the given errno.
    static Error from_errno(std::string what, int code) {
        return {std::move(what) + ": " + std::strerror(code), code};
    }
};

struct Ok {};

template <class T>
class [[nodiscard]] Result {
public:
    Result(T value) : held_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : held_(std::in_place_index<1>, std::move(error)) {}

    explicit operator bool() const { return held_.index() == 0; }

    T& value() & {
        KOMAINU_ASSERT(*this);
        return std::get<0>(held_);
    }
    const T& value() const& {
        KOMAINU_ASSERT(*this);
        return std::get<0>(held_);
    }
    T&& value() && {
        KOMAINU_ASSERT(*this);
        return std::get<0>(std::move(held_));
    }
    T& operator*() & { return value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    const Error& error() const {
        KOMAINU_ASSERT(!*this);
        return std::get<1>(held_);
    }

private:
    std::variant<T, Error> held_;
};

/// The result of something that is only done or not done.
using Status = Result<Ok>;

}  // namespace komainu
