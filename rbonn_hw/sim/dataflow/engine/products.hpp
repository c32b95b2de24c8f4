// SPDX-License-Identifier: BSD-3-Clause
//
// Kernels whose pipeline cannot stall: a beat that completes a result takes a credit as it is issued, and
// the result stage gives it back.

#pragma once

#include "streams.hpp"

namespace rbonn::dataflow {

// rbonn_result_stage with the way to it, and the credits for it.
class ResultStage {
 public:
  // `delay`: cycles from the beat that takes a credit to its push.
  ResultStage(int out, int64_t delay, int64_t slots)
      : credit(slots), out_(out), delay_(delay), slots_(slots) {}

  // The stage's cycle; whether something but the way to it changed.
  bool Step(Graph& graph, Cycle now) {
    const Wire& out = graph.At(out_);
    const bool offered = out.valid, leaves = out.Moves();
    const bool push = Next() == now;
    bool load = push;
    freed = leaves;
    if (push) ++first_;
    if (slots_ > 1) {
      load = level_ > 0 && !out.Waits();
      freed = load;
      level_ += push - load;
    }
    const bool next = load || out.Waits();
    graph.Offer(out_, next, now);
    return push || load || next != offered;
  }
  void Take(Cycle now) { pushes_[last_++ % kMost] = now + delay_; }
  Cycle Next() const { return first_ == last_ ? kNever : pushes_[first_ % kMost]; }

  int64_t credit;
  bool freed = false;  // in the present cycle

 private:
  static constexpr size_t kMost = 64;  // more than are on their way at once
  int out_;
  int64_t delay_, slots_, level_ = 0;
  std::array<Cycle, kMost> pushes_{};
  size_t first_ = 0, last_ = 0;
};

// rbonn_mvau without its thresholds.
class Mvau : public Actor {
 public:
  Mvau(int in, int out, int64_t synapse_fold, int64_t neuron_fold, int64_t delay, int64_t slots)
      : in_(in), out_(out), synapses_(synapse_fold), neurons_(neuron_fold), slots_(slots),
        result_(out, delay, slots) {}
  void Step(Graph& graph, Cycle now) override {
    const Wire &in = graph.At(in_), &out = graph.At(out_);
    const Cycle slept = Slept(now);
    if (runs_) synapse_ += slept;
    const bool reading = neuron_ == 0, go = go_, last = synapse_ == synapses_ - 1;
    graph.Accept(in_, go && reading, now);
    const bool beat = go && (!reading || in.valid), take = beat && last;
    Account(now, ActivityOf(beat, !go || out.Waits()));
    bool changes = result_.Step(graph, now);
    const int64_t credit = result_.credit;
    const bool freed = result_.freed;
    const bool funded = slots_ > 1 ? credit > 1 : credit == 1 || freed;
    result_.credit = slots_ > 1 ? credit + freed - take : (credit == 1 && !take) || freed;
    const bool next_last = synapses_ == 1 || synapse_ == synapses_ - 2;
    go_ = beat ? !next_last || funded : !last || funded;
    if (take) {
      result_.Take(now);
      neuron_ = neuron_ + 1 == neurons_ ? 0 : neuron_ + 1;
    }
    if (beat) synapse_ = last ? 0 : synapse_ + 1;
    changes = changes || take || result_.credit != credit || go_ != go;
    Sleep(graph, now, beat, changes);
  }

 private:
  void Sleep(Graph& graph, Cycle now, bool beat, bool changes) {
    // Beats that complete nothing, with nobody at the other end, are all the same.
    const int64_t left = synapses_ - 2 - synapse_;
    runs_ = beat && !changes && left > 0;
    if (changes || (beat && !runs_)) {
      graph.StepNext(*this);
    } else {
      graph.StepAt(*this, runs_ ? std::min(now + 1 + left, result_.Next()) : result_.Next());
    }
  }

  int in_, out_;
  int64_t synapses_, neurons_, slots_;
  int64_t synapse_ = 0, neuron_ = 0;
  bool go_ = true, runs_ = false;
  ResultStage result_;
};

// rbonn_depthwise.
class Depthwise : public Actor {
 public:
  Depthwise(int in, int out, int64_t tiles, int64_t fold, int64_t delay, int64_t slots)
      : in_(in), out_(out), tiles_(tiles), fold_(fold), result_(out, delay, slots) {}
  void Step(Graph& graph, Cycle now) override {
    const Wire &in = graph.At(in_), &out = graph.At(out_);
    const bool ready = ready_;
    graph.Accept(in_, ready, now);
    const bool beat = in.Moves(), take = beat && tile_ >= tiles_ - fold_;
    Account(now, ActivityOf(beat, !ready || out.Waits()));
    const bool changes = result_.Step(graph, now);
    const int64_t credit = result_.credit;
    result_.credit += result_.freed - take;
    ready_ = credit > 1;
    if (take) result_.Take(now);
    if (beat) tile_ = tile_ + 1 == tiles_ ? 0 : tile_ + 1;
    if (changes || beat || result_.credit != credit || ready_ != ready) {
      graph.StepNext(*this);
    } else {
      graph.StepAt(*this, result_.Next());
    }
  }

 private:
  int in_, out_;
  int64_t tiles_, fold_, tile_ = 0;
  bool ready_ = true;
  ResultStage result_;
};

}  // namespace rbonn::dataflow
