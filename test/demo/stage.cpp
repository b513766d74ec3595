#include "test/demo/stage.h"

#include <algorithm>

#include "test/lab/clock.h"

namespace komainu::demo {

namespace {

using lab::patience;

constexpr std::uint64_t timeline_probes = 1500;
constexpr std::size_t timeline_characters = 60;
constexpr std::uint64_t probes_per_second = 1000;
constexpr char nobody = '.';

lab::ClusterOptions options() {
    lab::ClusterOptions options;
    options.nodes = nodes;
    options.interval = 10ms;
    options.deadtime = 40ms;
    options.vips = {"10.77.0.100/24", "fd77::100/64"};
    options.check = lab::ServiceCheck::process;
    return options;
}

char character_of(const lab::Answer& answer) { return static_cast<char>('0' + answer.tag); }

}  // namespace

Stage::Stage() : cluster_(options()), watcher_(cluster_.network()) {}

bool Stage::open() {
    cluster_.start_services();
    cluster_.start_all();
    client_.emplace(cluster_.client_host(), cluster_.service());
    return cluster_.wait_until_whole() && client_->answered(client_->mark(), patience);
}

void Stage::unplug(int node) {
    cable(node) = Cable::pulled;
    cluster_.network().set_carrier(cluster_.host(node), lab::Carrier::down);
}

void Stage::plug(int node) {
    cable(node) = Cable::whole;
    cluster_.network().set_carrier(cluster_.host(node), lab::Carrier::up);
}

void Stage::silence(int node) {
    cable(node) = Cable::silent;
    cluster_.network().silence(cluster_.host(node));
}

void Stage::heal(int node) {
    cable(node) = Cable::whole;
    cluster_.network().heal(cluster_.host(node));
}

void Stage::start(int node) {
    if (!cluster_.service_running(node)) cluster_.start_service(node);
    if (!cluster_.running(node)) cluster_.start(node);
}

std::string Stage::trouble_of(int node) {
    std::string trouble;
    const auto add = [&](const char* what) {
        trouble += (trouble.empty() ? "" : ", ") + std::string(what);
    };
    if (!cluster_.running(node)) add("daemon killed");
    if (!cluster_.service_running(node)) add("service killed");
    switch (cable(node)) {
        case Cable::whole:
            break;
        case Cable::pulled:
            add("cable pulled");
            break;
        case Cable::silent:
            add("network drops everything");
            break;
    }
    return trouble;
}

NodePicture Stage::picture_of(int node) {
    NodePicture picture{node, "down", {}, trouble_of(node)};
    if (const auto said = cluster_.status(node)) picture.role = said->at("role");
    for (std::size_t i = 0; i < cluster_.options().vips.size(); ++i)
        if (watcher_.holders(cluster_.vip(i)).contains(node))
            picture.addresses.push_back(to_string(cluster_.vip(i)));
    return picture;
}

Picture Stage::picture() {
    Picture picture;
    for (int node = 1; node <= nodes; ++node) picture.nodes.push_back(picture_of(node));
    if (!client_) return picture;

    const auto end = client_->mark();
    const auto first = end - std::min(end, timeline_probes);
    const auto second_ago = end - std::min(end, probes_per_second);
    picture.timeline.assign(timeline_characters, nobody);
    for (const auto& answer : client_->answers_since(first)) {
        const auto place = (answer.probe - first) * timeline_characters / timeline_probes;
        if (place < timeline_characters) picture.timeline[place] = character_of(answer);
        if (answer.probe >= second_ago) ++picture.answers_per_second;
    }
    return picture;
}

std::string Stage::probes_since(std::uint64_t mark, std::size_t characters_max) const {
    const auto sent = static_cast<std::size_t>(client_->mark() - mark);
    std::string probes(std::min(sent, characters_max), nobody);
    for (const auto& answer : client_->answers_since(mark))
        if (answer.probe - mark < probes.size()) probes[answer.probe - mark] = character_of(answer);
    return probes;
}

Duration Stage::overlap_since(std::size_t mark) const {
    Duration longest{};
    for (std::size_t i = 0; i < cluster_.options().vips.size(); ++i)
        longest = std::max(longest, watcher_.overlap(cluster_.vip(i), mark));
    return longest;
}

}  // namespace komainu::demo
