#include "ctl/doctor_command.h"

#include <nlohmann/json.hpp>

#include "ctl/doctor.h"
#include "ctl/doctor_look.h"
#include "ctl/output.h"

namespace komainu {

/// As of every command that asks the daemon, status 3 says that none can be asked.
ExitStatus run_doctor(const Invocation& invocation) {
    const DoctorFacts facts = look_around(invocation);
    const Diagnoses findings = judge(facts);
    const auto printed = print(invocation.json ? json_line(findings_json(findings))
                                               : findings_text(findings, colors()));
    if (printed != ExitStatus::done) return printed;
    if (!facts.cluster && facts.silence != Silence::other) return ExitStatus::no_daemon;
    return count(findings, Judgement::problem) == 0 ? ExitStatus::done : ExitStatus::failed;
}

}  // namespace komainu
