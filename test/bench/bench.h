// What the benchmarks have in common: their one option, and how their cluster begins.
#pragma once

#include "test/lab/cluster.h"

namespace komainu::bench {

/// "bench-flood [--seconds N]", with N from 1.
struct NumberOption {
    const char* program;
    const char* name;
    int by_default;
    int most;

    /// What the command line says; 0 when it is wrong.
    int read(int argc, char** argv) const;
    /// Prints it, and gives the exit status.
    int usage() const;
};

/// The whole of a benchmark's main(): run() in a sandbox, when the command line is right.
int run_bench(const NumberOption& option, int argc, char** argv, int (*run)(int, char**));

/// Starts the daemons, and waits until the cluster is whole. Says so when it is not.
bool starts(lab::Cluster& cluster);

}  // namespace komainu::bench
