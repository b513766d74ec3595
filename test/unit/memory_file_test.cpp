// Texts that are handed from process to process in memory.
#include "io/memory_file.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "io/message_channel.h"

namespace komainu {
namespace {

Fd sealed(const std::string& text) {
    Fd file = std::move(make_memory_file().value());
    EXPECT_EQ(::write(file.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
    EXPECT_TRUE(seal_memory_file(file.get()));
    return file;
}

TEST(MemoryFile, IsReadWholeAndAgainWhoeverHasReadItBefore) {
    const std::string text(100'000, 'x');
    const Fd file = sealed(text);
    EXPECT_EQ(read_memory_file(file.get()).value(), text);
    EXPECT_EQ(read_memory_file(file.get()).value(), text);
    EXPECT_EQ(read_memory_file(sealed("").get()).value(), "");
}

TEST(MemoryFile, CannotBeChangedOnceItIsSealed) {
    const Fd file = sealed("a");
    EXPECT_EQ(::pwrite(file.get(), "b", 1, 0), -1);
    EXPECT_EQ(errno, EPERM);
    EXPECT_NE(::ftruncate(file.get(), 0), 0);
}

TEST(MemoryFile, IsRefusedUnlessItIsSealedInMemoryAndShort) {
    const Fd open_one = std::move(make_memory_file().value());
    EXPECT_EQ(read_memory_file(open_one.get()).error().what, "not a sealed file in memory");
    EXPECT_FALSE(read_memory_file(STDIN_FILENO));
    EXPECT_FALSE(read_memory_file(-1));
    EXPECT_EQ(read_memory_file(sealed(std::string((1 << 20) + 1, 'x')).get()).error().what,
              "a file in memory is longer than a megabyte");
}

TEST(MessageChannel, HandsOverDescriptorsWithTheirMessage) {
    const auto ends = make_channel();
    const Fd one = sealed("one"), two = sealed("two");
    const std::array<std::byte, 1> message{std::byte{7}};
    const int both[] = {one.get(), two.get()};
    EXPECT_EQ(send_message(ends->main.get(), message, both), Sent::yes);
    EXPECT_EQ(send_message(ends->main.get(), message), Sent::yes);
    int received = 0;
    receive_messages(ends->child.get(), [&](std::span<const std::byte>, Descriptors& descriptors) {
        if (received++ == 0) {
            EXPECT_EQ(read_memory_file(descriptors[0].get()).value(), "one");
            EXPECT_EQ(read_memory_file(descriptors[1].get()).value(), "two");
        } else {
            EXPECT_FALSE(descriptors[0]);
        }
    });
    EXPECT_EQ(received, 2);
}

}  // namespace
}  // namespace komainu
