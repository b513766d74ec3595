// The process check with real processes, which are children of the test and wait to be killed.
#include "check/process_check.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <vector>

#include "test/lab/temporary_directory.h"

namespace komainu {
namespace {

using lab::TemporaryDirectory;

class Child {
public:
    Child() : pid_(fork()) {
        if (pid_ != 0) return;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;) pause();
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() {
        kill();
        waitpid(pid_, nullptr, 0);
    }

    pid_t pid() const { return pid_; }
    std::string text() const { return std::to_string(pid_) + "\n"; }
    void kill() const { ::kill(pid_, SIGKILL); }

private:
    pid_t pid_;
};

class ProcessCheckTest : public testing::Test {
protected:
    ServiceConfig service() const {
        ServiceConfig service;
        service.pid_file = directory.path("pid");
        service.interval = 1ms;
        return service;
    }

    std::unique_ptr<ProcessCheck> start() {
        auto check = std::make_unique<ProcessCheck>(*loop, service(), [this](const auto& result) {
            verdicts.push_back(result.verdict);
            reason = result.reason;
        });
        check->start();
        return check;
    }

    void await(Verdict verdict) {
        while (verdicts.empty() || verdicts.back() != verdict) loop->wake_up();
    }

    std::string died(const Child& child) const {
        return "process " + std::to_string(child.pid()) + " died";
    }

    TemporaryDirectory directory;
    std::unique_ptr<Loop> loop = std::move(Loop::create()).value();
    std::vector<Verdict> verdicts;
    std::string reason;
};

TEST_F(ProcessCheckTest, PassesWhileTheProcessLives) {
    Child child;
    directory.write("pid", child.text());
    const auto check = start();
    EXPECT_EQ(verdicts, std::vector{Verdict::passed}) << reason;
    loop->wake_up();
    EXPECT_EQ(verdicts.back(), Verdict::passed);
}

TEST_F(ProcessCheckTest, FailsWithoutAPidFile) {
    const auto check = start();
    EXPECT_EQ(verdicts, std::vector{Verdict::failed});
    EXPECT_EQ(reason, "cannot open " + directory.path("pid") + ": No such file or directory");
}

TEST_F(ProcessCheckTest, SeesADeathAtOnceThoughNobodyHasReapedTheProcess) {
    Child child;
    directory.write("pid", child.text());
    auto rare = service();
    rare.interval = 1h;
    ProcessCheck check(*loop, rare, [this](const auto& result) {
        verdicts.push_back(result.verdict);
        reason = result.reason;
    });
    check.start();
    child.kill();
    await(Verdict::died);
    EXPECT_EQ(reason, died(child));
}

TEST_F(ProcessCheckTest, TakesAZombieForDeadFromTheFirst) {
    Child child;
    child.kill();
    siginfo_t info{};
    ASSERT_EQ(waitid(P_PID, static_cast<id_t>(child.pid()), &info, WEXITED | WNOWAIT), 0);
    directory.write("pid", child.text());
    const auto check = start();
    EXPECT_EQ(verdicts, std::vector{Verdict::died});
}

TEST_F(ProcessCheckTest, TakesAPidThatNobodyHasForDead) {
    pid_t gone = 0;
    {
        Child child;
        gone = child.pid();
    }
    directory.write("pid", std::to_string(gone));
    const auto check = start();
    EXPECT_EQ(verdicts, std::vector{Verdict::died}) << reason;
}

TEST_F(ProcessCheckTest, FollowsAPidFileThatWasWrittenAnew) {
    Child first;
    Child second;
    directory.write("pid", first.text());
    const auto check = start();
    first.kill();
    await(Verdict::died);
    directory.write("pid", second.text());
    await(Verdict::passed);
    EXPECT_EQ(reason, "process " + std::to_string(second.pid()) + " lives");
    second.kill();
    await(Verdict::died);
    EXPECT_EQ(reason, died(second));
}

TEST_F(ProcessCheckTest, DoesNotMindTheDeathOfAProcessThatThePidFileNoLongerNames) {
    Child first;
    Child second;
    directory.write("pid", first.text());
    const auto check = start();
    directory.write("pid", second.text());
    while (reason.find(std::to_string(second.pid())) == reason.npos) loop->wake_up();
    first.kill();
    for (int i = 0; i < 5; ++i) loop->wake_up();
    EXPECT_EQ(verdicts.back(), Verdict::passed);
}

TEST_F(ProcessCheckTest, FailsWhenThePidFileIsTakenAwayThoughTheProcessLives) {
    Child child;
    directory.write("pid", child.text());
    const auto check = start();
    std::filesystem::remove(directory.path("pid"));
    await(Verdict::failed);
}

// The death was seen, so whoever has the number now is not the service.
TEST_F(ProcessCheckTest, DoesNotBelieveAStalePidFileAgain) {
    Child child;
    directory.write("pid", child.text());
    const auto check = start();
    child.kill();
    await(Verdict::died);
    const auto seen = verdicts.size();
    while (verdicts.size() < seen + 3) loop->wake_up();
    EXPECT_EQ(verdicts.back(), Verdict::died);
}

}  // namespace
}  // namespace komainu
