#include "io/files.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cerrno>
#include <csignal>

#include "test/lab/temporary_directory.h"

namespace komainu {
namespace {

using lab::TemporaryDirectory;

pid_t pid_in(const std::string& text) {
    TemporaryDirectory directory;
    const auto file = read_pid_file(directory.write("pid", text));
    return file ? file->pid : 0;
}

TEST(Files, ReadsAFileThatIsJustAsLongAsItMayBe) {
    TemporaryDirectory directory;
    const auto path = directory.write("file", "12345");
    EXPECT_EQ(read_file(path, 5).value(), "12345");
    EXPECT_EQ(read_file(path, 4).error().what, path + " is longer than 4 bytes");
}

TEST(Files, NameThePathOfAFileThatIsMissing) {
    const auto text = read_file("/nonexistent/file", 10);
    EXPECT_EQ(text.error().what, "cannot open /nonexistent/file: No such file or directory");
}

TEST(Files, SayNothingWhereTheyCannotBeReadAndNobodyAsksWhy) {
    const TemporaryDirectory directory;
    EXPECT_EQ(text_of_file(directory.write("few", "12345")), "12345");
    EXPECT_EQ(text_of_file(directory.path("none")), "");
    EXPECT_EQ(text_of_file(directory.path("")), "");
    const std::string most(small_file_bytes_max, 'x');
    EXPECT_EQ(text_of_file(directory.write("most", most)), most);
    EXPECT_EQ(text_of_file(directory.write("many", most + 'x')), "");
}

TEST(Files, DoNotWaitForTheWriterOfAFifo) {
    TemporaryDirectory directory;
    ASSERT_EQ(mkfifo(directory.path("fifo").c_str(), 0600), 0);
    EXPECT_EQ(read_file(directory.path("fifo"), 10).value(), "");
}

TEST(Files, AreReplacedWholeAndForTheirOwnerAlone) {
    TemporaryDirectory directory;
    const auto path = directory.write("file", "a longer one than the next");
    ASSERT_TRUE(replace_file(path, "next"));
    EXPECT_EQ(read_file(path, 100).value(), "next");
    EXPECT_EQ(std::filesystem::status(path).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    const std::filesystem::directory_iterator files(directory.path("")), end;
    EXPECT_EQ(std::distance(files, end), 1) << "nothing else is left there";
    EXPECT_FALSE(replace_file(directory.path("missing/file"), "next"));
}

TEST(Files, AreNotHarmedByWhatAnEarlierReplacementStillWrites) {
    TemporaryDirectory directory;
    const auto path = directory.write("file", "first");
    std::ofstream late(directory.path("file.new"));
    late << "much too long" << std::flush;
    ASSERT_TRUE(replace_file(path, "next"));
    late << " and too late" << std::flush;
    EXPECT_EQ(read_file(path, 100).value(), "next");
}

/// As on a disk that is full in the midst of it.
class FilesUpTo {
public:
    explicit FilesUpTo(rlim_t bytes) {
        EXPECT_EQ(getrlimit(RLIMIT_FSIZE, &before_), 0);
        const rlimit now{bytes, before_.rlim_max};
        EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &now), 0);
    }
    FilesUpTo(const FilesUpTo&) = delete;
    FilesUpTo& operator=(const FilesUpTo&) = delete;
    ~FilesUpTo() {
        setrlimit(RLIMIT_FSIZE, &before_);
        signal(SIGXFSZ, signal_);
    }

private:
    rlimit before_{};
    sighandler_t signal_ = signal(SIGXFSZ, SIG_IGN);
};

TEST(Files, StayAsTheyWereWhereTheNewOneDoesNotFit) {
    TemporaryDirectory directory;
    const auto path = directory.write("file", "first");
    Status replaced = Ok{};
    {
        const FilesUpTo limit(4);
        errno = 0;
        replaced = replace_file(path, "the next one");
    }
    ASSERT_FALSE(replaced);
    EXPECT_EQ(replaced.error().what, "cannot write " + path + ".new: File too large");
    EXPECT_EQ(read_file(path, 100).value(), "first");
    EXPECT_TRUE(replace_file(path, "the next one"));
}

TEST(PidFile, IsTheNumberInItsFirstLine) {
    EXPECT_EQ(pid_in("1234"), 1234);
    EXPECT_EQ(pid_in("1234\n"), 1234);
    EXPECT_EQ(pid_in(" 1234 \r\n"), 1234);
    EXPECT_EQ(pid_in("1234\n/var/lib/postgresql\n5432\n"), 1234);
}

TEST(PidFile, MayEndWithAZeroAsPgpoolWritesIt) { EXPECT_EQ(pid_in({"1234\0", 5}), 1234); }

TEST(PidFile, IsRefusedWhenItHasNoSensibleNumber) {
    for (const auto* text : {"", "\n", " ", "x", "12x", "-1", "0", "99999999999", "1 2"})
        EXPECT_EQ(pid_in(text), 0) << text;
}

TEST(PidFile, WrittenAnewIsAnotherOneThoughItSaysTheSame) {
    TemporaryDirectory directory;
    const auto before = read_pid_file(directory.write("pid", "1234\n"));
    // The old file is still there, so the new one cannot have its inode.
    std::filesystem::create_hard_link(directory.path("pid"), directory.path("old"));
    const auto after = read_pid_file(directory.write("pid", "1234\n"));
    EXPECT_EQ(before->pid, after->pid);
    EXPECT_NE(before.value(), after.value());
}

}  // namespace
}  // namespace komainu
