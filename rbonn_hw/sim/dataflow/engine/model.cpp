// SPDX-License-Identifier: BSD-3-Clause
//
// The dataflow model behind a C interface: a network as numbers in, cycles out.
//
// `program` holds the actors in topological order, each as its kind (rbonn_hw/sim/dataflow/actors.py),
// the numbers of its inputs, outputs and parameters, and these. Returns 0 when every end had its beats,
// 1 for a deadlock, 2 for a program that it does not know.

#include <bit>
#include <span>

#include "joins.hpp"
#include "products.hpp"
#include "streams.hpp"
#include "window.hpp"

namespace rbonn::dataflow {
namespace {

enum class Kind : int64_t {
  kSource, kSink, kFifo, kRegister, kGather, kScatter, kPipeline, kAdd, kDuplicate, kConcat, kPool,
  kUpsample, kSelect, kLabelSelect, kMvau, kDepthwise, kWindow
};

struct Entry {
  Kind kind;
  std::vector<int> in, out;
  std::span<const int64_t> params;
};

Entry ReadEntry(const int64_t*& at) {
  Entry entry{static_cast<Kind>(at[0]), {}, {}, {}};
  const int64_t ins = at[1], outs = at[2], params = at[3];
  at += 4;
  entry.in.assign(at, at + ins);
  entry.out.assign(at + ins, at + ins + outs);
  entry.params = {at + ins + outs, static_cast<size_t>(params)};
  at += ins + outs + params;
  return entry;
}

WindowShape ShapeOf(std::span<const int64_t> p) {
  return {p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7], p[8], p[9], p[10], p[11], p[12], p[13], p[14], p[15], p[16]};
}

std::unique_ptr<Actor> ActorOf(const Entry& entry) {
  const auto& [kind, in, out, p] = entry;
  switch (kind) {
    case Kind::kSource:
      return std::make_unique<Source>(out[0], p[0], std::bit_cast<double>(p[1]), p[2]);
    case Kind::kSink:
      return std::make_unique<Sink>(in[0], p[0], std::bit_cast<double>(p[1]), p[2]);
    case Kind::kFifo: return std::make_unique<Fifo>(in[0], out[0], p[0]);
    case Kind::kRegister: return std::make_unique<Register>(in[0], out[0]);
    case Kind::kGather: return std::make_unique<Gather>(in[0], out[0], p[0]);
    case Kind::kScatter: return std::make_unique<Scatter>(in[0], out[0], p[0]);
    case Kind::kPipeline: return std::make_unique<Pipeline>(in[0], out[0], p[0]);
    case Kind::kAdd: return std::make_unique<Add>(in[0], in[1], out[0], p[0] != 0);
    case Kind::kDuplicate: return std::make_unique<Duplicate>(in[0], out);
    case Kind::kConcat: return std::make_unique<Concat>(in[0], in[1], out[0], p[0], p[1]);
    case Kind::kPool: return std::make_unique<Pool>(in[0], out[0], p[0], p[1], p[2], p[3]);
    case Kind::kUpsample: return std::make_unique<Upsample>(in[0], out[0], p[0], p[1], p[2], p[3]);
    case Kind::kSelect:
      return std::make_unique<Select>(in[0], out[0], std::vector<int64_t>(p.begin(), p.end()));
    case Kind::kLabelSelect: return std::make_unique<LabelSelect>(in[0], out[0], p[0], p[1]);
    case Kind::kMvau: return std::make_unique<Mvau>(in[0], out[0], p[0], p[1], p[2], p[3]);
    case Kind::kDepthwise: return std::make_unique<Depthwise>(in[0], out[0], p[0], p[1], p[2], p[3]);
    case Kind::kWindow: return std::make_unique<Window>(in[0], out[0], ShapeOf(p));
  }
  return nullptr;
}

const std::vector<int64_t>* LogOf(const Actor& actor) {
  if (const auto* source = dynamic_cast<const Source*>(&actor)) return &source->cycles;
  if (const auto* sink = dynamic_cast<const Sink*>(&actor)) return &sink->cycles;
  return nullptr;
}

}  // namespace
}  // namespace rbonn::dataflow

// Per wire: cycles by 2 * valid + ready, and the last valid and ready. Per actor: cycles busy, starved and
// blocked, its mark, the beats that an end has seen; `log` has their cycles, one end after the other. `record`
// holds the first and the last cycle that wires are recorded for, and the most changes, or is null; it receives
// the numbers of stream_log.hpp, and has room for the most changes and 16 numbers a wire.
extern "C" int rbonn_dataflow(const int64_t* program, int64_t actors, int64_t wires, int64_t every,
                              int64_t idle_limit, int64_t* end, int64_t* wire_cycles, uint8_t* wire_state,
                              int64_t* spent, int64_t* marks, int64_t* beats, int64_t* log,
                              int64_t* record) {
  using namespace rbonn::dataflow;
  Graph graph(static_cast<int>(wires));
  for (int64_t number = 0; number < actors; ++number) {
    const Entry entry = ReadEntry(program);
    auto actor = ActorOf(entry);
    if (actor == nullptr) return 2;
    for (const int wire : entry.in) graph.At(wire).reader = static_cast<int>(number);
    for (const int wire : entry.out) graph.At(wire).writer = static_cast<int>(number);
    graph.Add(std::move(actor));
  }
  if (record != nullptr) {
    graph.log = std::make_unique<rbonn::StreamLog>(wires, record[0], record[1], record[2]);
  }
  const Verdict verdict = graph.Run(every != 0, idle_limit);
  *end = graph.Clock();
  if (record != nullptr) {
    const std::vector<int64_t> numbers = graph.log->Numbers(*end);
    std::copy(numbers.begin(), numbers.end(), record);
  }
  for (int64_t number = 0; number < wires; ++number) {
    Wire& wire = graph.At(static_cast<int>(number));
    wire.Settle(*end);
    std::copy(wire.cycles.begin(), wire.cycles.end(), wire_cycles + 4 * number);
    wire_state[number] = static_cast<uint8_t>(2 * wire.valid + wire.ready);
  }
  for (int64_t number = 0; number < actors; ++number) {
    Actor& actor = *graph.Actors()[actors - 1 - number];
    actor.Finish(graph, *end);
    actor.Close(*end);
    std::copy(actor.spent.begin(), actor.spent.end(), spent + 3 * number);
    marks[number] = actor.Mark();
    const auto* cycles = LogOf(actor);
    beats[number] = cycles == nullptr ? 0 : static_cast<int64_t>(cycles->size());
    if (cycles != nullptr) log = std::copy(cycles->begin(), cycles->end(), log);
  }
  return static_cast<int>(verdict);
}
