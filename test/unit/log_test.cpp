// The log, with a pipe in the place of stderr.
#include "io/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "base/fd.h"

namespace komainu {
namespace {

class LogTest : public testing::Test {
protected:
    LogTest() : saved_(dup(STDERR_FILENO)) {
        int ends[2];
        EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
        out_ = Fd(ends[0]);
        const Fd in(ends[1]);
        EXPECT_EQ(fcntl(out_.get(), F_SETFL, O_NONBLOCK), 0);
        EXPECT_EQ(dup2(in.get(), STDERR_FILENO), STDERR_FILENO);
        set_log_name("komainud[node 1]");
    }
    ~LogTest() override {
        dup2(saved_.get(), STDERR_FILENO);
        set_log_name("test");
    }

    std::string read_all() const {
        std::string text;
        char bytes[4096];
        for (ssize_t got; (got = read(out_.get(), bytes, sizeof bytes)) > 0;)
            text.append(bytes, static_cast<std::size_t>(got));
        return text;
    }

private:
    Fd saved_;
    Fd out_;
};

TEST_F(LogTest, WritesOneLineWithTimeNameAndLevel) {
    log_warning("link {} is {}", 1, "down");
    const auto line = read_all();
    EXPECT_EQ(line.substr(24), " komainud[node 1] warning: link 1 is down\n");
    EXPECT_EQ(line[10], 'T');
    EXPECT_EQ(line[23], 'Z');
}

TEST_F(LogTest, KeepsAnEventInOneLineWhateverItsTextHolds) {
    log_info("{}", "a\nb\x1b[31m\x7f");
    EXPECT_EQ(read_all().substr(24), " komainud[node 1] info: a?b?[31m?\n");
}

TEST_F(LogTest, CutsWhatIsTooLong) {
    log_error("{}", std::string(10000, 'x'));
    const auto line = read_all();
    EXPECT_EQ(line.size(), 2048);
    EXPECT_EQ(line.back(), '\n');
}

// The test ends, which is the point: nobody reads the pipe.
TEST_F(LogTest, DropsLinesInsteadOfWaitingAndTellsHowManyLater) {
    for (int i = 0; i < 2000; ++i) log_notice("{}", std::string(100, 'x'));
    const auto written = std::ranges::count(read_all(), '\n');
    EXPECT_LT(written, 2000);
    log_notice("after");
    const auto text = read_all();
    EXPECT_NE(text.find(std::to_string(2000 - written) + " log lines were lost"), text.npos);
    EXPECT_NE(text.find("after\n"), text.npos);
}

}  // namespace
}  // namespace komainu
