// The metrics as Prometheus reads them.
#include "ctl/metrics_text.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "ctl/metrics_catalogue.h"

namespace komainu {
namespace {

using nlohmann::json;

TEST(Metrics, AreTextOfThisForm) {
    json buckets = json::array();
    for (int i = 0; i < 32; ++i) buckets.push_back(0u);
    buckets[3] = 1u;   // up to 8 us
    buckets[4] = 2u;   // up to 16 us
    buckets[23] = 3u;  // up to 8.4 s
    buckets[31] = 1u;
    const json metrics{
        {"term", json::array({json::array({7})})},
        {"lease_seconds", json::array({json::array({0.418213})})},
        {"active", json::array({json::array({"a \"b\" \\ c\n\x1b[1md", 1, 1})})},
        {"heartbeats_sent_total", json::array({json::array({18446744073709551615ull})})},
        {"vip_held",
         json::array({json::array({"main", "eth0", 1}), json::array({"other", "eth1", 0})})},
        {"round_trip_seconds", json::array({json::array({2, 1, buckets, 30012345u})})}};
    std::string histogram =
        "# HELP komainu_round_trip_seconds Round trips of heartbeats: there by the fastest link, "
        "back by this one.\n"
        "# TYPE komainu_round_trip_seconds histogram\n";
    for (const char* bound :
         {"1.6e-05", "3.2e-05", "6.4e-05", "0.000128", "0.000256", "0.000512", "0.001024",
          "0.002048", "0.004096", "0.008192", "0.016384", "0.032768", "0.065536", "0.131072",
          "0.262144", "0.524288", "1.048576", "2.097152", "4.194304"})
        histogram += "komainu_round_trip_seconds_bucket{peer=\"2\",link=\"1\",le=\"" +
                     std::string(bound) + "\"} 3\n";
    histogram +=
        "komainu_round_trip_seconds_bucket{peer=\"2\",link=\"1\",le=\"8.388608\"} 6\n"
        "komainu_round_trip_seconds_bucket{peer=\"2\",link=\"1\",le=\"+Inf\"} 7\n"
        "komainu_round_trip_seconds_sum{peer=\"2\",link=\"1\"} 30.012345\n"
        "komainu_round_trip_seconds_count{peer=\"2\",link=\"1\"} 7\n";
    EXPECT_EQ(
        metrics_text(metrics),
        "# HELP komainu_up Whether komainud has answered.\n"
        "# TYPE komainu_up gauge\n"
        "komainu_up 1\n"
        "# HELP komainu_active Whether this node is the active one.\n"
        "# TYPE komainu_active gauge\n"
        "komainu_active{cluster_name=\"a \\\"b\\\" \\\\ c??[1md\",node=\"1\"} 1\n"
        "# HELP komainu_term The highest term that this node knows of.\n"
        "# TYPE komainu_term gauge\n"
        "komainu_term 7\n"
        "# HELP komainu_lease_seconds What is left of this node's lease; 0 when it has none.\n"
        "# TYPE komainu_lease_seconds gauge\n"
        "komainu_lease_seconds 0.418213\n"
        "# HELP komainu_vip_held Whether this node holds the VIP.\n"
        "# TYPE komainu_vip_held gauge\n"
        "komainu_vip_held{vip=\"main\",interface=\"eth0\"} 1\n"
        "komainu_vip_held{vip=\"other\",interface=\"eth1\"} 0\n"
        "# HELP komainu_heartbeats_sent_total Heartbeats of this node, each sent on all links.\n"
        "# TYPE komainu_heartbeats_sent_total counter\n"
        "komainu_heartbeats_sent_total 18446744073709551615\n" +
            histogram);
}

TEST(Metrics, SayThatThereIsNoDaemon) {
    EXPECT_EQ(metrics_text(json()),
              "# HELP komainu_up Whether komainud has answered.\n"
              "# TYPE komainu_up gauge\n"
              "komainu_up 0\n");
}

TEST(Metrics, LeaveOutWhatIsNotAsTheCatalogueHasIt) {
    const std::string nothing = metrics_text(json::object());
    const auto one = [](const json& row) { return json::array({row}); };
    for (const auto& [name, rows] : std::vector<std::pair<const char*, json>>{
             {"unheard_of", one(json::array({1}))},
             {"term", 1},
             {"term", json::array()},
             {"term", one(7)},
             {"term", one(json::array({"7"}))},
             {"term", one(json::array({"label", 7}))},
             {"vip_held", one(json::array({"main", 1}))},
             {"link_open", one(json::array({0.5, 1}))},
             {"loop_lateness_seconds", one(json::array({1}))},
             {"loop_lateness_seconds", one(json::array({json::array({1}), 1}))}})
        EXPECT_EQ(metrics_text({{name, rows}}), nothing) << name << rows;
}

bool is_name(std::string_view name) {
    return !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == name.npos;
}

TEST(Metrics, AreNamedAsPrometheusWantsThem) {
    std::set<std::string_view> names;
    for (const Metric& metric : metrics_catalogue()) {
        EXPECT_TRUE(is_name(metric.name)) << metric.name;
        EXPECT_TRUE(names.insert(metric.name).second) << metric.name << " is there twice";
        EXPECT_EQ(metric.name.ends_with("_total"), metric.type == MetricType::counter)
            << metric.name;
        for (const auto label : metric.labels)
            EXPECT_TRUE(label.empty() || is_name(label)) << metric.name;
        EXPECT_TRUE(metric.help.ends_with('.')) << metric.name;
        EXPECT_EQ(metric.help.find_first_of("\\\n"), std::string_view::npos)
            << metric.name << ": would have to be escaped";
    }
}

// --- What is made of them: alerts and a dashboard
// -------------------------------------------------

std::string text_of_file(const char* name) {
    std::ostringstream text;
    text << std::ifstream(name).rdbuf();
    EXPECT_FALSE(text.str().empty()) << name;
    return text.str();
}

/// Without what a histogram's samples have behind its name.
std::string family(std::string name) {
    for (const std::string_view end : {"_bucket", "_sum", "_count"})
        if (name.ends_with(end)) return name.substr(0, name.size() - end.size());
    return name;
}

std::set<std::string> unknown_metrics_in(const std::string& text) {
    std::set<std::string> unknown;
    static const std::regex name("komainu_([a-z_]+)");
    for (std::sregex_iterator it(text.begin(), text.end(), name), end; it != end; ++it)
        if (std::ranges::count(metrics_catalogue(), family((*it)[1]), &Metric::name) == 0)
            unknown.insert(it->str());
    return unknown;
}

TEST(Metrics, AreThereOnWhichAlertsAndDashboardAreBuilt) {
    EXPECT_EQ(unknown_metrics_in("rate(komainu_round_trip_seconds_bucket[5m]) + komainu_old"),
              std::set<std::string>{"komainu_old"});
    for (const char* file :
         {"packaging/prometheus/komainu.rules.yml", "packaging/prometheus/komainu.rules.test.yml",
          "packaging/grafana/komainu.json"})
        EXPECT_EQ(unknown_metrics_in(text_of_file(file)), std::set<std::string>{}) << file;
}

TEST(Metrics, AreShownByADashboardOfWhichEachPanelHasAPlaceAndSaysWhatItShows) {
    const json dashboard = json::parse(text_of_file("packaging/grafana/komainu.json"));
    std::set<int> ids;
    for (const json& panel : dashboard.at("panels")) {
        EXPECT_TRUE(ids.insert(panel.at("id").get<int>()).second) << panel;
        EXPECT_LE(panel.at("gridPos").at("x").get<int>() + panel["gridPos"].at("w").get<int>(), 24);
        if (panel.at("type") == "row") continue;
        EXPECT_FALSE(panel.at("description").get<std::string>().empty()) << panel;
        EXPECT_FALSE(panel.at("targets").empty()) << panel;
    }
    EXPECT_GE(ids.size(), 30u);
}

}  // namespace
}  // namespace komainu
