// Assertions that stay in release builds. A failed one is a bug: the process ends, its supervisor
// starts it again, and the first act at start is to clear what it no longer holds.
#pragma once

namespace komainu {

[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);

}  // namespace komainu

#define KOMAINU_ASSERT(expression)       \
    ((expression) ? static_cast<void>(0) \
                  : ::komainu::assertion_failed(#expression, __FILE__, __LINE__))
