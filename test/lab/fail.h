// The lab's way to fail. What goes wrong in here is neither a bug of komainu nor a test result but
// a machine that cannot do what the lab needs, so the whole program ends with one line that says
// what that was, instead of tests that fail for a reason of their own.
#pragma once

#include <cerrno>
#include <string>

namespace komainu::lab {

/// Prints "lab: what: reason" and ends the program with status 1. Never returns.
[[noreturn]] void fail(const std::string& what, int code = 0);

/// For system calls that return -1 and set errno: the result, or the end.
template <class Number>
Number must(Number result, const char* what) {
    if (result < 0) fail(what, errno);
    return result;
}

}  // namespace komainu::lab
