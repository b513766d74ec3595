// The file of what a node has agreed to: the newest counts, and what is damaged is lost.
#include "runner/ledger_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

#include "test/lab/temporary_directory.h"
#include "test/unit/sample_table.h"

namespace komainu {
namespace {

const LedgerRecord sample{{12, NodeId{3}}, test::sample_table(), 6};
const LedgerRecord other{{13, NodeId{1}}, test::sample_table(), 7};

Status write(const std::string& state_dir, std::uint64_t generation, const LedgerRecord& record) {
    std::array<std::byte, ledger_record_bytes_max> room;
    return write_ledger_file(state_dir, generation, encode(record, room));
}

class LedgerFileTest : public testing::Test {
protected:
    LedgerFile read() const { return read_ledger_file(state_dir).value(); }
    bool has(const std::string& file) const {
        return std::filesystem::exists(directory.path(file));
    }

    lab::TemporaryDirectory directory;
    const std::string state_dir = directory.path(".");
};

TEST_F(LedgerFileTest, IsNewWhereThereIsNone) {
    directory.write("backends.", "");
    directory.write("backends.0", "");
    directory.write("backends.1x", "");
    directory.write("backends.new", "");
    directory.write("forwards.7", "");
    for (const std::string& where : {state_dir, directory.path("missing")}) {
        const LedgerFile file = read_ledger_file(where).value();
        EXPECT_EQ(file.generation, 1u);
        EXPECT_FALSE(file.stored.is_lost);
        EXPECT_EQ(file.stored.record, LedgerRecord{});
        EXPECT_EQ(file.trouble, "");
    }
}

TEST_F(LedgerFileTest, ComesBackAsItWasWrittenLast) {
    ASSERT_TRUE(write(state_dir, 1, other));
    ASSERT_TRUE(write(state_dir, 1, sample));
    const LedgerFile file = read();
    EXPECT_EQ(file.stored.record, sample);
    EXPECT_FALSE(file.stored.is_lost);
    EXPECT_EQ(file.generation, 2u);
}

TEST_F(LedgerFileTest, MakesItsDirectoryForItsOwnerAlone) {
    const std::string made = directory.path("made");
    ASSERT_TRUE(write(made, 1, sample));
    EXPECT_EQ(read_ledger_file(made).value().stored.record, sample);
    EXPECT_EQ(std::filesystem::status(made).permissions(), std::filesystem::perms::owner_all);
    EXPECT_FALSE(write(directory.path("no/where"), 1, sample));
}

TEST_F(LedgerFileTest, TakesThePlaceOfThoseOfEarlierRuns) {
    ASSERT_TRUE(write(state_dir, 9, sample));
    ASSERT_TRUE(write(state_dir, 10, other));
    EXPECT_FALSE(has("backends.9"));
    EXPECT_EQ(read().stored.record, other);
}

TEST_F(LedgerFileTest, IsNotHarmedByALateWriteOfAnEarlierRun) {
    ASSERT_TRUE(write(state_dir, 10, other));
    ASSERT_TRUE(write(state_dir, 9, sample));
    EXPECT_TRUE(has("backends.10"));
    EXPECT_EQ(read().stored.record, other);
    EXPECT_EQ(read().generation, 11u);
    ASSERT_TRUE(write(state_dir, 11, other));
    EXPECT_FALSE(has("backends.9"));
    EXPECT_FALSE(has("backends.10"));
}

TEST_F(LedgerFileTest, LeavesTheFileOfARunThatWasKilledWhileItWroteAlone) {
    ASSERT_TRUE(write(state_dir, 2, other));
    directory.write("backends.3.new", "half");
    EXPECT_EQ(read().stored.record, other);
    EXPECT_FALSE(read().stored.is_lost);
    EXPECT_EQ(read().generation, 4u) << "that run may still be about to rename it";
    ASSERT_TRUE(write(state_dir, 4, sample));
    EXPECT_FALSE(has("backends.3.new"));
    EXPECT_EQ(read().stored.record, sample);
}

TEST_F(LedgerFileTest, IsLostWhenTheNewestIsDamagedWhateverTheOthersSay) {
    ASSERT_TRUE(write(state_dir, 2, other));
    ASSERT_TRUE(write(state_dir, 1, sample));
    for (const std::string& damaged :
         {std::string(), std::string(100, 'x'), std::string(ledger_record_bytes_max + 1, 'x')}) {
        directory.write("backends.2", damaged);
        const LedgerFile file = read();
        EXPECT_TRUE(file.stored.is_lost);
        EXPECT_EQ(file.stored.record, LedgerRecord{});
        EXPECT_EQ(file.generation, 3u);
        EXPECT_NE(file.trouble.find("/backends.2 is "), std::string::npos) << file.trouble;
    }
}

TEST_F(LedgerFileTest, IsAnErrorWhereNobodyCanLook) {
    const std::string no_directory = directory.write("file", "");
    const auto file = read_ledger_file(no_directory);
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().what, "cannot look into " + no_directory + ": Not a directory");
    EXPECT_FALSE(write(no_directory, 1, sample));
}

/// Root, as whom tests run, may do everything.
class AsNobody {
public:
    AsNobody() { EXPECT_EQ(geteuid() == 0 ? seteuid(65534) : 0, 0); }
    AsNobody(const AsNobody&) = delete;
    AsNobody& operator=(const AsNobody&) = delete;
    ~AsNobody() { EXPECT_EQ(seteuid(getuid()), 0); }
};

TEST_F(LedgerFileTest, IsAnErrorAndNotLostWhereTheRightsAreMissing) {
    using std::filesystem::perms;
    const std::string place = directory.path(""), path = directory.path("backends.1");
    ASSERT_TRUE(write(state_dir, 1, sample));
    std::filesystem::permissions(path, perms::none);
    std::filesystem::permissions(place, perms::owner_all | perms::group_read | perms::group_exec |
                                            perms::others_read | perms::others_exec);
    {
        const AsNobody nobody;
        const auto file = read_ledger_file(place);
        ASSERT_FALSE(file);
        EXPECT_NE(file.error().what.find("backends.1: Permission denied"), std::string::npos)
            << file.error().what;
        const Status written = write(place, 2, other);
        ASSERT_FALSE(written);
        EXPECT_NE(written.error().what.find("backends.2.new: Permission denied"), std::string::npos)
            << written.error().what;
    }
    std::filesystem::permissions(place, perms::owner_all);
    {
        const AsNobody nobody;
        EXPECT_EQ(read_ledger_file(place).error().what,
                  "cannot look into " + place + ": Permission denied");
    }
    std::filesystem::permissions(path, perms::owner_all);
    EXPECT_EQ(read().stored.record, sample);
}

}  // namespace
}  // namespace komainu
