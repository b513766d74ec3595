// Gathers what the doctor judges. Needs no privilege; what this user cannot see is left open. Takes
// two seconds at most, one of them on purpose: what grows meanwhile is going on now.
#pragma once

#include "ctl/command_line.h"
#include "ctl/doctor.h"

namespace komainu {

DoctorFacts look_around(const Invocation& invocation);

}  // namespace komainu
