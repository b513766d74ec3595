#include "check/damper.h"

#include "base/assert.h"

namespace komainu {

Damper::Damper(int rise, int fall, Health initial) : rise_(rise), fall_(fall), health_(initial) {
    KOMAINU_ASSERT(rise >= 1 && fall >= 1);
}

Health Damper::add(Verdict verdict) {
    switch (verdict) {
        case Verdict::passed:
            return health_ = after_success();
        case Verdict::failed:
            return health_ = after_failure(1);
        case Verdict::died:
            return health_ = after_failure(fall_);
    }
    assertion_failed("verdict is a Verdict", __FILE__, __LINE__);
}

Health Damper::after_success() {
    if (health_ == Health::failed && ++in_a_row_ < rise_) return Health::failed;
    in_a_row_ = 0;
    return Health::healthy;
}

Health Damper::after_failure(int weight) {
    if (health_ == Health::healthy && (in_a_row_ += weight) < fall_) return Health::healthy;
    in_a_row_ = 0;
    return Health::failed;
}

}  // namespace komainu
