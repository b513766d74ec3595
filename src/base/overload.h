// Visits a variant with one lambda per alternative; a forgotten alternative does not compile.
#pragma once

namespace komainu {

template <class... F>
struct Overload : F... {
    using F::operator()...;
};
template <class... F>
Overload(F...) -> Overload<F...>;

}  // namespace komainu
