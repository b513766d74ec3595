#include "conf/environment.h"

#include "conf/value_text.h"

namespace komainu {

Result<Duration> read_milliseconds(std::string_view text) {
    const auto number = read_number(text, {1, 3'600'000});
    if (!number) return number.error();
    return Duration{std::chrono::milliseconds(number.value())};
}

}  // namespace komainu
