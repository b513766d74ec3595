// The simulator: many clusters in virtual time, each drawn from a seed and beset with faults.
//
//   sim                 20,000 runs, on all processors
//   sim --runs N        so many; --first N: the seed of the first
//   sim --seed N        this run alone, with everything that happened
//
// Exits 1 when a promise was broken, and says how to see that run again.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>
#include <boost/program_options.hpp>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <iostream>
#include <thread>

#include "test/sim/run.h"
#include "test/sim/tally.h"

namespace komainu::sim {
namespace {

namespace po = boost::program_options;

struct Wish {
    std::uint64_t runs = 20'000;
    std::uint64_t first = 1;
    std::uint64_t seed = 0;  ///< 0: not this one alone
};

/// The tallies of the workers, which are processes: a core that aborts takes only its own down.
struct Board {
    static constexpr unsigned workers_max = 256;
    Tally tallies[workers_max];
};

Board* make_board() {
    void* const memory =
        mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? nullptr : new (memory) Board;
}

/// Every so many-th run. Stops at the first that fails, or when another worker has found an
/// earlier.
void work(Tally& tally, const Wish& wish, unsigned worker, unsigned workers) {
    for (std::uint64_t i = worker; i < wish.runs; i += workers) {
        tally.seed = wish.first + i;
        const Outcome outcome = run_seed(tally.seed, Telling::silent);
        tally.add(outcome);
        if (!outcome.violation.empty()) return;
    }
    tally.seed = 0;
}

Tally run_all(Board& board, const Wish& wish) {
    const unsigned workers =
        std::clamp(std::thread::hardware_concurrency(), 1u, Board::workers_max);
    std::vector<pid_t> children;
    for (unsigned worker = 0; worker < workers; ++worker) {
        const pid_t child = fork();
        if (child == 0) {
            work(board.tallies[worker], wish, worker, workers);
            _exit(0);
        }
        if (child < 0) {
            std::cerr << "sim: cannot fork: " << std::strerror(errno) << "\n";
            std::exit(2);
        }
        children.push_back(child);
    }
    for (const pid_t child : children) waitpid(child, nullptr, 0);
    Tally all;
    for (unsigned worker = 0; worker < workers; ++worker) all.add(board.tallies[worker]);
    return all;
}

int tell(std::uint64_t seed) {
    const Outcome outcome = run_seed(seed, Telling::told);
    for (const auto& line : outcome.story) std::cout << line << "\n";
    std::cout << "seed " << seed << ": "
              << (outcome.violation.empty() ? "all promises held" : outcome.violation) << "\n";
    return outcome.violation.empty() ? 0 : 1;
}

Wish read(int argc, char** argv) {
    Wish wish;
    po::options_description options;
    options.add_options()("runs", po::value(&wish.runs))("first", po::value(&wish.first))(
        "seed", po::value(&wish.seed));
    po::variables_map map;
    po::store(po::parse_command_line(argc, argv, options), map);
    po::notify(map);
    return wish;
}

int run(const Wish& wish, const char* program) {
    if (wish.seed != 0) return tell(wish.seed);
    Board* const board = make_board();
    if (!board) {
        std::cerr << "sim: no memory for the tallies\n";
        return 2;
    }
    const auto begin = std::chrono::steady_clock::now();
    const Tally all = run_all(*board, wish);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::cout << all.summary() << fmt::format(", in {:.1f} s\n", took.count());
    if (all.seed == 0) return 0;
    std::cout << "seed " << all.seed << " fails; to see it: " << program << " --seed " << all.seed
              << "   (or: make sim SEED=" << all.seed << ")\n";
    return 1;
}

}  // namespace
}  // namespace komainu::sim

int main(int argc, char** argv) {
    using namespace komainu;
    try {
        const auto wish = sim::read(argc, argv);
        return sim::run(wish, argv[0]);
    } catch (const boost::program_options::error& error) {
        std::cerr << "sim: " << error.what() << "\n";
        return 2;
    }
}
