// A directory that is gone, with all that is in it, at the end of a test.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace komainu::lab {

class TemporaryDirectory {
public:
    TemporaryDirectory() { EXPECT_NE(mkdtemp(name_), nullptr); }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(name_, ignored);
    }

    std::string path(const std::string& file) const { return std::string(name_) + "/" + file; }

    /// Writes it under another name first, as a careful service does: it is there whole, or not.
    std::string write(const std::string& file, const std::string& text) const {
        std::ofstream(path(file + ".new")) << text;
        std::filesystem::rename(path(file + ".new"), path(file));
        return path(file);
    }

private:
    char name_[32] = "/tmp/komainu-test-XXXXXX";
};

}  // namespace komainu::lab
