// SPDX-License-Identifier: BSD-3-Clause
//
// Kernels whose pipeline cannot stall: a beat that completes a result takes a credit as it is issued, and
// the result stage gives it back.

// rbonn_result_stage with the way to it, and the credits for it.
class ResultStage {
 public:
  struct State {
    bool offers = false;
    Word pushes = 0;  // on their way, by the cycles until they are there
    int64_t level = 0, credit = 0;
    bool operator==(const State&) const = default;
  };

  // `delay`: cycles from the beat that takes a credit to its push.
  ResultStage(int64_t delay, int64_t slots) : delay_(static_cast<int>(delay)), slots_(slots) {}
  State Start() const { return {.credit = slots_}; }
  bool HasSlots() const { return slots_ > 1; }

  // A cycle without its `take`; whether it gives a credit back.
  bool Step(State& state, bool ready) const {
    const bool leaves = state.offers && ready, waits = state.offers && !ready;
    const bool push = state.pushes & 1;
    bool load = push, freed = leaves;
    state.pushes >>= 1;
    if (HasSlots()) {
      load = freed = state.level > 0 && !waits;
      state.level += push - load;
    }
    state.offers = load || waits;
    return freed;
  }
  void Take(State& state) const { state.pushes |= Word{1} << (delay_ - 1); }

  // A span in which results are taken so, all with a credit; false where some might have none, or wait for room.
  // `funds` receives when another beat may take one.
  bool Whole(State& state, Word takes, Word ready, Word& offer, Word& funds) const {
    State next = state;
    const Word pushes = Late(next.pushes, takes, delay_);
    if (HasSlots()) {
      if (state.level > 1 || state.credit - std::min<int64_t>(std::popcount(takes), delay_ + 1) <= 1) return false;
      offer = Word{state.offers} | static_cast<Word>(state.level) << 1 | pushes << 2;
      if (offer & ~ready) return false;
      funds = ~Word{0};
      next.offers = pushes >> 62 & 1;
      next.level = static_cast<int64_t>(pushes >> 63);
      next.credit += state.level + std::popcount(pushes << 1) - std::popcount(takes);
    } else {
      offer = Flag(next.offers, pushes, ready);
      const Word freed = offer & ready;
      bool credit = state.credit != 0;
      funds = freed | Flag(credit, freed, takes);
      next.credit = credit;
    }
    state = next;
    return true;
  }

 private:
  int delay_;
  int64_t slots_;
};

// rbonn_mvau without its thresholds.
class Mvau {
 public:
  static constexpr int kIns = 1, kOuts = 1;
  struct State : ResultStage::State {
    bool go = true;
    int64_t synapse = 0, neuron = 0;
    bool operator==(const State&) const = default;
  };

  Mvau(int64_t synapse_fold, int64_t neuron_fold, int64_t delay, int64_t slots)
      : synapses_(synapse_fold), neurons_(neuron_fold), result_(delay, slots) {
    for (int64_t at = 0; at < kSpan; at += synapses_) lasts_ |= Word{1} << at;
  }
  State Start() const { return {result_.Start()}; }

  Did Step(State& state, Word valid, Word ready) const {
    const bool reading = state.neuron == 0, go = state.go, last = state.synapse == synapses_ - 1;
    const bool beat = go && (!reading || valid), take = beat && last, waits = state.offers && !ready;
    const int64_t credit = state.credit;
    const bool freed = result_.Step(state, ready);
    const bool funded = result_.HasSlots() ? credit > 1 : credit == 1 || freed;
    state.credit = result_.HasSlots() ? credit + freed - take : (credit == 1 && !take) || freed;
    const bool next_last = synapses_ == 1 || state.synapse == synapses_ - 2;
    state.go = beat ? !next_last || funded : !last || funded;
    if (take) {
      result_.Take(state);
      state.neuron = state.neuron + 1 == neurons_ ? 0 : state.neuron + 1;
    }
    if (beat) state.synapse = last ? 0 : state.synapse + 1;
    return {go && reading, beat, !go || waits};
  }

  // A span with a beat in every cycle.
  bool Whole(State& state, Waves<1, 1>& waves) const {
    const Word reads = Reads(state);
    if (!state.go || (reads & ~waves.valid[0])) return false;
    const int64_t first = synapses_ - 1 - state.synapse;  // cycle of the first that completes a result
    const Word takes = first < kSpan ? lasts_ << first : 0;
    const int64_t beats = state.synapse + kSpan, synapse = beats % synapses_;
    const Word before_last = takes >> 1 | Word{synapse == synapses_ - 1} << 63;
    State next = state;
    Word funds = 0;
    if (!result_.Whole(next, takes, waves.ready[0], waves.offer[0], funds)) return false;
    if (before_last & ~funds & Low(63)) return false;
    next.go = !(before_last >> 63) || funds >> 63;
    next.synapse = synapse;
    next.neuron = (state.neuron + beats / synapses_) % neurons_;
    state = next;
    waves.accept[0] = reads;
    waves.works = ~Word{0};
    waves.held = 0;
    return true;
  }

 private:
  // When a span with a beat in every cycle reads.
  Word Reads(const State& state) const {
    if (neurons_ == 1) return ~Word{0};
    const int64_t vector = synapses_ * neurons_;
    const int64_t place = state.neuron * synapses_ + state.synapse;
    Word reads = 0;
    for (int64_t begin = -place; begin < kSpan; begin += vector) {
      if (begin + synapses_ > 0) reads |= Between(std::max<int64_t>(begin, 0), begin + synapses_);
    }
    return reads;
  }

  int64_t synapses_, neurons_;
  Word lasts_ = 0;
  ResultStage result_;
};

// rbonn_depthwise.
class Depthwise {
 public:
  static constexpr int kIns = 1, kOuts = 1;
  struct State : ResultStage::State {
    bool ready = true;
    int64_t tile = 0;
    bool operator==(const State&) const = default;
  };

  Depthwise(int64_t tiles, int64_t fold, int64_t delay, int64_t slots)
      : tiles_(tiles), fold_(fold), result_(delay, slots) {}
  State Start() const { return {result_.Start()}; }
  Did Step(State& state, Word valid, Word ready) const {
    const bool accepts = state.ready, waits = state.offers && !ready;
    const bool beat = accepts && valid, take = beat && state.tile >= tiles_ - fold_;
    state.ready = state.credit > 1;  // registered
    state.credit += result_.Step(state, ready) - take;
    if (take) result_.Take(state);
    if (beat) state.tile = state.tile + 1 == tiles_ ? 0 : state.tile + 1;
    return {accepts, beat, !accepts || waits};
  }

 private:
  int64_t tiles_, fold_;
  ResultStage result_;
};
