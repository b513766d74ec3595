#include "test/bench/bench.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "test/lab/sandbox.h"

namespace komainu::bench {

int NumberOption::read(int argc, char** argv) const {
    if (argc == 1) return by_default;
    const int number = argc == 3 && std::strcmp(argv[1], name) == 0 ? std::atoi(argv[2]) : 0;
    return number >= 1 && number <= most ? number : 0;
}

int NumberOption::usage() const {
    fmt::print(stderr, "usage: {} [{} N], N from 1 to {}\n", program, name, most);
    return 2;
}

int run_bench(const NumberOption& option, int argc, char** argv, int (*run)(int, char**)) {
    if (option.read(argc, argv) == 0) return option.usage();
    return lab::run_in_sandbox(argc, argv, run);
}

bool starts(lab::Cluster& cluster) {
    cluster.start_all();
    if (cluster.wait_until_whole()) return true;
    fmt::print(stderr, "the cluster did not start\n{}", cluster.log(1));
    return false;
}

}  // namespace komainu::bench
