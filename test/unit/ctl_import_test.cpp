// komainuctl import-pgpool: what it prints, and its exit status.
#include <gtest/gtest.h>

#include "conf/load.h"
#include "conf/pgpool_import.h"
#include "ctl/commands.h"
#include "test/lab/temporary_directory.h"

namespace komainu {
namespace {

using testing::internal::CaptureStderr;
using testing::internal::CaptureStdout;
using testing::internal::GetCapturedStderr;
using testing::internal::GetCapturedStdout;

class ImportPgpool : public testing::Test {
protected:
    ExitStatus run() {
        CaptureStdout();
        CaptureStderr();
        const auto status = run_komainuctl({"import-pgpool", path_});
        out_ = GetCapturedStdout();
        err_ = GetCapturedStderr();
        return status;
    }

    lab::TemporaryDirectory directory_;
    const std::string path_ = directory_.path("pgpool.conf");
    std::string out_, err_;
};

const std::string complete =
    "hostname0 = '10.0.0.1'\nhostname1 = '10.0.0.2'\nhostname2 = '10.0.0.3'\n"
    "delegate_ip = '10.0.0.100'\npid_file_name = '/run/pgpool/pgpool.pid'\n";

TEST_F(ImportPgpool, EndsWithZeroWhenNothingIsLeftToDo) {
    directory_.write("pgpool.conf", complete);
    directory_.write("pgpool_node_id", "2\n");
    EXPECT_EQ(run(), ExitStatus::done);
    EXPECT_EQ(err_, "");
    EXPECT_NE(out_.find("this host is node 3"), out_.npos);
    EXPECT_FALSE(read_config(out_).problems.has_errors());
}

TEST_F(ImportPgpool, PrintsAllTheSameWhenTheResultNeedsAHand) {
    directory_.write("pgpool.conf", complete + "hostname1 = 'server2'\n");
    EXPECT_EQ(run(), ExitStatus::failed);
    EXPECT_EQ(err_, "komainuctl: 1 line says CHANGE, and needs a hand\n");
    EXPECT_NE(out_.find("# CHANGE: the address of server2"), out_.npos);
}

TEST_F(ImportPgpool, TellsWhichLineOfTheResultIsWrong) {
    directory_.write("pgpool.conf", complete + "hostname1 = '10.0.0.1'\n");
    EXPECT_EQ(run(), ExitStatus::failed);
    EXPECT_NE(err_.find("address: 10.0.0.1 is the address of [node.1] as well"), err_.npos);
    EXPECT_TRUE(err_.starts_with("komainu.conf:")) << err_;
}

TEST_F(ImportPgpool, PrintsNothingOfAFileThatIsNoPgpoolConf) {
    directory_.write("pgpool.conf", "[cluster]\n");
    EXPECT_EQ(run(), ExitStatus::usage);
    EXPECT_EQ(out_, "");
    EXPECT_EQ(err_, path_ +
                        ":1: line: there is something else than a parameter; write name = "
                        "'value'\n");
}

TEST_F(ImportPgpool, TakesNoFileThatIsMissingOrTooLong) {
    EXPECT_EQ(run(), ExitStatus::usage);
    EXPECT_EQ(err_, "komainuctl: " + path_ + " cannot be opened: No such file or directory\n");
    directory_.write("pgpool.conf", std::string((1 << 20) + 1, '#'));
    EXPECT_EQ(run(), ExitStatus::usage);
    EXPECT_NE(err_.find(" is longer than 1048576 bytes"), err_.npos) << err_;
}

/// Its parameters that stand in a comment, as if somebody had removed all the #.
std::string with_all_parameters(const std::string& sample) {
    std::string text;
    for (std::size_t at = 0; at < sample.size();) {
        const auto end = std::min(sample.find('\n', at), sample.size());
        const auto line = sample.substr(at, end - at);
        const auto name_end = line.find(" = ");
        const bool is_default =
            line.starts_with('#') && name_end != line.npos && line.find(' ') == name_end;
        text += line.substr(is_default ? 1 : 0) + "\n";
        at = end + 1;
    }
    return text;
}

TEST(PgpoolSample, OfTheDebianPackageIsTakenWhole) {
    int found = 0;
    for (const char* file : {"/usr/share/doc/pgpool2/examples/pgpool.conf.sample",
                             "/usr/share/pgpool2/pgpool.conf", "/etc/pgpool2/pgpool.conf"}) {
        const auto sample = read_config_text(file);
        if (!sample) continue;
        ++found;
        for (const auto& text : {sample.value(), with_all_parameters(sample.value())}) {
            const auto import = import_pgpool(text);
            EXPECT_FALSE(import.problems.has_errors()) << report(file, import.problems);
            EXPECT_FALSE(import.text_problems.has_errors()) << report(file, import.text_problems);
        }
    }
    if (found == 0)
        GTEST_SKIP() << "the package pgpool2, whose samples this takes, is not installed";
}

}  // namespace
}  // namespace komainu
