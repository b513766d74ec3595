// The loop with pipes and real deadlines of a few milliseconds; what is asserted is the order of
// things and never how long they took.
#include "io/loop.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

namespace komainu {
namespace {

struct Pipe {
    Pipe() {
        int ends[2];
        EXPECT_EQ(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
        out = Fd(ends[0]);
        in = Fd(ends[1]);
    }
    void fill() const { EXPECT_EQ(write(in.get(), "x", 1), 1); }
    void drain() const {
        char c;
        EXPECT_EQ(read(out.get(), &c, 1), 1);
    }

    Fd out;
    Fd in;
};

std::unique_ptr<Loop> make_loop() { return std::move(Loop::create()).value(); }

TEST(Loop, CallsAWatchForAsLongAsItsDescriptorIsReady) {
    const auto loop = make_loop();
    Pipe pipe;
    int calls = 0;
    auto watch = loop->watch(pipe.out.get(), EPOLLIN, [&](std::uint32_t events) {
        EXPECT_TRUE(events & EPOLLIN);
        if (++calls == 3) loop->stop();
    });
    pipe.fill();
    loop->run();
    EXPECT_EQ(calls, 3);
}

TEST(Loop, TellsTheEndOfAPeerToItsWatch) {
    const auto loop = make_loop();
    Pipe pipe;
    std::uint32_t seen = 0;
    auto watch = loop->watch(pipe.out.get(), EPOLLIN, [&](std::uint32_t events) { seen = events; });
    pipe.in.close();
    loop->wake_up();
    EXPECT_TRUE(seen & EPOLLHUP);
}

TEST(Loop, CallsReadyDescriptorsBeforeDueTimers) {
    const auto loop = make_loop();
    Pipe pipe;
    std::string order;
    Loop::Timer timer(*loop, [&] { order += "timer "; });
    timer.set(loop->now() - 1s);
    auto watch = loop->watch(pipe.out.get(), EPOLLIN, [&](std::uint32_t) { order += "watch "; });
    pipe.fill();
    loop->wake_up();
    EXPECT_EQ(order, "watch timer ");
}

TEST(Loop, LetsAWatchPutADueTimerOff) {
    const auto loop = make_loop();
    Pipe pipe;
    Loop::Timer timer(*loop, [] { FAIL() << "the deadline had been moved"; });
    timer.set(loop->now());
    auto watch =
        loop->watch(pipe.out.get(), EPOLLIN, [&](std::uint32_t) { timer.set(loop->now() + 1h); });
    pipe.fill();
    loop->wake_up();
    EXPECT_EQ(timer.deadline(), loop->now() + 1h);
}

TEST(Loop, DoesNotCallAWatchThatAnEarlierOneOfTheSameWakeUpEnded) {
    const auto loop = make_loop();
    Pipe pipes[2];
    Loop::Watch watches[2];
    int calls = 0;
    for (int i = 0; i < 2; ++i) {
        pipes[i].fill();
        watches[i] = loop->watch(pipes[i].out.get(), EPOLLIN, [&, i](std::uint32_t) {
            ++calls;
            watches[1 - i].clear();
        });
    }
    loop->wake_up();
    EXPECT_EQ(calls, 1);
}

TEST(Loop, DoesNotMistakeANewWatchForTheEndedOneWhosePlaceItTook) {
    const auto loop = make_loop();
    Pipe pipes[2];
    Pipe third;
    Loop::Watch watches[2];
    int calls = 0;
    for (int i = 0; i < 2; ++i) {
        pipes[i].fill();
        watches[i] = loop->watch(pipes[i].out.get(), EPOLLIN, [&, i](std::uint32_t) {
            ++calls;
            watches[1 - i].clear();
            watches[1 - i] = loop->watch(third.out.get(), EPOLLIN,
                                         [](std::uint32_t) { FAIL() << "its pipe is empty"; });
        });
    }
    loop->wake_up();
    EXPECT_EQ(calls, 1);
}

TEST(Loop, LetsAWatchEndItselfInItsOwnCall) {
    const auto loop = make_loop();
    Pipe pipe;
    pipe.fill();
    const std::string text = "captured, and longer than what a string holds inside itself";
    std::string copied;
    Loop::Watch watch;
    watch = loop->watch(pipe.out.get(), EPOLLIN, [&, text](std::uint32_t) {
        watch.clear();
        copied = text;
    });
    loop->wake_up();
    EXPECT_EQ(copied, text);
    EXPECT_FALSE(watch);
}

TEST(Loop, LetsAWatchRegisterManyOthersInItsCall) {
    const auto loop = make_loop();
    Pipe first;
    std::vector<Pipe> pipes(100);
    std::vector<Loop::Watch> watches;
    int calls = 0;
    auto watch = loop->watch(first.out.get(), EPOLLIN, [&](std::uint32_t) {
        first.drain();
        for (auto& pipe : pipes)
            watches.push_back(
                loop->watch(pipe.out.get(), EPOLLIN, [&calls](std::uint32_t) { ++calls; }));
    });
    first.fill();
    loop->wake_up();
    for (auto& pipe : pipes) pipe.fill();
    loop->wake_up();
    EXPECT_EQ(calls, 100);
}

TEST(Loop, GoesOnCallingAWatchThatWasMoved) {
    const auto loop = make_loop();
    Pipe pipe;
    pipe.fill();
    int calls = 0;
    auto watch = loop->watch(pipe.out.get(), EPOLLIN, [&](std::uint32_t) { ++calls; });
    auto moved = std::move(watch);
    loop->wake_up();
    EXPECT_EQ(calls, 1);
    EXPECT_TRUE(moved);
}

TEST(Loop, WaitsForOtherEventsAfterAChange) {
    const auto loop = make_loop();
    Pipe pipe;
    std::uint32_t seen = 0;
    auto watch = loop->watch(pipe.in.get(), 0, [&](std::uint32_t events) { seen = events; });
    watch.change(EPOLLOUT);
    loop->wake_up();
    EXPECT_EQ(seen, EPOLLOUT);
}

TEST(Timer, IsUnsetWhenItIsCalled) {
    const auto loop = make_loop();
    int calls = 0;
    Loop::Timer timer(*loop, [&] {
        ++calls;
        EXPECT_FALSE(timer.deadline());
    });
    timer.set(loop->now() + 1ms);
    while (timer.deadline()) loop->wake_up();
    EXPECT_EQ(calls, 1);
    EXPECT_GT(loop->now().time_since_epoch(), 0ns);
}

TEST(Timer, IsNeverCalledBeforeItsInstant) {
    const auto loop = make_loop();
    const Instant deadline = loop->now() + 3ms;
    Loop::Timer timer(*loop, [&] {
        EXPECT_GE(loop->now(), deadline);
        loop->stop();
    });
    timer.set(deadline);
    loop->run();
}

TEST(Timer, ThatWasClearedIsNotCalled) {
    const auto loop = make_loop();
    Loop::Timer cleared(*loop, [] { FAIL(); });
    Loop::Timer other(*loop, [] {});
    cleared.set(loop->now());
    other.set(loop->now());
    cleared.clear();
    loop->wake_up();
}

TEST(Timer, DueOnesAreCalledInTheOrderOfTheirDeadlines) {
    const auto loop = make_loop();
    std::string order;
    Loop::Timer late(*loop, [&] { order += "late "; });
    Loop::Timer early(*loop, [&] { order += "early "; });
    late.set(loop->now() - 1s);
    early.set(loop->now() - 2s);
    loop->wake_up();
    EXPECT_EQ(order, "early late ");
}

TEST(Timer, ThatSetsItselfToThePastIsCalledOncePerWakeUp) {
    const auto loop = make_loop();
    int calls = 0;
    Loop::Timer timer(*loop, [&] {
        ++calls;
        timer.set(loop->now());
    });
    timer.set(loop->now());
    loop->wake_up();
    EXPECT_EQ(calls, 1);
    loop->wake_up();
    EXPECT_EQ(calls, 2);
}

TEST(Timer, MayDestroyItselfAndAnotherInItsCall) {
    const auto loop = make_loop();
    const std::string text = "captured, and longer than what a string holds inside itself";
    std::string copied;
    std::unique_ptr<Loop::Timer> timer;
    auto other = std::make_unique<Loop::Timer>(*loop, [] { FAIL() << "it was destroyed"; });
    timer = std::make_unique<Loop::Timer>(*loop, [&, text] {
        other.reset();
        timer.reset();
        copied = text;
    });
    timer->set(loop->now() - 1s);
    other->set(loop->now());
    loop->wake_up();
    EXPECT_EQ(copied, text);
}

TEST(Loop, ReportsHowLateAWakeUpWas) {
    const auto loop = make_loop();
    Loop::Timer timer(*loop, [] {});
    timer.set(loop->now() - 2s);
    loop->wake_up();
    EXPECT_GE(loop->lateness(), 2s);
}

TEST(Loop, IsNotLateWhenADescriptorWakesItBeforeTheDeadline) {
    const auto loop = make_loop();
    Pipe pipe;
    pipe.fill();
    Loop::Timer timer(*loop, [] {});
    timer.set(loop->now() + 1h);
    auto watch = loop->watch(pipe.out.get(), EPOLLIN, [](std::uint32_t) {});
    loop->wake_up();
    EXPECT_EQ(loop->lateness(), 0s);
}

}  // namespace
}  // namespace komainu
