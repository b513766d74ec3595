// What speaks for and against this node: facts are gathered (doctor_look.cpp), judged here by pure
// functions, and printed (doctor_command.cpp).
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/local_address.h"
#include "conf/config.h"
#include "ctl/cluster_view.h"
#include "ctl/table.h"
#include "io/host_view.h"
#include "io/process_view.h"

namespace komainu {

/// The result of a check.
enum class Judgement : std::uint8_t {
    ok,
    warning,  ///< works, and may not when something else happens
    problem,
    unseen,  ///< could not be looked at
};

struct Diagnosis {
    std::string check;  ///< its name: one word
    Judgement judgement = Judgement::ok;
    std::string what;    ///< a sentence
    std::string advice;  ///< what to do; empty when it is ok
};
using Diagnoses = std::vector<Diagnosis>;

/// A program that the configuration names.
struct ProgramView {
    std::string place;  ///< "hook.mail: command"
    std::string path;
    int error = 0;  ///< errno of why it could not be run
};

/// Why the control socket gave no answer.
enum class Silence : std::uint8_t { none, no_socket, nobody_listens, forbidden, other };

struct DoctorFacts {
    std::string version;  ///< of komainuctl
    bool root = false;
    std::int64_t now_ms = 0;  ///< the wall clock
    bool clock_synchronized = true;

    // The configuration.
    std::string config_file;
    bool config_unseen = false;  ///< this user may not read it
    bool config_found = true;
    bool config_good = false;           ///< without errors, so that `config` counts
    std::vector<std::string> errors;    ///< each with its file and line
    std::vector<std::string> warnings;  ///< the same
    std::string key_trouble;            ///< of the key file
    std::string key_unseen_why;         ///< this user may not read it
    std::string config_digest;
    Config config;

    // The daemon.
    std::string socket;
    bool socket_assumed = false;  ///< the usual one; the configuration may name another
    Silence silence = Silence::none;
    std::string why_silent;
    std::optional<ClusterView> cluster;     ///< its status
    std::optional<ClusterView> later;       ///< and once more, some time after
    std::map<std::string, int> unbindable;  ///< errno, by the address of a link, without a daemon
    std::optional<ProcessView> main;
    std::vector<ProcessView> children;

    // The host.
    std::vector<LocalAddress> addresses;
    /// Of the addresses of this node's links: who else has it. Nothing: this user may not ask.
    std::optional<std::map<IpAddress, MacAddress>> doubles;
    std::map<std::string, InterfaceView> interfaces;  ///< of VIPs and links
    std::map<std::string, int> settings;              ///< of the kernel, by their paths
    bool disk_hangs = false;                          ///< then nothing is known of what lies there
    DirectoryView state_dir;
    std::optional<bool> state_dir_right;  ///< of komainud's user to write there, where known
    DirectoryView socket_dir;
    std::vector<ProgramView> programs;
};

/// Whether a daemon of that user may write into the directory. What groups it is in is not known:
/// what is open to the directory's group counts as open to it.
bool may_write_into(const DirectoryView& directory, uid_t user);

/// All checks, in the order in which an operator should read them.
Diagnoses judge(const DoctorFacts& facts);

// Parts of it.
void judge_configuration(const DoctorFacts& facts, Diagnoses& findings);
void judge_daemon(const DoctorFacts& facts, Diagnoses& findings);
void judge_start(const DoctorFacts& facts, Diagnoses& findings);
void judge_processes(const DoctorFacts& facts, Diagnoses& findings);
void judge_quorum(const DoctorFacts& facts, Diagnoses& findings);
void judge_peers(const DoctorFacts& facts, Diagnoses& findings);
void judge_clocks(const DoctorFacts& facts, Diagnoses& findings);
void judge_vips(const DoctorFacts& facts, Diagnoses& findings);
void judge_interfaces(const DoctorFacts& facts, Diagnoses& findings);
void judge_files(const DoctorFacts& facts, Diagnoses& findings);

/// How many have that health.
int count(const Diagnoses& findings, Judgement judgement);

/// A line for each, what to do below it, and a summary.
std::string findings_text(const Diagnoses& findings, Colors colors);
nlohmann::json findings_json(const Diagnoses& findings);

}  // namespace komainu
