// Requests to servers that answer with any bytes and hang up.
#include "io/unix_request.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "test/lab/server.h"
#include "test/lab/temporary_directory.h"

namespace komainu {
namespace {

using namespace std::string_literals;
using lab::Conversation;

class RequestUntilEnd : public testing::Test {
protected:
    Result<std::string> request(lab::Server::Serve serve, Duration patience = 5s) {
        const lab::Server server(path_, std::move(serve));
        return request_until_end(path_, "ask", {patience, 1000});
    }

    lab::TemporaryDirectory directory_;
    const std::string path_ = directory_.path("sock");
};

TEST_F(RequestUntilEnd, TakesAllThatComesUntilTheServerHangsUp) {
    std::string asked;
    const auto answer = request([&](Conversation& client) {
        asked = client.read(3);
        client.write("7\0\n"s);
        client.write("more");
    });
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer.value(), "7\0\nmore"s);
    EXPECT_EQ(asked, "ask");
}

TEST_F(RequestUntilEnd, TakesNothingForAnAnswerToo) {
    const auto answer = request([](Conversation& client) { client.read(3); });
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer.value(), "");
}

TEST_F(RequestUntilEnd, WaitsForNobodyBeyondItsPatience) {
    const auto answer = request([](Conversation& client) { client.await_end(); }, 50ms);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ETIMEDOUT);
}

TEST_F(RequestUntilEnd, TakesNoEndlessAnswer) {
    const auto answer = request([](Conversation& client) {
        client.read(3);
        client.write(std::string(10'000, 'x'));
    });
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, EMSGSIZE);
}

TEST_F(RequestUntilEnd, SaysThatNobodyIsThere) {
    EXPECT_EQ(request_until_end(path_, "ask", {1s, 10}).error().code, ENOENT);
}

}  // namespace
}  // namespace komainu
