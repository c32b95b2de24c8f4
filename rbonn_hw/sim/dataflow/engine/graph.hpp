// SPDX-License-Identifier: BSD-3-Clause
//
// Wires, actors and the clock of the dataflow model, which takes 64 cycles in one step.
//
// A wire has a valid and a ready and no data; both are words of 64 cycles. Every valid leaves from a register
// of its writer, and a ready follows its writer's readers alone, so there is one way in which a span can go:
// where each actor, from its state at the span's beginning, makes of the words that it is given those that are
// there. Actors are asked, down the streams and up again, until nothing changes any more; each pass is right for
// a cycle more at least, and for all of them where nothing holds anything up.
//
// An actor whose state and whose words a span left as they were rests: it does the same in the next one, and
// is not asked, until a word of it changes.

struct alignas(64) Wire {
  Word valid = 0, ready = 0;
  int writer = -1, reader = -1;
  std::array<int64_t, 4> cycles{};  // by 2 * valid + ready, but for those of neither
  int state = 0;                    // 2 * valid + ready at the end of the last span that its writer looked at

  Word Moves() const { return valid & ready; }
  Word Waits() const { return valid & ~ready; }
  bool IsSteady() const { return (valid == 0 || ~valid == 0) && (ready == 0 || ~ready == 0); }
  void Account(Word span) {
    cycles[3] += std::popcount(Moves() & span);
    cycles[2] += std::popcount(Waits() & span);
    cycles[1] += std::popcount(ready & ~valid & span);
    state = static_cast<int>(2 * (valid >> 63) + (ready >> 63));
  }
};

class Graph;

class Actor {
 public:
  virtual ~Actor() = default;
  // Makes valid of its outputs and ready of its inputs for the span. `every`: cycle by cycle.
  virtual void Look(Graph& graph, bool every) = 0;
  // Goes to the state behind the span that begins with cycle `start`, and of which the cycles in `span` count.
  virtual void Go(Cycle start, Word span) = 0;
  // Counts the cycles up to `end` in which it has rested.
  virtual void Finish(Cycle end) = 0;
  // Whether it will do what it did in the span, in which nothing worked, for ever.
  virtual bool IsStuck() const = 0;
  // What it has that others have not, such as the high-water mark of a FIFO.
  virtual int64_t Mark() const { return 0; }

  Word works = 0, held = 0;  // in the span; the latter is of those cycles only in which it does not work
  bool rests = false;
  std::array<int64_t, 2> spent{};  // cycles busy, blocked
};

// An end of the streams, which has so many beats.
class End {
 public:
  End(int wire, int64_t beats) : wire(wire), beats(beats) {}
  bool Done() const { return static_cast<int64_t>(cycles.size()) == beats; }
  void Log(Word moves, Cycle start) {
    for (; moves != 0 && !Done(); moves &= moves - 1) cycles.push_back(start + std::countr_zero(moves));
  }

  int wire;
  int64_t beats;
  std::vector<int64_t> cycles;
};

enum class Verdict { kDone, kDeadlock };

class Graph {
 public:
  explicit Graph(int wires) : wires_(wires) {}

  // Actors come in topological order.
  void Add(std::unique_ptr<Actor> actor, const std::vector<int>& in, const std::vector<int>& out) {
    const int number = static_cast<int>(actors_.size());
    for (const int wire : in) wires_[wire].reader = number;
    for (const int wire : out) wires_[wire].writer = number;
    actors_.push_back(std::move(actor));
  }
  void AddEnd(int wire, int64_t beats) { ends_.emplace_back(wire, beats); }
  Wire& At(int wire) { return wires_[wire]; }
  const std::vector<std::unique_ptr<Actor>>& Actors() const { return actors_; }
  const std::vector<End>& Ends() const { return ends_; }

  void Offer(Wire& wire, Word valid) {
    if (wire.valid == valid) return;
    wire.valid = valid;
    Ask(wire.reader);
  }
  void Accept(Wire& wire, Word ready) {
    if (wire.ready == ready) return;
    wire.ready = ready;
    Ask(wire.writer);
  }

  // Runs until every end has had its beats. `every`: all actors go cycle by cycle.
  Verdict Run(bool every);

  std::unique_ptr<rbonn::StreamLog> log;  // of the wires, where somebody wants it

  // Cycles up to the last beat of an end, or the last in which anything works before a deadlock.
  Cycle Clock() const { return clock_; }

 private:
  // Numbers, one bit each.
  using Set = std::vector<Word>;

  void Ask(int actor) {
    asked_[actor / 64] |= Word{1} << actor % 64;
  }
  void Settle(bool every);
  // Shows the log so many cycles of the span.
  void Record(int64_t cycles);
  // Logs the beats of the ends; returns the cycle behind the last one of all, or kNever.
  Cycle LogEnds();
  // Returns when something worked.
  Word Go(Word span);
  bool IsStuck() const;

  static constexpr Cycle kNever = std::numeric_limits<Cycle>::max();
  std::vector<Wire> wires_;
  std::vector<std::unique_ptr<Actor>> actors_;
  std::vector<End> ends_;
  Set asked_, looked_;
  Cycle clock_ = 0;
};

// There and back: what is on offer comes down the streams, and what is not taken goes up.
inline void Graph::Settle(bool every) {
  const auto look = [this, every](size_t word, Word bit) {
    asked_[word] ^= bit;
    looked_[word] |= bit;
    actors_[word * 64 + std::countr_zero(bit)]->Look(*this, every);
  };
  while (std::any_of(asked_.begin(), asked_.end(), [](Word word) { return word != 0; })) {
    for (size_t word = 0; word < asked_.size(); ++word) {
      Word ahead = ~Word{0};
      while (const Word left = asked_[word] & ahead) {
        const Word bit = left & -left;
        ahead = ~(bit | (bit - 1));
        look(word, bit);
      }
    }
    for (size_t word = asked_.size(); word-- > 0;) {
      Word ahead = ~Word{0};
      while (const Word left = asked_[word] & ahead) {
        const Word bit = std::bit_floor(left);
        ahead = bit - 1;
        look(word, bit);
      }
    }
  }
}

inline void Graph::Record(int64_t cycles) {
  for (int64_t at = 0; at < std::min<int64_t>(cycles, kSpan); ++at) {
    for (size_t number = 0; number < wires_.size(); ++number) {
      const Wire& wire = wires_[number];
      log->Note(number, clock_ + at, static_cast<unsigned>(2 * (wire.valid >> at & 1) + (wire.ready >> at & 1)));
    }
    log->EndCycle(clock_ + at);
  }
}

inline Cycle Graph::LogEnds() {
  Cycle end = 0;
  for (End& each : ends_) {
    each.Log(wires_[each.wire].Moves(), clock_);
    end = each.Done() ? std::max(end, each.cycles.back() + 1) : kNever;
  }
  return end;
}

// Those that do not rest are asked again.
inline Word Graph::Go(Word span) {
  Word works = 0;
  for (size_t word = 0; word < looked_.size(); ++word) {
    for (Word left = looked_[word]; left != 0; left &= left - 1) {
      Actor& actor = *actors_[word * 64 + std::countr_zero(left)];
      actor.Go(clock_, span);
      works |= actor.works;
      if (actor.rests) looked_[word] ^= left & -left;
    }
  }
  std::swap(asked_, looked_);
  return works;
}

inline bool Graph::IsStuck() const {
  return std::all_of(wires_.begin(), wires_.end(), [](const Wire& wire) { return wire.Moves() == 0; }) &&
         std::all_of(actors_.begin(), actors_.end(), [](const auto& actor) { return actor->IsStuck(); });
}

inline Verdict Graph::Run(bool every) {
  const size_t words = (actors_.size() + 63) / 64;
  looked_.assign(words, 0);
  asked_.assign(words, ~Word{0});
  asked_.back() = Low(static_cast<int64_t>(actors_.size() - 64 * (words - 1)));
  Cycle last = 0;
  Verdict verdict = Verdict::kDone;
  for (Cycle end = kNever; end == kNever; clock_ += kSpan) {
    Settle(every);
    end = LogEnds();
    if (log != nullptr) Record(end - clock_);
    const Word works = Go(Low(end - clock_));
    if (works != 0) {
      last = clock_ + std::bit_width(works);
    } else if (IsStuck()) {
      end = last;
      verdict = Verdict::kDeadlock;
    }
    if (end != kNever) clock_ = end - kSpan;
  }
  for (const auto& actor : actors_) actor->Finish(clock_);
  return verdict;
}
