#include "test/lab/fail.h"

#include <unistd.h>

#include <cstdio>
#include <cstring>

namespace komainu::lab {

void fail(const std::string& what, int code) {
    if (code != 0)
        std::fprintf(stderr, "lab: %s: %s\n", what.c_str(), std::strerror(code));
    else
        std::fprintf(stderr, "lab: %s\n", what.c_str());
    std::fflush(nullptr);
    _exit(1);  // no destructors: they would tidy up things that other threads are using
}

}  // namespace komainu::lab
