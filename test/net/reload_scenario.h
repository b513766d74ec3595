// A cluster whose configuration is read anew while it works.
#pragma once

#include <fstream>

#include "test/lab/control.h"
#include "test/net/scenario.h"

namespace komainu::lab {

class ReloadScenario : public Scenario {
protected:
    std::string configuration(int node) { return read_file(cluster().configuration_file(node)); }
    void write_configuration(int node, const std::string& text) {
        std::ofstream(cluster().configuration_file(node)) << text;
    }
    void add(int node, const std::string& text) {
        write_configuration(node, configuration(node) + text);
    }
    void change(int node, const std::string& from, const std::string& to) {
        replace_in_file(cluster().configuration_file(node), from, to);
    }
    nlohmann::json reload(int node) {
        return ask(cluster().control_socket(node), {{"command", "reload"}}, 2 * patience)
            .value_or(nlohmann::json());
    }
    nlohmann::json changes(int node) {
        const nlohmann::json answer = reload(node);
        EXPECT_EQ(answer.value("ok", false), true) << answer.dump();
        return answer.value("changes", nlohmann::json());
    }
    bool says(int node, const std::string& key, const nlohmann::json& value) {
        return wait_until(
            [&] {
                const auto status = cluster().status(node);
                return status && status->at("nodes")
                                         .at(static_cast<std::size_t>(node - 1))
                                         .value(key, nlohmann::json()) == value;
            },
            patience);
    }
};

}  // namespace komainu::lab
