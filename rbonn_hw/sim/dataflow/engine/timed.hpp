// SPDX-License-Identifier: BSD-3-Clause
//
// An actor made of a kernel: what it does in a cycle, and, where it can tell, in a whole span.
//
// A kernel has
//   kIns, kOuts     streams in and out, the most that there are
//   State           with `offers`, a bit for each output: its valid
//   Step            one cycle: of valid of the inputs and ready of the outputs, a bit for each, makes the next
//                   state, and says what it accepted and whether it worked or was held
//   Whole           perhaps: a whole span at once, or false, and then it has changed nothing
//   Watch           perhaps: looks at a span's state at the beginning and beats in and out
//   IsStuck         perhaps: whether it stays where it is, where an equal state does not say it

struct Did {
  Word accept = 0;
  bool works = false, held = false;
};

template <int kIns, int kOuts>
struct Waves {
  int outs = kOuts;
  std::array<Word, kIns> valid;   // of the inputs, given
  std::array<Word, kOuts> ready;  // of the outputs, given
  std::array<Word, kIns> accept;
  std::array<Word, kOuts> offer;
  Word works = 0, held = 0;
};

template <class Kernel>
class Timed final : public Actor {
 public:
  template <class... Arguments>
  Timed(Graph& graph, const std::vector<int>& in, const std::vector<int>& out, Arguments&&... arguments)
      : kernel_(std::forward<Arguments>(arguments)...), copies_(static_cast<int>(out.size())) {
    for (size_t k = 0; k < in.size(); ++k) in_[k] = &graph.At(in[k]);
    for (size_t k = 0; k < out.size(); ++k) out_[k] = &graph.At(out[k]);
    now_ = next_ = kernel_.Start();
  }

  void Look(Graph& graph, bool every) override {
    Finish(graph.Clock());
    Waves<Kernel::kIns, Kernel::kOuts> waves;
    waves.outs = Outs();
    for (int k = 0; k < Kernel::kIns; ++k) waves.valid[k] = in_[k]->valid;
    for (int k = 0; k < Outs(); ++k) waves.ready[k] = out_[k]->ready;
    next_ = now_;
    if (every || !Whole(waves)) Steps(waves, every);
    for (int k = 0; k < Outs(); ++k) graph.Offer(*out_[k], waves.offer[k]);
    for (int k = 0; k < Kernel::kIns; ++k) graph.Accept(*in_[k], waves.accept[k]);
    works = waves.works;
    held = waves.held;
  }

  void Go(Cycle start, Word span) override {
    if constexpr (requires { Kernel::kPasses; }) {
      works = held = 0;
      for (int k = 0; k < Kernel::kIns; ++k) works |= in_[k]->Moves();
      for (int k = 0; k < Outs(); ++k) {
        works |= out_[k]->Moves();
        held |= out_[k]->Waits();
      }
    }
    held &= ~works;
    if constexpr (requires { kernel_.Watch(now_, Word{}, Word{}); }) {
      kernel_.Watch(now_, in_[0]->Moves() & span, out_[0]->Moves() & span);
    }
    spent[0] += std::popcount(works & span);
    spent[1] += std::popcount(held & span);
    for (int k = 0; k < Outs(); ++k) out_[k]->Account(span);
    stays_ = next_ == now_;
    rests = stays_ && IsSteady();
    now_ = next_;
    since_ = start + std::popcount(span);
    // A guess at the next span: ready stays.
    for (int k = 0; k < Kernel::kIns; ++k) in_[k]->ready = -(in_[k]->ready >> 63);
  }

  void Finish(Cycle end) override {
    if (!rests) return;
    spent[0] += (works & 1) * (end - since_);
    spent[1] += (held & 1) * (end - since_);
    for (int k = 0; k < Outs(); ++k) out_[k]->cycles[out_[k]->state] += end - since_;
    rests = false;
  }

  bool IsStuck() const override {
    if constexpr (requires { kernel_.IsStuck(now_, Word{}); }) {
      return kernel_.IsStuck(now_, Kernel::kIns > 0 ? in_[0]->valid : out_[0]->valid);
    } else {
      return stays_;
    }
  }

  int64_t Mark() const override {
    if constexpr (requires { kernel_.Mark(); }) return kernel_.Mark();
    return 0;
  }

 private:
  int Outs() const { return Kernel::kOuts > 1 ? copies_ : Kernel::kOuts; }
  bool IsSteady() const {
    const auto is_steady = [](const Wire* wire) { return wire->IsSteady(); };
    return std::all_of(in_.begin(), in_.end(), is_steady) &&
           std::all_of(out_.begin(), out_.begin() + Outs(), is_steady);
  }
  bool Whole(Waves<Kernel::kIns, Kernel::kOuts>& waves) {
    if constexpr (requires { kernel_.Whole(next_, waves); }) return kernel_.Whole(next_, waves);
    return false;
  }

  // Cycle by cycle; but a state that stays as it is does so until a wave changes.
  void Steps(Waves<Kernel::kIns, Kernel::kOuts>& waves, bool every) {
    Word changes = Word{1} << (kSpan - 1);
    const auto note = [&changes](Word wave) {
      changes |= wave ^ static_cast<Word>(static_cast<int64_t>(wave) >> 1);
    };
    for (int k = 0; k < Kernel::kIns; ++k) {
      note(waves.valid[k]);
      waves.accept[k] = 0;
    }
    for (int k = 0; k < Outs(); ++k) {
      note(waves.ready[k]);
      waves.offer[k] = 0;
    }
    for (int at = 0; at < kSpan;) {
      Word valid = 0, ready = 0;
      for (int k = 0; k < Kernel::kIns; ++k) valid |= (waves.valid[k] >> at & 1) << k;
      for (int k = 0; k < Outs(); ++k) ready |= (waves.ready[k] >> at & 1) << k;
      const auto before = next_;
      const Did did = kernel_.Step(next_, valid, ready);
      const int cycles = every || !(next_ == before) ? 1 : 1 + std::countr_zero(changes >> at);
      const Word mask = Low(cycles) << at;
      for (int k = 0; k < Outs(); ++k) waves.offer[k] |= -(Word{before.offers} >> k & 1) & mask;
      for (int k = 0; k < Kernel::kIns; ++k) waves.accept[k] |= -(did.accept >> k & 1) & mask;
      waves.works |= -Word{did.works} & mask;
      waves.held |= -Word{did.held} & mask;
      at += cycles;
    }
  }

  std::array<Wire*, Kernel::kIns> in_{};
  typename Kernel::State now_, next_;
  Cycle since_ = 0;  // when it rests, it does since then
  Kernel kernel_;
  int copies_;
  bool stays_ = false;  // the last span left the state as it was
  std::array<Wire*, Kernel::kOuts> out_{};
};
