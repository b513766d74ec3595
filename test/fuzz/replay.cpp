// Examines a target's seeds and every file of its committed corpus, in `make check`: what was once
// found stays found, where there is no clang too.
//
//   TARGET CORPUS-DIRECTORY
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "packet/seal.h"
#include "test/fuzz/fuzz.h"

namespace {

using namespace komainu;

int replay(const std::filesystem::path& directory) {
    int examined = 0;
    for (const std::string& seed : fuzz::seeds()) {
        fuzz::examine(fuzz::bytes_of(seed));
        ++examined;
    }
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
        std::ifstream file(entry.path(), std::ios::binary);
        std::ostringstream input;
        input << file.rdbuf();
        // Should the examination end this program, its last line names the input.
        std::printf("%s\n", entry.path().c_str());
        std::fflush(stdout);
        fuzz::examine(fuzz::bytes_of(input.str()));
        ++examined;
    }
    std::printf("%d inputs\n", examined);
    return examined > 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2 || !start_cryptography()) return 2;
    try {
        return replay(argv[1]);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "%s\n", e.what());
        return 1;
    }
}
