// The password of PCP, in a file as pgpool-II's own tools read it.
#include "pgpool/password_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "conf/value_text.h"
#include "test/lab/temporary_directory.h"

namespace komainu {
namespace {

PcpAddress at(std::string_view text) { return read_pcp_address(text).value(); }

TEST(PasswordFile, HasTheFirstLineThatFits) {
    const auto text =
        "# a comment\n"
        "other:9898:k:no\n"
        "localhost:9898:k:first\n"
        "127.0.0.1:9898:k:second\n"
        "*:*:*:any\n";
    EXPECT_EQ(find_password(text, at("localhost:9898"), "k"), "first");
    EXPECT_EQ(find_password(text, at("127.0.0.1:9898"), "k"), "first");
    EXPECT_EQ(find_password(text, at("localhost:9898"), "l"), "any");
    EXPECT_EQ(find_password(text, at("10.0.0.1:9898"), "k"), "any");
    EXPECT_EQ(find_password("localhost:9898:k:p\n", at("10.0.0.1:9898"), "k"), std::nullopt);
}

TEST(PasswordFile, KnowsAUnixSocketAsLocalhostOrByItsDirectory) {
    const auto socket = at("/run/pgpool/.s.PGSQL.9898");
    EXPECT_EQ(find_password("localhost:9898:k:p", socket, "k"), "p");
    EXPECT_EQ(find_password("/run/pgpool:9898:k:p\r\n", socket, "k"), "p");
    EXPECT_EQ(find_password("localhost:9899:k:p", socket, "k"), std::nullopt);
}

TEST(PasswordFile, TakesAPasswordWithColonsAndBackslashes) {
    EXPECT_EQ(find_password("*:*:k:a:b\\\\c\\:", at("/s.1"), "k"), "a:b\\c:");
    EXPECT_EQ(find_password("*:*:k:\\", at("/s.1"), "k"), "\\");
    EXPECT_EQ(find_password("*:*:k", at("/s.1"), "k"), std::nullopt);
}

TEST(PasswordFile, IsRefusedWhenOthersCanReadIt) {
    const lab::TemporaryDirectory directory;
    PgpoolConfig pgpool;
    pgpool.user = "k";
    pgpool.password_file = directory.path("pcppass");
    EXPECT_EQ(read_password(pgpool).error().what,
              "cannot open " + pgpool.password_file + ": No such file or directory");
    std::ofstream(pgpool.password_file) << "localhost:9898:k:secret\n";
    ::chmod(pgpool.password_file.c_str(), 0640);
    EXPECT_EQ(
        read_password(pgpool).error().what,
        pgpool.password_file + " is open to others (mode 0640); chmod 600 " + pgpool.password_file);
    ::chmod(pgpool.password_file.c_str(), 0600);
    EXPECT_EQ(read_password(pgpool).value(), "secret");
    pgpool.user = "other";
    EXPECT_EQ(read_password(pgpool).error().what,
              pgpool.password_file +
                  " has no line for 127.0.0.1:9898 and user other; write "
                  "localhost:9898:other:PASSWORD");
}

}  // namespace
}  // namespace komainu
