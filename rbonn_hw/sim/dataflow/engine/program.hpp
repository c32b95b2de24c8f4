// SPDX-License-Identifier: BSD-3-Clause
//
// A network as numbers in, cycles out.
//
// `program` holds the actors in topological order, each as its kind (rbonn_hw/sim/dataflow/kinds.py),
// the numbers of its inputs, outputs and parameters, and these.

enum class Kind : int64_t {
  kSource, kSink, kFifo, kRegister, kGather, kScatter, kPipeline, kAdd, kDuplicate, kConcat, kPool,
  kUpsample, kSelect, kLabelSelect, kMvau, kDepthwise, kWindow
};

struct Entry {
  Kind kind;
  std::vector<int> in, out;
  std::span<const int64_t> params;
};

inline Entry ReadEntry(const int64_t*& at) {
  Entry entry{static_cast<Kind>(at[0]), {}, {}, {}};
  const int64_t ins = at[1], outs = at[2], params = at[3];
  at += 4;
  entry.in.assign(at, at + ins);
  entry.out.assign(at + ins, at + ins + outs);
  entry.params = {at + ins + outs, static_cast<size_t>(params)};
  at += ins + outs + params;
  return entry;
}

inline WindowShape ShapeOf(std::span<const int64_t> p) {
  return {p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7], p[8], p[9], p[10], p[11], p[12], p[13], p[14], p[15], p[16]};
}

template <class Kernel, class... Arguments>
std::unique_ptr<Actor> Make(Graph& graph, const Entry& entry, Arguments&&... arguments) {
  return std::make_unique<Timed<Kernel>>(graph, entry.in, entry.out, std::forward<Arguments>(arguments)...);
}

inline std::unique_ptr<Actor> ActorOf(Graph& graph, const Entry& entry) {
  const std::span<const int64_t> p = entry.params;
  switch (entry.kind) {
    case Kind::kSource: return Make<Source>(graph, entry, p[0], std::bit_cast<double>(p[1]), p[2]);
    case Kind::kSink: return Make<Sink>(graph, entry, p[0], std::bit_cast<double>(p[1]), p[2]);
    case Kind::kFifo: return Make<Fifo>(graph, entry, p[0]);
    case Kind::kRegister: return Make<Register>(graph, entry);
    case Kind::kGather: return Make<Gather>(graph, entry, p[0]);
    case Kind::kScatter: return Make<Scatter>(graph, entry, p[0]);
    case Kind::kPipeline: return Make<Pipeline>(graph, entry, p[0]);
    case Kind::kAdd: return Make<Add>(graph, entry, p[0] != 0);
    case Kind::kDuplicate: return Make<Duplicate>(graph, entry, entry.out.size());
    case Kind::kConcat: return Make<Concat>(graph, entry, p[0], p[1]);
    case Kind::kPool: return Make<Pool>(graph, entry, p[0], p[1], p[2], p[3]);
    case Kind::kUpsample: return Make<Upsample>(graph, entry, p[0], p[1], p[2], p[3]);
    case Kind::kSelect: return Make<Select>(graph, entry, std::vector<int64_t>(p.begin(), p.end()));
    case Kind::kLabelSelect: return Make<LabelSelect>(graph, entry, p[0], p[1]);
    case Kind::kMvau: return Make<Mvau>(graph, entry, p[0], p[1], p[2], p[3]);
    case Kind::kDepthwise: return Make<Depthwise>(graph, entry, p[0], p[1], p[2], p[3]);
    case Kind::kWindow: return Make<Window>(graph, entry, ShapeOf(p));
  }
  return nullptr;
}

// Per wire: cycles by 2 * valid + ready, and the last valid and ready. Per actor: cycles busy, starved and
// blocked, its mark, the beats that an end has seen; `log` has their cycles, one end after the other. `record`
// holds the first and the last cycle that wires are recorded for, and the most changes, or is null; it receives
// the numbers of stream_log.hpp, and has room for the most changes and 16 numbers a wire.
// Returns 0 when every end had its beats, 1 for a deadlock, 2 for a program that it does not know.
inline int Simulate(const int64_t* program, int64_t actors, int64_t wires, int64_t every, int64_t* end,
                    int64_t* wire_cycles, uint8_t* wire_state, int64_t* spent, int64_t* marks, int64_t* beats,
                    int64_t* log, int64_t* record) {
  Graph graph(static_cast<int>(wires));
  std::vector<int64_t> ends;
  for (int64_t number = 0; number < actors; ++number) {
    const Entry entry = ReadEntry(program);
    auto actor = ActorOf(graph, entry);
    if (actor == nullptr) return 2;
    beats[number] = 0;
    if (entry.kind == Kind::kSource || entry.kind == Kind::kSink) {
      graph.AddEnd(entry.kind == Kind::kSource ? entry.out[0] : entry.in[0], entry.params[0]);
      ends.push_back(number);
    }
    graph.Add(std::move(actor), entry.in, entry.out);
  }
  if (record != nullptr) {
    graph.log = std::make_unique<rbonn::StreamLog>(wires, record[0], record[1], record[2]);
  }
  const Verdict verdict = graph.Run(every != 0);
  *end = graph.Clock();
  if (record != nullptr) {
    const std::vector<int64_t> numbers = graph.log->Numbers(*end);
    std::copy(numbers.begin(), numbers.end(), record);
  }
  for (int64_t number = 0; number < wires; ++number) {
    const Wire& wire = graph.At(static_cast<int>(number));
    std::copy(wire.cycles.begin(), wire.cycles.end(), wire_cycles + 4 * number);
    wire_state[number] = static_cast<uint8_t>(wire.state);
  }
  for (int64_t number = 0; number < actors; ++number) {
    const Actor& actor = *graph.Actors()[number];
    const auto [busy, blocked] = actor.spent;
    spent[3 * number] = busy;
    spent[3 * number + 1] = *end - busy - blocked;
    spent[3 * number + 2] = blocked;
    marks[number] = actor.Mark();
  }
  for (size_t place = 0; place < ends.size(); ++place) {
    const std::vector<int64_t>& cycles = graph.Ends()[place].cycles;
    beats[ends[place]] = static_cast<int64_t>(cycles.size());
    log = std::copy(cycles.begin(), cycles.end(), log);
  }
  return static_cast<int>(verdict);
}
