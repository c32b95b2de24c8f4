// SPDX-License-Identifier: BSD-3-Clause
//
// The two functions of liblz4 that Verilator's FST writer calls, so that a waveform needs no
// library beyond the C++ compiler. Format: LZ4 block, https://github.com/lz4/lz4 (doc/lz4_Block_format.md):
// sequences of a token, literals, and a match of at least 4 bytes up to 65,535 bytes back; the
// last 5 bytes are literals and no match begins in the last 12.

#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

inline int LZ4_compressBound(int size) { return size + size / 255 + 16; }

namespace rbonn_lz4 {

// Lengths of 15 and more continue in bytes that add up to the rest.
inline void PutLength(uint8_t*& to, int rest) {
  for (; rest >= 255; rest -= 255) *to++ = 255;
  *to++ = static_cast<uint8_t>(rest);
}

inline uint8_t* PutLiterals(uint8_t*& to, const uint8_t* from, int count) {
  uint8_t* token = to++;
  *token = static_cast<uint8_t>((count < 15 ? count : 15) << 4);
  if (count >= 15) PutLength(to, count - 15);
  if (count > 0) std::memcpy(to, from, static_cast<size_t>(count));
  to += count;
  return token;
}

}  // namespace rbonn_lz4

// Returns the compressed size; `capacity` must be at least LZ4_compressBound(size).
inline int LZ4_compress_default(const char* source, char* target, int size, int capacity) {
  constexpr int kHashBits = 13, kTail = 12, kLastLiterals = 5, kReach = 65535;
  if (capacity < LZ4_compressBound(size)) return 0;
  const uint8_t* in = reinterpret_cast<const uint8_t*>(source);
  uint8_t* to = reinterpret_cast<uint8_t*>(target);
  std::vector<int> last_seen(1 << kHashBits, -1);
  int anchor = 0;
  for (int at = 0; at < size - kTail;) {
    uint32_t four;
    std::memcpy(&four, in + at, 4);
    int& seen = last_seen[(four * 2654435761u) >> (32 - kHashBits)];
    const int match = seen;
    seen = at;
    if (match < 0 || at - match > kReach || std::memcmp(in + match, in + at, 4) != 0) {
      ++at;
      continue;
    }
    int length = 4;
    while (at + length < size - kLastLiterals && in[match + length] == in[at + length]) ++length;
    uint8_t* token = rbonn_lz4::PutLiterals(to, in + anchor, at - anchor);
    *to++ = static_cast<uint8_t>((at - match) & 0xff);
    *to++ = static_cast<uint8_t>((at - match) >> 8);
    *token |= static_cast<uint8_t>(length - 4 < 15 ? length - 4 : 15);
    if (length - 4 >= 15) rbonn_lz4::PutLength(to, length - 4 - 15);
    at += length;
    anchor = at;
  }
  rbonn_lz4::PutLiterals(to, in + anchor, size - anchor);
  return static_cast<int>(to - reinterpret_cast<uint8_t*>(target));
}
