// What `komainuctl backend list` and `history` print.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "ctl/backend_commands.h"

namespace komainu {
namespace {

using nlohmann::json;

json list_of(bool agreed) {
    json answer = json::parse(R"({"ok":true,"revision":"3.18-0","backends":[
      {"id":0,"address":"10.0.0.11:5432","state":"up","role":"primary"},
      {"id":1,"address":"10.0.0.12:5432","state":"down","role":"standby","recovered_by":2}]})");
    answer["agreed"] = agreed;
    return answer;
}

const std::string list =
    "BACKEND  ADDRESS         STATE  ROLE     RECOVERED BY\n"
    "0        10.0.0.11:5432  up     primary  -\n"
    "1        10.0.0.12:5432  down   standby  node 2\n";

TEST(BackendsText, IsATable) { EXPECT_EQ(backends_text(list_of(true), Colors::off), list); }

TEST(BackendsText, SaysThatNobodyHasConfirmedIt) {
    const std::string unconfirmed =
        list + "no active node has confirmed this since komainud started here\n";
    EXPECT_EQ(backends_text(list_of(false), Colors::off), unconfirmed);
    json silent = list_of(true);
    silent.erase("agreed");
    EXPECT_EQ(backends_text(silent, Colors::off), unconfirmed);
}

TEST(BackendsText, PaintsWhatIsNotUp) {
    const std::string text = backends_text(list_of(true), Colors::on);
    EXPECT_NE(text.find("  up  "), std::string::npos) << text;
    EXPECT_NE(text.find("\x1b[1;31mdown\x1b[0m"), std::string::npos);
}

TEST(BackendsText, LetsNoControlCharacterThrough) {
    json answer = list_of(true);
    answer["backends"][0]["address"] = "\x1b[31mred";
    EXPECT_EQ(backends_text(answer, Colors::off).find('\x1b'), std::string::npos);
}

TEST(HistoryText, HasALineForEachEvent) {
    const json answer = json::parse(R"({"ok":true,"history":[
      {"index":9,"at":"2026-11-23T14:00:00.000Z","counts":true,"text":"backend 0 was detached"},
      {"index":10,"at":null,"counts":false,"text":"backend 1 was promoted"}]})");
    EXPECT_EQ(
        history_text(answer, Colors::off),
        "9   2026-11-23T14:00:00.000Z  backend 0 was detached\n"
        "10                            backend 1 was promoted (not stored by a quorum yet)\n");
}

TEST(HistoryText, SaysThatNothingHasHappened) {
    EXPECT_EQ(history_text({{"ok", true}, {"history", json::array()}}, Colors::off),
              "nothing has happened yet\n");
}

}  // namespace
}  // namespace komainu
