#include "io/host_view.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "test/lab/temporary_directory.h"

namespace komainu {
namespace {

using lab::TemporaryDirectory;

class NetworkdSettings : public testing::Test {
protected:
    void add(const TemporaryDirectory& place, const std::string& file, const std::string& text) {
        const std::string directory = "systemd/network/lan.network.d";
        std::filesystem::create_directories(place.path(directory));
        place.write(directory + "/" + file, text);
    }
    std::vector<std::string> texts() {
        const std::string etc = etc_.path(""), run = run_.path("");
        const std::string_view places[] = {etc, run, "/nonexistent"};
        std::vector<std::string> texts;
        for (const auto& file : networkd_settings(main_, places)) texts.push_back(file.text);
        return texts;
    }

    const TemporaryDirectory lib_, etc_, run_;
    const std::string main_ = lib_.write("lan.network", "main");
};

using Texts = std::vector<std::string>;

TEST_F(NetworkdSettings, AreTheFileAndThenItsDropInsByTheirNames) {
    EXPECT_EQ(texts(), Texts{"main"});
    add(run_, "10.conf", "run 10");
    add(etc_, "20.conf", "etc 20");
    add(run_, "30.conf", "run 30");
    add(etc_, "05.conf~", "a copy");
    EXPECT_EQ(texts(), (Texts{"main", "run 10", "etc 20", "run 30"}));
}

TEST_F(NetworkdSettings, HaveOfTheSameNameTheOneInTheFirstPlace) {
    add(run_, "10.conf", "run 10");
    add(etc_, "10.conf", "etc 10");
    EXPECT_EQ(texts(), (Texts{"main", "etc 10"}));
    std::filesystem::remove(etc_.path("systemd/network/lan.network.d/10.conf"));
    std::filesystem::create_symlink("/dev/null",
                                    etc_.path("systemd/network/lan.network.d/10.conf"));
    EXPECT_EQ(texts(), (Texts{"main", ""}));
}

}  // namespace
}  // namespace komainu
