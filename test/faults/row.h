// The matrix: one row for each fault, with what has to come of it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "test/faults/trial.h"

namespace komainu::faults {

enum class Verdict { as_expected, not_as_expected, not_run };

struct Outcome {
    Verdict verdict = Verdict::as_expected;
    Sight sight = {};  ///< without a path when the row is not of that kind
    std::string remark = {};
    std::string logs = {};  ///< of the nodes, when it was not as expected
};

struct Row {
    std::string name;
    std::string expected;  ///< of the holder, in words
    std::function<Outcome()> run;
};

enum class Expect {
    stays,     ///< the VIP does not move at all
    put_back,  ///< it is put back where it was, or comes back to it
    moves,     ///< another takes over, and keeps it when the fault is over
    anybody    ///< one holder in the end
};
std::string in_words(Expect);

using Deed = std::function<void(Trial&)>;
/// What is wrong, in a few words; empty when nothing is.
using Examination = std::function<std::string(Trial&)>;

/// A fault that is made, lasts, and is over.
struct Fault {
    std::string name;
    Expect expect = Expect::stays;
    Deed strike;
    Deed repair = [](Trial&) {};
    Duration lasts = 300ms;
    lab::ClusterOptions options = usual_cluster();
    /// Nobody of the node is alive or awake to remove the VIP. It may stay, on an interface that the
    /// fence keeps from answering, until the kernel removes it or the next run's sweep does.
    bool nobody_removes = false;
    Examination examine = [](Trial&) { return ""; };  ///< at the end
    std::string remark = {};                          ///< what a reader has to know
};

Outcome run(const Fault& fault);
Row row(Fault fault);

std::vector<Row> process_rows();
std::vector<Row> network_rows();
std::vector<Row> interface_rows();
std::vector<Row> clock_rows();
std::vector<Row> resource_rows();
std::vector<Row> cluster_rows();  ///< of more than one node at once
Row random_row();

}  // namespace komainu::faults
