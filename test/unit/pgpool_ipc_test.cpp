// The frames of pgpool-II's watchdog: those sent and received here are from a pgpool-II 4.3.5.
#include "packet/pgpool_ipc.h"

#include <gtest/gtest.h>

namespace komainu {
namespace {

using namespace std::string_literals;

TEST(PgpoolIpc, SendsALetterTheLengthAndTheText) {
    EXPECT_EQ(pgpool_frame(PgpoolCommand::list_nodes, "{\"NodeID\":-1}"),
              "3\0\0\0\x0d{\"NodeID\":-1}"s);
    EXPECT_EQ(
        pgpool_frame(PgpoolCommand::node_status_change, std::string(0x1234, 'x')).substr(0, 5),
        "2\0\0\x12\x34"s);
}

TEST(PgpoolIpc, TakesAnAnswerWithTheZeroAtItsEndOrWithout) {
    EXPECT_EQ(body_of_pgpool_answer("7\0\0\0\x03{}\0"s), "{}");
    EXPECT_EQ(body_of_pgpool_answer("7\0\0\0\x02{}"s), "{}");
}

TEST(PgpoolIpc, TakesNoRefusalAndNothingThatIsCutShortOrTooLong) {
    for (const auto& bytes :
         {"6\0\0\0\x27{\"MESSAGE\":\"unknown IPC command type\"}\0"s, "6\0\0\0\0"s, ""s, "7"s,
          "7\0\0\0"s, "7\0\0\0\x03{}"s, "7\0\0\0\x01{}"s, "7\xff\xff\xff\xff{}"s})
        EXPECT_EQ(body_of_pgpool_answer(bytes), std::nullopt) << testing::PrintToString(bytes);
}

TEST(PgpoolIpc, ListensBesideItsOtherSockets) {
    EXPECT_EQ(pgpool_ipc_path("/tmp", "9000"), "/tmp/.s.PGPOOLWD_CMD.9000");
}

}  // namespace
}  // namespace komainu
