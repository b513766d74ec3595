// Where libFuzzer calls a target (https://llvm.org/docs/LibFuzzer.html).
//
//   TARGET --write-seeds DIRECTORY     writes the target's seeds, and ends
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "packet/seal.h"
#include "test/fuzz/fuzz.h"

namespace fuzz = komainu::fuzz;

namespace {

[[noreturn]] void write_seeds(const std::string& directory) {
    int number = 0;
    for (const std::string& seed : fuzz::seeds())
        std::ofstream(directory + "/seed-" + std::to_string(++number)) << seed;
    std::exit(0);
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
    fuzz::must_hold(komainu::start_cryptography(), "libsodium starts");
    if (*argc == 3 && std::strcmp((*argv)[1], "--write-seeds") == 0) write_seeds((*argv)[2]);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    fuzz::examine(std::as_bytes(std::span(data, size)));
    return 0;
}
