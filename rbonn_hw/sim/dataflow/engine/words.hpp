// SPDX-License-Identifier: BSD-3-Clause
//
// 64 cycles of a signal in a word: bit t is the cycle t after the span's first.

using Cycle = int64_t;
using Word = uint64_t;
constexpr int kSpan = 64;

// Bits below `count`, which is 0 to 64.
inline Word Low(int64_t count) { return count >= kSpan ? ~Word{0} : (Word{1} << count) - 1; }

// Bits from `from` on up to, and without, `to`.
inline Word Between(int64_t from, int64_t to) { return Low(to) & ~Low(from); }

// Place of the set bit with so many set ones below it; 64 where there is none.
inline int NthSet(Word word, int64_t below) {
  if (below >= kSpan) return kSpan;
  for (; below > 0; --below) word &= word - 1;
  return std::countr_zero(word);
}

// A flag that is set the cycle after `set`, and cleared the one after `clear` without it, from `flag` on, which
// is left as it is behind the span. These are the carries of an addition.
inline Word Flag(bool& flag, Word set, Word clear) {
  const Word either = set | ~clear;
  Word sum = 0;
  const bool over = __builtin_add_overflow(either, set, &sum);
  const bool carry = __builtin_add_overflow(sum, Word{flag}, &sum);
  flag = over || carry;
  return sum ^ either ^ set;
}

// A flag that is `signal` so many cycles later; `line` has what is on its way, the next first.
inline Word Late(Word& line, Word signal, int cycles) {
  const Word late = line | signal << cycles;
  line = signal >> (kSpan - cycles);
  return late;
}
