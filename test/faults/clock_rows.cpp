// The wall clock jumps. Only logs may show it.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>

#include "test/faults/row.h"
#include "test/lab/fail.h"
#include "test/lab/process.h"
#include "test/lab/sandbox.h"

namespace komainu::faults {

namespace {

constexpr int nodes = 3;

/// What clock_step.so adds to the wall clock of each node's daemon.
class WallClocks {
    /// As in clock_step.cpp.
    struct Page {
        std::atomic<std::int64_t> offset;
        std::atomic<std::int64_t> readings;
    };

public:
    WallClocks() {
        for (int node = 1; node <= nodes; ++node) {
            const Fd file(lab::must(::open(path(node).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600),
                                    "clock file"));
            lab::must(::ftruncate(file.get(), sizeof(Page)), "clock file");
            void* memory =
                ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
            if (memory == MAP_FAILED) lab::fail("clock file", errno);
            pages_.push_back(static_cast<Page*>(memory));
        }
        step_all(0h);
    }
    ~WallClocks() {
        for (auto* page : pages_) ::munmap(page, sizeof(Page));
    }
    WallClocks(const WallClocks&) = delete;
    WallClocks& operator=(const WallClocks&) = delete;

    void step(int node, Duration by) { page(node).offset = by / 1ns; }
    void step_all(Duration by) {
        for (int node = 1; node <= nodes; ++node) step(node, by);
    }

    /// Whether every daemon has read its clock through us: else nothing was tried.
    bool are_read() {
        for (int node = 1; node <= nodes; ++node)
            if (page(node).readings == 0) return false;
        return true;
    }

    static lab::ClusterOptions cluster() {
        auto options = usual_cluster();
        for (int node = 1; node <= nodes; ++node)
            options.launchers[node] = {"/usr/bin/env",
                                       "LD_PRELOAD=" + lab::built_program("clock_step.so"),
                                       "KOMAINU_CLOCK_OFFSET=" + path(node)};
        return options;
    }

private:
    Page& page(int node) { return *pages_.at(static_cast<std::size_t>(node - 1)); }
    static std::string path(int node) {
        return lab::sandbox_directory() + "/clock" + std::to_string(node);
    }

    std::vector<Page*> pages_;
};

using Step = std::function<void(Trial&, WallClocks&)>;

Row stepped(const char* name, Expect expect, Step step) {
    return {name, in_words(expect), [=] {
                WallClocks clocks;
                return run({.name = name,
                            .expect = expect,
                            .strike = [&](Trial& t) { step(t, clocks); },
                            .repair = [&](Trial&) { clocks.step_all(0h); },
                            .lasts = 500ms,
                            .options = WallClocks::cluster(),
                            .examine =
                                [&](Trial&) {
                                    return clocks.are_read() ? "" : "the clocks were not stepped";
                                }});
            }};
}

void restart(Trial& trial, int node) {
    trial.cluster().stop(node);
    trial.cluster().start(node);
}

}  // namespace

std::vector<Row> clock_rows() {
    return {
        stepped("wall clock 1 h ahead on all", Expect::stays,
                [](Trial&, WallClocks& clocks) { clocks.step_all(1h); }),
        stepped("wall clock 1 h back on all", Expect::stays,
                [](Trial&, WallClocks& clocks) { clocks.step_all(-1h); }),
        stepped("wall clock 1 h ahead on the active", Expect::stays,
                [](Trial& t, WallClocks& clocks) { clocks.step(t.active(), 1h); }),
        stepped("wall clock 1 h back on the active", Expect::stays,
                [](Trial& t, WallClocks& clocks) { clocks.step(t.active(), -1h); }),
        stepped("wall clock 1 h back on a standby, restarted", Expect::stays,
                [](Trial& t, WallClocks& clocks) {
                    clocks.step(t.standby(), -1h);
                    restart(t, t.standby());
                }),
        stepped("wall clock 1 h back on the active, restarted", Expect::moves,
                [](Trial& t, WallClocks& clocks) {
                    clocks.step(t.active(), -1h);
                    restart(t, t.active());
                }),
    };
}

}  // namespace komainu::faults
