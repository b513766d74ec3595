// How commands are written in the configuration.
#include "conf/command.h"

#include <gtest/gtest.h>

namespace komainu {
namespace {

Argv words(std::string_view text) {
    const auto command = read_command(text);
    EXPECT_TRUE(command) << text << ": " << (command ? "" : command.error().what);
    return command ? command.value() : Argv{};
}

std::string refusal(std::string_view text) {
    const auto command = read_command(text);
    return command ? "" : command.error().what;
}

TEST(CommandText, IsSplitAtBlanks) {
    EXPECT_EQ(words("/bin/a"), (Argv{"/bin/a"}));
    EXPECT_EQ(words("  /bin/a \t -x  b "), (Argv{"/bin/a", "-x", "b"}));
}

TEST(CommandText, KeepsBlanksInQuotes) {
    EXPECT_EQ(words(R"(/bin/a "b c" 'd  "e"' "" '')"), (Argv{"/bin/a", "b c", "d  \"e\"", "", ""}));
    EXPECT_EQ(words(R"(/bin/a "b"'c d'e)"), (Argv{"/bin/a", "bc de"}));
}

TEST(CommandText, HasQuotesInsideAWordAsLetters) {
    EXPECT_EQ(words("/bin/a it's --x=\"y\""), (Argv{"/bin/a", "it's", "--x=\"y\""}));
}

TEST(CommandText, KnowsEscapesInQuotesAndOutside) {
    EXPECT_EQ(words(R"(/bin/a \"b\sc\x23 "d\te\\" 'f\'\n')"),
              (Argv{"/bin/a", "\"b c#", "d\te\\", "f'\n"}));
}

TEST(CommandText, ExpandsNothing) {
    EXPECT_EQ(words("/bin/a $HOME *.c ~ | ; && %n >x"),
              (Argv{"/bin/a", "$HOME", "*.c", "~", "|", ";", "&&", "%n", ">x"}));
}

TEST(CommandText, IsRefusedWithWhatWouldBeRight) {
    EXPECT_EQ(refusal("/bin/a \"b"),
              "a quote is not closed; write another \", or \\\" for the letter itself");
    const std::string escapes =
        "has a \\ before something else than \\ \" ' s t n or xHH; write \\\\ for the letter "
        "itself";
    for (const char* const wrong :
         {"/bin/a \\q", "/bin/a \\", "/bin/a \\x4", "/bin/a \\xzz", "/bin/a \\x00", "/bin/a '\\"})
        EXPECT_EQ(refusal(wrong), escapes) << wrong;
    for (const char* const wrong : {"test -e /x", "", "''"})
        EXPECT_NE(refusal(wrong).find("does not begin with the absolute path of a program"),
                  std::string::npos)
            << wrong;
}

TEST(CommandText, IsBounded) {
    std::string text = "/bin/a";
    for (std::size_t i = 1; i < command_words_max; ++i) text += " b";
    EXPECT_EQ(words(text).size(), command_words_max);
    EXPECT_EQ(refusal(text + " b"), "more than 64 words; put the command into a script");
    EXPECT_EQ(refusal("/bin/a " + std::string(command_bytes_max, 'b')),
              "has more than 4096 letters; put the command into a script");
}

TEST(CommandText, ReadsWhatItWrites) {
    for (const Argv& command :
         {Argv{"/bin/a", "b"}, Argv{"/bin/a", "", "b c", "it's", "\\", "\"\t#"}})
        EXPECT_EQ(words(to_string(command)), command) << to_string(command);
}

}  // namespace
}  // namespace komainu
