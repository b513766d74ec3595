#include "test/lab/cluster.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>

#include "test/lab/clock.h"
#include "test/lab/control.h"
#include "test/lab/fail.h"
#include "test/lab/sandbox.h"

namespace komainu::lab {

namespace {

constexpr Duration status_within = 1s;
constexpr int nobody = 0;

constexpr const char* common_key =
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

std::string new_directory() {
    std::string path = sandbox_directory() + "/cluster-XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) fail(path, errno);
    return path;
}

std::string in_ms(Duration d) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(d).count()) + "ms";
}

std::vector<LabLink> links_of(const ClusterOptions& options) {
    return options.links.empty() ? std::vector{LabLink{0, options.heartbeat_family}}
                                 : options.links;
}

int number_of_lans(const ClusterOptions& options) {
    const auto links = links_of(options);
    return 1 + std::ranges::max_element(links, {}, &LabLink::lan)->lan;
}

std::string node_sections(const ClusterOptions& options) {
    std::string text;
    for (int node = 1; node <= options.nodes; ++node) {
        const auto number = std::to_string(node);
        text += "\n[node." + number + "]\n";
        for (const auto& [lan, family] : links_of(options))
            text += "address = " + to_string(address_on(lan, node, family)) + "\n";
        if (options.witnesses.contains(node)) text += "witness = yes\n";
        const auto priority = options.priorities.find(node);
        if (priority != options.priorities.end())
            text += "priority = " + std::to_string(priority->second) + "\n";
    }
    return text;
}

std::string heartbeat_section(const ClusterOptions& options) {
    std::string text = "\n[heartbeat]\ninterval = " + in_ms(options.interval) +
                       "\ndeadtime = " + in_ms(options.deadtime) + "\n";
    if (!options.multicast_group.empty())
        text += "mode = multicast\ngroup = " + options.multicast_group + "\n";
    return text;
}

std::string vip_sections(const ClusterOptions& options) {
    std::string text;
    for (std::size_t i = 0; i < options.vips.size(); ++i) {
        text += "\n[vip.v" + std::to_string(i) + "]\naddress = " + options.vips[i] +
                "\ninterface = eth0\n";
        const auto keys = options.vip_keys.find(i);
        if (keys != options.vip_keys.end()) text += keys->second;
    }
    return text;
}

std::string service_section(ServiceCheck check, const std::string& directory) {
    switch (check) {
        case ServiceCheck::none:
            return "";
        case ServiceCheck::process:
            return "\n[service.echo]\ncheck = process\npid_file = " + directory +
                   "/echo.pid\ninterval = 50ms\nfall = 1\n";
        case ServiceCheck::tcp:
            return "\n[service.echo]\ncheck = tcp\naddress = 127.0.0.1:" +
                   std::to_string(service_port) + "\ninterval = 50ms\ntimeout = 500ms\nfall = 1\n";
    }
    return "";
}

std::string placed(std::string text, const std::string& directory) {
    constexpr std::string_view place = "@directory@";
    for (auto at = text.find(place); at != text.npos; at = text.find(place, at))
        text.replace(at, place.size(), directory);
    return text;
}

}  // namespace

Cluster::Cluster(ClusterOptions options)
    : options_(std::move(options)),
      directory_(new_directory()),
      network_(number_of_lans(options_), options_.families) {
    for (int node = 1; node <= options_.nodes; ++node) {
        nodes_.push_back({network_.add_host("node" + std::to_string(node), node), {}, {}});
        write_files(node);
    }
    client_host_ = &network_.add_host("client", client_number);
}

std::string Cluster::configuration(int node) const {
    const auto here = directory(node);
    return "[cluster]\nname = lab\nkey_file = " + here +
           "/cluster.key\nquorum = " + options_.quorum + "\n" + options_.cluster_keys +
           node_sections(options_) + heartbeat_section(options_) + vip_sections(options_) +
           service_section(options_.check, here) + "\n[control]\nsocket = " + control_socket(node) +
           "\nstate_dir = " + here + "/state\n" + placed(options_.more, here);
}

void Cluster::write_files(int node) const {
    const auto here = directory(node);
    must(::mkdir(here.c_str(), 0755), here.c_str());
    const auto size = "size=" + std::to_string(options_.disk_kib) + "k";
    if (options_.disk_kib > 0)
        must(::mount("tmpfs", here.c_str(), "tmpfs", 0, size.c_str()), "small file system");
    must(::mkdir((here + "/state").c_str(), 0755), "state directory");
    std::ofstream(configuration_file(node)) << configuration(node);
    const auto key = options_.keys.find(node);
    std::ofstream(here + "/cluster.key")
        << (key == options_.keys.end() ? common_key : key->second) << '\n';
    must(::chmod((here + "/cluster.key").c_str(), 0600), "mode of the key file");
}

IpAddress Cluster::vip(std::size_t i) const { return parse_prefix(options_.vips.at(i))->address; }

Cluster::Node& Cluster::at(int node) { return nodes_.at(static_cast<std::size_t>(node - 1)); }

std::string Cluster::directory(int node) const {
    return directory_ + "/node" + std::to_string(node);
}
std::string Cluster::configuration_file(int node) const {
    return directory(node) + "/komainu.conf";
}
std::string Cluster::control_socket(int node) const { return directory(node) + "/control.sock"; }
std::string Cluster::log(int node) const { return read_file(directory(node) + "/log"); }

void Cluster::start(int node) {
    const auto launcher = options_.launchers.find(node);
    std::vector<std::string> command;
    if (launcher != options_.launchers.end()) command = launcher->second;
    for (const auto& word :
         {built_program("komainud"), std::string("--config"), configuration_file(node),
          std::string("--node-id"), std::to_string(node)})
        command.push_back(word);
    at(node).daemon.emplace(at(node).host.space, command, directory(node) + "/log");
}

void Cluster::start_all() {
    for (int node = 1; node <= size(); ++node) start(node);
}

void Cluster::start_service(int node) {
    const auto pid_file = directory(node) + "/echo.pid";
    at(node).service.emplace(
        at(node).host.space,
        std::vector<std::string>{built_program("echo-service"), std::to_string(service_port),
                                 std::to_string(node), pid_file},
        directory(node) + "/log");
    const auto pid = std::to_string(at(node).service->pid()) + "\n";
    if (!wait_until([&] { return read_file(pid_file) == pid; }, patience))
        fail("echo-service did not start: " + log(node));
}

void Cluster::start_services() {
    for (int node = 1; node <= size(); ++node) start_service(node);
}

Process& Cluster::daemon(int node) {
    if (!at(node).daemon) fail("node " + std::to_string(node) + " was never started");
    return *at(node).daemon;
}

pid_t Cluster::child_named(int node, const std::string& name) {
    for (const pid_t child : children_of(daemon(node).pid()))
        if (read_file("/proc/" + std::to_string(child) + "/comm") == name + "\n") return child;
    return 0;
}

pid_t Cluster::guard_pid(int node) { return child_named(node, "komainu-guard"); }
pid_t Cluster::runner_pid(int node) { return child_named(node, "komainu-runner"); }

bool Cluster::running(int node) { return at(node).daemon && at(node).daemon->running(); }
bool Cluster::service_running(int node) { return at(node).service && at(node).service->running(); }

void Cluster::kill_main(int node) { daemon(node).signal(SIGKILL); }

void Cluster::kill_guard(int node) {
    const pid_t guard = guard_pid(node);
    if (guard == 0) fail("node " + std::to_string(node) + " has no guard");
    ::kill(guard, SIGKILL);
}

void Cluster::signal_both(int node, int signal) { ::kill(-daemon(node).pid(), signal); }

void Cluster::kill_service(int node) {
    if (at(node).service) at(node).service->signal(SIGKILL);
}

std::optional<int> Cluster::stop(int node) {
    daemon(node).signal(SIGTERM);
    return daemon(node).wait(patience);
}

std::optional<nlohmann::json> Cluster::status(int node) {
    if (!running(node)) return {};
    const auto answer = ask(control_socket(node), {{"command", "status"}}, status_within);
    if (!answer || !answer->contains("status")) return {};
    return answer->at("status");
}

std::optional<nlohmann::json> Cluster::switchover(int asked, std::optional<int> to) {
    nlohmann::json request{{"command", "switchover"}};
    if (to) request["node"] = *to;
    return ask(control_socket(asked), request, patience);
}

std::optional<int> Cluster::active() {
    std::set<int> named;
    std::set<int> active;
    for (int node = 1; node <= size(); ++node) {
        auto said = status(node);
        if (!said) continue;
        if (const auto& name = (*said)["active"]; !name.is_null()) named.insert(name.get<int>());
        if (said->value("role", "") == "active") active.insert(node);
    }
    if (active.size() != 1 || named != active) return {};
    return *active.begin();
}

std::optional<int> Cluster::wait_for_active(Duration limit) {
    return wait_for_active_other_than(nobody, limit);
}

std::optional<int> Cluster::wait_for_active_other_than(int node, Duration limit) {
    std::optional<int> found;
    wait_until([&] { return (found = active()) && *found != node; }, limit);
    return found == node ? std::nullopt : found;
}

bool Cluster::whole() {
    const auto now_active = active();
    if (!now_active) return false;
    const auto said = status(*now_active);
    return said && std::ranges::all_of(said->at("nodes"), [](const nlohmann::json& node) {
               return node.at("alive") == true && node.at("healthy") == true &&
                      node.at("quarantined") == false;
           });
}

bool Cluster::wait_until_whole(Duration limit) {
    return wait_until([this] { return whole(); }, limit);
}

}  // namespace komainu::lab
