// net-tests: everything that needs a network. All of it runs in a sandbox of its own.
#include <gtest/gtest.h>

#include "test/lab/sandbox.h"

namespace {

int run_tests(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}

}  // namespace

int main(int argc, char** argv) { return komainu::lab::run_in_sandbox(argc, argv, run_tests); }
