// A vector with room for N elements inside itself: bounded, and without allocation.
#pragma once

#include <array>
#include <cstddef>

#include "base/assert.h"

namespace komainu {

template <class T, std::size_t N>
class StaticVector {
public:
    static constexpr std::size_t capacity() { return N; }
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    bool full() const { return size_ == N; }
    void clear() { size_ = 0; }

    void push_back(const T& value) {
        KOMAINU_ASSERT(size_ < N);
        items_[size_++] = value;
    }

    T& operator[](std::size_t i) {
        KOMAINU_ASSERT(i < size_);
        return items_[i];
    }
    const T& operator[](std::size_t i) const {
        KOMAINU_ASSERT(i < size_);
        return items_[i];
    }

    T* begin() { return items_.data(); }
    T* end() { return items_.data() + size_; }
    const T* begin() const { return items_.data(); }
    const T* end() const { return items_.data() + size_; }

    bool operator==(const StaticVector& other) const {
        if (size_ != other.size_) return false;
        for (std::size_t i = 0; i < size_; ++i)
            if (!(items_[i] == other.items_[i])) return false;
        return true;
    }

private:
    std::array<T, N> items_{};
    std::size_t size_ = 0;
};

}  // namespace komainu
