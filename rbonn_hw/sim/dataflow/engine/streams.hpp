// SPDX-License-Identifier: BSD-3-Clause
//
// Ends of streams, and actors that pass beats on: FIFO, register, converters, threshold pipeline.

// The pauses of an end, as often as they are asked for.
class Pauses {
 public:
  Pauses(double chance, uint64_t seed) : any(chance > 0), stall_(chance, seed) {}
  // The draw of that number, of which none is left out.
  bool At(int64_t number) {
    while (drawn_ <= number) {
      if (drawn_ % kSpan == 0) draws_.push_back(0);
      draws_.back() |= Word{stall_.Now()} << drawn_++ % kSpan;
    }
    return draws_[number / kSpan] >> number % kSpan & 1;
  }

  const bool any;

 private:
  rbonn::Stall stall_;
  int64_t drawn_ = 0;
  std::vector<Word> draws_;
};

// Offers beats as rbonn_hw/sim/harness does.
class Source {
 public:
  static constexpr int kIns = 0, kOuts = 1;
  struct State {
    bool offers;
    int64_t sent, draws;
    bool operator==(const State&) const = default;
  };

  Source(int64_t beats, double stall, uint64_t seed) : beats_(beats), pauses_(stall, seed) {}
  State Start() {
    State state{false, 0, 0};
    state.offers = Draw(state);
    return state;
  }
  Did Step(State& state, Word, Word ready) {
    if (state.offers && !ready) return {0, false, true};
    const bool moves = state.offers;
    state.sent += moves;
    state.offers = Draw(state);
    return {0, moves, false};
  }
  bool Whole(State& state, Waves<0, 1>& waves) const {
    const int64_t moves = std::popcount(waves.ready[0]);
    if (pauses_.any || state.sent + moves >= beats_) return false;
    state.sent += moves;
    waves.offer[0] = ~Word{0};
    waves.works = waves.ready[0];
    waves.held = ~waves.ready[0];
    return true;
  }
  bool IsStuck(const State& state, Word valid) const { return state.sent == beats_ || ~valid == 0; }

 private:
  bool Draw(State& state) { return state.sent < beats_ && !(pauses_.any && pauses_.At(state.draws++)); }

  int64_t beats_;
  Pauses pauses_;
};

class Sink {
 public:
  static constexpr int kIns = 1, kOuts = 0;
  struct State {
    bool offers;
    int64_t taken, draws;
    bool operator==(const State&) const = default;
  };

  Sink(int64_t beats, double stall, uint64_t seed) : beats_(beats), pauses_(stall, seed) {}
  State Start() const { return {false, 0, 0}; }
  Did Step(State& state, Word valid, Word) {
    const bool left = state.taken < beats_;
    const bool ready = !left || !(pauses_.any && pauses_.At(state.draws++)), moves = valid && ready;
    state.taken += moves && left;
    return {ready, moves, false};
  }
  bool Whole(State& state, Waves<1, 0>& waves) const {
    const int64_t moves = std::popcount(waves.valid[0]);
    if (pauses_.any || state.taken + moves > beats_) return false;
    state.taken += moves;
    waves.accept[0] = ~Word{0};
    waves.works = waves.valid[0];
    return true;
  }
  bool IsStuck(const State& state, Word valid) const { return state.taken == beats_ || valid == 0; }

 private:
  int64_t beats_;
  Pauses pauses_;
};

// rbonn_fifo.
class Fifo {
 public:
  static constexpr int kIns = 1, kOuts = 1;
  static constexpr bool kPasses = true;
  struct State {
    bool offers;
    int64_t count;
    bool operator==(const State&) const = default;
  };

  explicit Fifo(int64_t depth) : depth_(depth) {}
  State Start() const { return {false, 0}; }
  Did Step(State& state, Word valid, Word ready) const {
    const bool room = state.count < depth_, waits = state.offers && !ready;
    const bool read = state.count > 0 && !waits;
    state.offers = read || waits;
    state.count += (valid && room) - read;
    return {room};
  }
  bool Whole(State& state, Waves<1, 1>& waves) const {
    const Word valid = waves.valid[0], ready = waves.ready[0];
    if (state.count + std::popcount(valid) >= depth_) return false;
    waves.accept[0] = ~Word{0};
    if (const int64_t reads = std::popcount(ready); state.offers && state.count >= reads) {
      waves.offer[0] = ~Word{0};
      state.count += std::popcount(valid) - reads;
      return true;
    }
    if (state.count > 1) return false;
    // Each word passes through as it comes.
    const Word offer = Word{state.offers} | static_cast<Word>(state.count) << 1 | valid << 2;
    if (offer & ~ready) return false;
    waves.offer[0] = offer;
    state = {(valid >> 62 & 1) != 0, static_cast<int64_t>(valid >> 63)};
    return true;
  }
  // Words, with the one on offer, may be the most ever in a span with these beats in and out.
  void Watch(const State& state, Word in, Word out) {
    int64_t words = state.count + state.offers;
    if (words + std::popcount(in) <= most_) return;
    if (out == 0) most_ = words + std::popcount(in);
    for (; in != 0 && out != 0; in &= in - 1) {
      const Word before = Low(std::countr_zero(in) + 1);
      most_ = std::max(most_, ++words - std::popcount(out & before));
    }
  }
  int64_t Mark() const { return most_; }

 private:
  int64_t depth_, most_ = 0;
};

// rbonn_register.
class Register {
 public:
  static constexpr int kIns = 1, kOuts = 1;
  static constexpr bool kPasses = true;
  struct State {
    bool offers, ready;
    bool operator==(const State&) const = default;
  };

  State Start() const { return {false, true}; }
  Did Step(State& state, Word valid, Word ready) const {
    const bool accepts = state.ready, load = !state.offers || ready;
    state.offers = !load || valid || !accepts;
    state.ready = load || (accepts && !valid);
    return {accepts};
  }
  bool Whole(State& state, Waves<1, 1>& waves) const {
    const Word offer = Word{state.offers} | waves.valid[0] << 1;
    if (!state.ready || (offer & ~waves.ready[0])) return false;
    waves.offer[0] = offer;
    waves.accept[0] = ~Word{0};
    state.offers = waves.valid[0] >> 63;
    return true;
  }
};

// Where a converter is: a word on offer, and the beat of the wider one.
struct Place {
  bool offers;
  int64_t beat;
  bool operator==(const Place&) const = default;
};

// rbonn_gather.
class Gather {
 public:
  static constexpr int kIns = 1, kOuts = 1;
  static constexpr bool kPasses = true;
  using State = Place;

  explicit Gather(int64_t beats) : last_(beats - 1) {}
  State Start() const { return {false, 0}; }
  Did Step(State& state, Word valid, Word ready) const {
    const bool waits = state.offers && !ready, accept = valid && !waits, whole = accept && state.beat == last_;
    if (accept) state.beat = whole ? 0 : state.beat + 1;
    state.offers = whole || waits;
    return {!waits};
  }
  bool Whole(State& state, Waves<1, 1>& waves) const {
    State next = state;
    Word whole = 0, left = waves.valid[0];
    while (next.beat + std::popcount(left) > last_) {
      const Word bit = Word{1} << NthSet(left, last_ - next.beat);
      whole |= bit;
      left &= ~(bit | (bit - 1));
      next.beat = 0;
    }
    next.beat += std::popcount(left);
    const Word offer = Flag(next.offers, whole, waves.ready[0]), waits = offer & ~waves.ready[0];
    if (waits & waves.valid[0]) return false;
    waves.offer[0] = offer;
    waves.accept[0] = ~waits;
    state = next;
    return true;
  }

 private:
  int64_t last_;
};

// rbonn_scatter.
class Scatter {
 public:
  static constexpr int kIns = 1, kOuts = 1;
  static constexpr bool kPasses = true;
  using State = Place;

  explicit Scatter(int64_t beats) : last_(beats - 1) {}
  State Start() const { return {false, 0}; }
  Did Step(State& state, Word valid, Word ready) const {
    const bool leave = state.offers && ready, ends = leave && state.beat == last_;
    const bool accepts = !state.offers || ends, load = valid && accepts;
    if (leave) state.beat = ends ? 0 : state.beat + 1;
    state.offers = load || (state.offers && !ends);
    return {accepts};
  }
  bool Whole(State& state, Waves<1, 1>& waves) const {
    waves.offer[0] = waves.accept[0] = 0;
    for (int at = 0; at < kSpan;) {
      const Word rest = ~Low(at), out = waves.ready[0] & rest;
      const int until = state.offers ? NthSet(out, last_ - state.beat) : std::countr_zero(waves.valid[0] & rest);
      const bool changes = until < kSpan;
      const Word span = Between(at, until + 1);
      if (state.offers) {
        waves.offer[0] |= span;
        waves.accept[0] |= changes ? Word{1} << until : 0;
        state.beat = changes ? 0 : state.beat + std::popcount(out);
        state.offers = !changes || (waves.valid[0] >> until & 1);
      } else {
        waves.accept[0] |= span;
        state.offers = changes;
      }
      at = until + 1;
    }
    return true;
  }

 private:
  int64_t last_;
};

// The pipeline of rbonn_threshold: all stages move together, bubbles with them.
class Pipeline {
 public:
  static constexpr int kIns = 1, kOuts = 1;
  static constexpr bool kPasses = true;
  struct State {
    bool offers;
    Word line;  // words by the cycles until they are on offer, if it moves
    bool operator==(const State&) const = default;
  };

  explicit Pipeline(int64_t latency) : latency_(static_cast<int>(latency)) {}
  State Start() const { return {false, 0}; }
  Did Step(State& state, Word valid, Word ready) const {
    const bool advance = !state.offers || ready;
    if (advance) {
      state.line = state.line >> 1 | valid << (latency_ - 1);
      state.offers = state.line & 1;
    }
    return {advance};
  }
  bool Whole(State& state, Waves<1, 1>& waves) const {
    Word line = state.line;
    const Word offer = Late(line, waves.valid[0], latency_);
    if (offer & ~waves.ready[0]) return false;
    waves.offer[0] = offer;
    waves.accept[0] = ~Word{0};
    state = {(line & 1) != 0, line};
    return true;
  }

 private:
  int latency_;
};
