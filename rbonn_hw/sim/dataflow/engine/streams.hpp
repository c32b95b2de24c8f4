// SPDX-License-Identifier: BSD-3-Clause
//
// Ends of streams, and actors that pass beats on: FIFO, register, converters, threshold pipeline.

#pragma once

#include <bit>

#include "graph.hpp"
#include "stall.hpp"

namespace rbonn::dataflow {

inline Activity ActivityOf(bool works, bool is_held) {
  return works ? kBusy : is_held ? kBlocked : kStarved;
}

// Offers beats as rbonn_hw/sim/harness does.
class Source : public Actor {
 public:
  Source(int out, int64_t beats, double stall, uint64_t seed)
      : out_(out), beats_(beats), stall_(stall, seed) {
    boundary = true;
  }
  void Start(Graph& graph) override {
    graph.At(out_).valid = Draw();
    graph.open_ends += Left();
  }
  void Step(Graph& graph, Cycle now) override {
    const Wire& out = graph.At(out_);
    const bool moves = out.Moves(), waits = out.Waits();
    Account(now, ActivityOf(moves, waits));
    if (waits) return;
    if (moves) {
      graph.Move();
      cycles.push_back(now);
      if (!Left()) --graph.open_ends;
    }
    graph.Offer(out_, Draw(), now);
    if (Left()) graph.StepNext(*this);
  }
  std::vector<int64_t> cycles;

 private:
  bool Left() const { return static_cast<int64_t>(cycles.size()) < beats_; }
  bool Draw() { return Left() && !stall_.Now(); }

  int out_;
  int64_t beats_;
  Stall stall_;
};

class Sink : public Actor {
 public:
  Sink(int in, int64_t beats, double stall, uint64_t seed)
      : in_(in), beats_(beats), pauses_(stall > 0), stall_(stall, seed) {
    boundary = true;
  }
  void Start(Graph& graph) override { graph.open_ends += Left(); }
  void Step(Graph& graph, Cycle now) override {
    graph.Accept(in_, !Left() || !stall_.Now(), now);
    const Wire& in = graph.At(in_);
    Account(now, ActivityOf(in.Moves(), false));
    if (in.Moves() && Left()) {
      graph.Move();
      cycles.push_back(now);
      if (!Left()) --graph.open_ends;
    }
    if (Left() && (pauses_ || in.Moves())) graph.StepNext(*this);
  }
  std::vector<int64_t> cycles;

 private:
  bool Left() const { return static_cast<int64_t>(cycles.size()) < beats_; }

  int in_;
  int64_t beats_;
  bool pauses_;
  Stall stall_;
};

// rbonn_fifo.
class Fifo : public Actor {
 public:
  Fifo(int in, int out, int64_t depth) : in_(in), out_(out), depth_(depth) {}
  void Step(Graph& graph, Cycle now) override {
    const Wire &in = graph.At(in_), &out = graph.At(out_);
    const bool offered = out.valid;
    count_ += drift_ * Slept(now);
    most_ = std::max(most_, count_ + offered);
    const bool ready = count_ < depth_;
    graph.Accept(in_, ready, now);
    const bool write = in.valid && ready, read = count_ > 0 && (!offered || out.ready);
    Account(now, ActivityOf(in.Moves() || out.Moves(), out.Waits()));
    const bool next = read || out.Waits();
    count_ += write - read;
    graph.Offer(out_, next, now);
    // The next cycle, if no wire changes.
    const bool room = count_ < depth_, writes = in.valid && room;
    const bool held = next && !out.ready, reads = count_ > 0 && !held;
    if (room != ready || (reads || held) != next) {
      drift_ = 0;
      graph.StepNext(*this);
      return;
    }
    Account(now + 1, ActivityOf(writes || (next && out.ready), held));
    drift_ = writes - reads;
    if (drift_ > 0) {
      graph.StepAt(*this, now + 1 + (held ? depth_ - count_ : 1));
    } else if (drift_ < 0) {
      graph.StepAt(*this, now + 1 + count_);
    }
  }
  void Finish(Graph& graph, Cycle end) override {
    count_ += drift_ * Slept(end);
    most_ = std::max(most_, count_ + graph.At(out_).valid);
  }
  int64_t Mark() const override { return most_; }

 private:
  int in_, out_;
  int64_t depth_, count_ = 0, most_ = 0, drift_ = 0;
};

// rbonn_register.
class Register : public Actor {
 public:
  Register(int in, int out) : in_(in), out_(out) {}
  void Step(Graph& graph, Cycle now) override {
    const Wire &in = graph.At(in_), &out = graph.At(out_);
    const bool ready = ready_;
    graph.Accept(in_, ready, now);
    Account(now, ActivityOf(in.Moves() || out.Moves(), out.Waits()));
    const bool load = !out.Waits();
    const bool next = !load || in.valid || !ready;
    ready_ = load || (ready && !in.valid);
    graph.Offer(out_, next, now);
    const bool loads = !next || out.ready;
    const bool offers = !loads || in.valid || !ready_;
    if (ready_ != ready || offers != next || (loads || !in.valid) != ready_) {
      graph.StepNext(*this);
    } else {
      Account(now + 1, ActivityOf((in.valid && ready_) || (next && out.ready), !loads));
    }
  }

 private:
  int in_, out_;
  bool ready_ = true;
};

// rbonn_gather.
class Gather : public Actor {
 public:
  Gather(int in, int out, int64_t beats) : in_(in), out_(out), last_(beats - 1) {}
  void Step(Graph& graph, Cycle now) override {
    const Wire &in = graph.At(in_), &out = graph.At(out_);
    const Cycle slept = Slept(now);
    if (runs_) beat_ += slept;
    const bool full = out.valid, waits = out.Waits();
    graph.Accept(in_, !waits, now);
    const bool accept = in.Moves(), whole = accept && beat_ == last_;
    Account(now, ActivityOf(accept || out.Moves(), waits));
    if (accept) beat_ = whole ? 0 : beat_ + 1;
    const bool next = whole || waits;
    graph.Offer(out_, next, now);
    // With one more beat after another nothing changes up to the last one.
    runs_ = accept && next == full && !full && beat_ < last_;
    if (runs_) {
      graph.StepAt(*this, now + 1 + last_ - beat_);
      return;
    }
    const bool held = next && !out.ready;
    if ((in.valid && !held) || (next && out.ready) || held != waits) {
      graph.StepNext(*this);
    } else {
      Account(now + 1, ActivityOf(false, held));
    }
  }

 private:
  int in_, out_;
  int64_t last_, beat_ = 0;
  bool runs_ = false;
};

// rbonn_scatter.
class Scatter : public Actor {
 public:
  Scatter(int in, int out, int64_t beats) : in_(in), out_(out), last_(beats - 1) {}
  void Step(Graph& graph, Cycle now) override {
    const Wire &in = graph.At(in_), &out = graph.At(out_);
    const Cycle slept = Slept(now);
    if (runs_) beat_ += slept;
    const bool valid = out.valid, leave = out.Moves(), last = beat_ == last_;
    graph.Accept(in_, !valid || (leave && last), now);
    const bool load = in.Moves();
    Account(now, ActivityOf(load || leave, out.Waits()));
    if (leave) beat_ = last ? 0 : beat_ + 1;
    const bool next = load || (valid && !(leave && last));
    graph.Offer(out_, next, now);
    runs_ = leave && !last && beat_ < last_;
    if (runs_) {
      graph.StepAt(*this, now + 1 + last_ - beat_);
      return;
    }
    const bool accepts = !next || (out.ready && beat_ == last_);
    if ((next && out.ready) || (accepts && in.valid) || accepts != in.ready) {
      graph.StepNext(*this);
    } else {
      Account(now + 1, ActivityOf(false, next));
    }
  }

 private:
  int in_, out_;
  int64_t last_, beat_ = 0;
  bool runs_ = false;
};

// The pipeline of rbonn_threshold: all stages move together, bubbles with them.
class Pipeline : public Actor {
 public:
  Pipeline(int in, int out, int64_t latency)
      : in_(in), out_(out), latency_(static_cast<int>(latency)), all_((uint64_t{1} << latency) - 1) {}
  void Step(Graph& graph, Cycle now) override {
    const Wire &in = graph.At(in_), &out = graph.At(out_);
    const Cycle slept = Slept(now);
    if (moves_ && slept > 0) stages_ = Shifted(slept, fed_);
    const bool advance = !out.Waits();
    graph.Accept(in_, advance, now);
    Account(now, ActivityOf(in.Moves() || out.Moves(), !advance));
    const uint64_t before = stages_;
    fed_ = in.valid;
    if (advance) stages_ = Shifted(1, fed_);
    const bool top = Top();
    graph.Offer(out_, top, now);
    Account(now + 1, ActivityOf(in.Moves() || (top && out.ready), top && !out.ready));
    moves_ = advance;
    if (!advance || stages_ == before) return;
    if (top && !out.ready) {
      graph.StepNext(*this);
      return;
    }
    // So many cycles until another word, or none, comes to the end.
    const uint64_t left = top ? ~stages_ & all_ : stages_;
    const int same = left != 0 ? latency_ - std::bit_width(left) : latency_;
    if (left != 0 || fed_ != top) graph.StepAt(*this, now + same);
  }

 private:
  bool Top() const { return stages_ >> (latency_ - 1) & 1; }
  uint64_t Shifted(Cycle cycles, bool fed) const {
    if (cycles >= latency_) return fed ? all_ : 0;
    const uint64_t entered = fed ? (uint64_t{1} << cycles) - 1 : 0;
    return (stages_ << cycles | entered) & all_;
  }

  int in_, out_, latency_;
  uint64_t all_, stages_ = 0;
  bool moves_ = false, fed_ = false;
};

}  // namespace rbonn::dataflow
