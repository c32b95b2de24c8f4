// SPDX-License-Identifier: BSD-3-Clause
//
// Actors with several streams on a side, and those that take or give some beats only.

// rbonn_add; with factors its products have a register of their own.
class Add {
 public:
  static constexpr int kIns = 2, kOuts = 1;
  static constexpr bool kPasses = true;
  struct State {
    bool offers, holds;  // a sum, products
    bool operator==(const State&) const = default;
  };

  explicit Add(bool products) : products_(products) {}
  State Start() const { return {false, false}; }
  Did Step(State& state, Word valid, Word ready) const {
    const bool free = !state.offers || ready, slot = products_ ? !state.holds || free : free;
    const bool pair = slot && valid == 3, beat = products_ ? state.holds && free : pair;
    state = {beat || !free, products_ && (pair || (state.holds && !free))};
    return {slot ? valid >> 1 | (valid << 1 & 2) : 0};
  }
  bool Whole(State& state, Waves<2, 1>& waves) const {
    const Word ready = waves.ready[0], pairs = waves.valid[0] & waves.valid[1];
    State next = state;
    Word waits = 0;
    if (products_) {
      waves.offer[0] = Word{state.offers} | Word{state.holds} << 1 | pairs << 2;
      if (waves.offer[0] & ~ready) return false;
      next = {(pairs >> 62 & 1) != 0, pairs >> 63 != 0};
    } else {
      waves.offer[0] = Flag(next.offers, pairs, ready);
      waits = waves.offer[0] & ~ready;
      if (waits & pairs) return false;
    }
    waves.accept[0] = waves.valid[1] & ~waits;
    waves.accept[1] = waves.valid[0] & ~waits;
    state = next;
    return true;
  }

 private:
  bool products_;
};

// rbonn_duplicate.
class Duplicate {
 public:
  static constexpr int kIns = 1, kOuts = kSpan;
  static constexpr bool kPasses = true;
  struct State {
    Word offers;
    bool operator==(const State&) const = default;
  };

  explicit Duplicate(size_t copies) : all_(Low(static_cast<int64_t>(copies))) {}
  State Start() const { return {0}; }
  Did Step(State& state, Word valid, Word ready) const {
    const Word waits = state.offers & ~ready;
    state.offers = valid && waits == 0 ? all_ : waits;
    return {waits == 0};
  }
  bool Whole(State& state, Waves<1, kOuts>& waves) const {
    State next{0};
    Word waits = 0;
    for (int copy = 0; copy < waves.outs; ++copy) {
      bool offers = state.offers >> copy & 1;
      waves.offer[copy] = Flag(offers, waves.valid[0], waves.ready[copy]);
      waits |= waves.offer[copy] & ~waves.ready[copy];
      next.offers |= Word{offers} << copy;
    }
    if (waits & waves.valid[0]) return false;
    waves.accept[0] = ~waits;
    state = next;
    return true;
  }

 private:
  Word all_;
};

// rbonn_concat.
class Concat {
 public:
  static constexpr int kIns = 2, kOuts = 1;
  struct State {
    bool offers;
    int turn;
    int64_t place;
    bool operator==(const State&) const = default;
  };

  Concat(int64_t fold0, int64_t fold1) : fold_{fold0, fold1} {}
  State Start() const { return {false, 0, 0}; }
  Did Step(State& state, Word valid, Word ready) const {
    const bool leaves = state.offers && ready, free = !state.offers || ready;
    const int turn = state.turn;
    const bool beat = free && (valid >> turn & 1);
    if (beat && ++state.place == fold_[turn]) {
      state.place = 0;
      state.turn = 1 - turn;
    }
    state.offers = beat || !free;
    return {Word{free} << turn, beat || leaves, !free};
  }

 private:
  std::array<int64_t, 2> fold_;
};

// rbonn_pool: a result leaves with the last tap of the last row of a window.
class Pool {
 public:
  static constexpr int kIns = 1, kOuts = 1;
  struct State {
    bool offers, busy, last;
    int64_t place, tap, column, row;
    bool operator==(const State&) const = default;
  };

  Pool(int64_t fold, int64_t columns, int64_t kernel_h, int64_t kernel_w)
      : fold_(fold), columns_(columns), kernel_h_(kernel_h), kernel_w_(kernel_w) {}
  State Start() const { return {}; }
  Did Step(State& state, Word valid, Word ready) const {
    const bool waits = state.offers && !ready, busy = state.busy;
    const bool advance = !busy || !state.last || !waits, emit = busy && state.last && advance;
    const bool accept = advance && valid, works = accept || busy || (state.offers && ready);
    if (accept) {
      state.last = state.tap == kernel_w_ - 1 && state.row == kernel_h_ - 1;
      Count(state);
    }
    if (advance) state.busy = valid;
    state.offers = emit || waits;
    return {advance, works, !advance};
  }

 private:
  void Count(State& state) const {
    if (++state.place < fold_) return;
    state.place = 0;
    if (++state.tap < kernel_w_) return;
    state.tap = 0;
    if (++state.column < columns_) return;
    state.column = 0;
    state.row = (state.row + 1) % kernel_h_;
  }

  int64_t fold_, columns_, kernel_h_, kernel_w_;
};

// rbonn_upsample.
class Upsample {
 public:
  static constexpr int kIns = 1, kOuts = 1;
  struct State {
    bool offers;
    int64_t place, across, column, down;
    bool operator==(const State&) const = default;
  };

  Upsample(int64_t fold, int64_t width, int64_t scale_h, int64_t scale_w)
      : fold_(fold), width_(width), scale_h_(scale_h), scale_w_(scale_w) {}
  State Start() const { return {}; }
  Did Step(State& state, Word valid, Word ready) const {
    const bool free = !state.offers || ready, leaves = state.offers && ready;
    const bool fresh = state.across == 0 && state.down == 0, beat = free && (!fresh || valid);
    if (beat) Count(state);
    state.offers = beat || !free;
    return {free && fresh, beat || leaves, !free};
  }

 private:
  void Count(State& state) const {
    if (++state.place < fold_) return;
    state.place = 0;
    if (++state.across < scale_w_) return;
    state.across = 0;
    if (++state.column < width_) return;
    state.column = 0;
    state.down = (state.down + 1) % scale_h_;
  }

  int64_t fold_, width_, scale_h_, scale_w_;
};

// rbonn_select.
class Select {
 public:
  static constexpr int kIns = 1, kOuts = 1;
  static constexpr bool kPasses = true;
  struct State {
    bool offers;
    size_t place;
    bool operator==(const State&) const = default;
  };

  explicit Select(std::vector<int64_t> keep) : keep_(std::move(keep)) {}
  State Start() const { return {false, 0}; }
  Did Step(State& state, Word valid, Word ready) const {
    const bool waits = state.offers && !ready, keep = keep_[state.place] != 0;
    const bool accepts = !keep || !waits, beat = valid && accepts;
    if (beat) state.place = (state.place + 1) % keep_.size();
    state.offers = (beat && keep) || waits;
    return {accepts};
  }

 private:
  std::vector<int64_t> keep_;
};

// rbonn_labelselect: a tree of so many levels, then the best of a vector's beats.
class LabelSelect {
 public:
  static constexpr int kIns = 1, kOuts = 1;
  static constexpr bool kPasses = true;
  struct State {
    bool offers;
    Word tree;
    int64_t place;
    bool operator==(const State&) const = default;
  };

  LabelSelect(int64_t levels, int64_t beats) : levels_(levels), beats_(beats) {}
  State Start() const { return {false, 0, 0}; }
  Did Step(State& state, Word valid, Word ready) const {
    if (state.offers && !ready) return {0};
    state.tree = state.tree << 1 | valid;
    const bool beat = state.tree >> levels_ & 1;
    state.tree &= Low(levels_);
    state.offers = beat && state.place == beats_ - 1;
    if (beat) state.place = state.offers ? 0 : state.place + 1;
    return {1};
  }

 private:
  int64_t levels_, beats_;
};
