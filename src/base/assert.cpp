#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace komainu {

void assertion_failed(const char* expression, const char* file, int line) {
    std::fprintf(stderr, "komainu: bug at %s:%d: %s does not hold\n", file, line, expression);
    std::abort();
}

}  // namespace komainu
