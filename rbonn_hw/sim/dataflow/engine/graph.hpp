// SPDX-License-Identifier: BSD-3-Clause
//
// Wires, actors and the clock of the dataflow model.
//
// A wire has a valid and a ready and no data. Every valid leaves from a register of its writer, and a
// ready follows its writer's readers alone, so one pass over the actors from the sinks to the sources
// is a clock cycle: an actor finds the valid of what feeds it as the cycle began, and the ready of what
// it feeds as the cycle has it. Only actors whose wires or registers may change are stepped: an actor
// sleeps as long as it would repeat what it did, and says until when.

#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "stream_log.hpp"

namespace rbonn::dataflow {

using Cycle = int64_t;
constexpr Cycle kNever = std::numeric_limits<Cycle>::max();

struct Wire {
  bool valid = false, ready = false;
  int writer = -1, reader = -1;
  Cycle since = 0;
  std::array<int64_t, 4> cycles{};  // by 2 * valid + ready

  bool Moves() const { return valid && ready; }
  bool Waits() const { return valid && !ready; }
  void Settle(Cycle now) {
    cycles[2 * valid + ready] += now - since;
    since = now;
  }
};

enum Activity { kBusy, kStarved, kBlocked };

class Graph;

class Actor {
 public:
  virtual ~Actor() = default;
  // Sets the valid of its outputs for the first cycle, where that is not 0.
  virtual void Start(Graph& /*graph*/) {}
  // Does cycle `now`: sets the ready of its inputs for it, and the valid of its outputs for the next.
  virtual void Step(Graph& graph, Cycle now) = 0;
  // Brings counts up to date that are not kept while it sleeps.
  virtual void Finish(Graph& /*graph*/, Cycle /*end*/) {}
  // What it has that others have not, such as the high-water mark of a FIFO.
  virtual int64_t Mark() const { return 0; }

  void Account(Cycle now, Activity activity) {
    if (activity == activity_) return;
    spent[activity_] += now - since_;
    since_ = now;
    activity_ = activity;
  }
  void Close(Cycle end) {
    spent[activity_] += end - since_;
    since_ = end;
  }
  // Cycles since the last step in which it slept.
  Cycle Slept(Cycle now) {
    const Cycle slept = now - last_ - 1;
    last_ = now;
    return slept;
  }

  int number = 0;
  bool boundary = false;
  Cycle alarm = kNever;
  std::array<int64_t, 3> spent{};

 private:
  Activity activity_ = kStarved;
  Cycle since_ = 0, last_ = -1;
};

enum class Verdict { kDone, kDeadlock };

class Graph {
 public:
  explicit Graph(int wires) : wires_(wires) {}

  // Actors come in topological order; steps go from the last to the first.
  void Add(std::unique_ptr<Actor> actor) { actors_.push_back(std::move(actor)); }
  Wire& At(int wire) { return wires_[wire]; }
  const std::vector<Wire>& Wires() const { return wires_; }
  const std::vector<std::unique_ptr<Actor>>& Actors() const { return actors_; }

  void Offer(int number, bool valid, Cycle now) {
    Wire& wire = wires_[number];
    if (wire.valid == valid) return;
    wire.Settle(now + 1);
    wire.valid = valid;
    Log(number, now + 1);
    Set(next_, wire.reader);
  }
  void Accept(int number, bool ready, Cycle now) {
    Wire& wire = wires_[number];
    if (wire.ready == ready) return;
    wire.Settle(now);
    wire.ready = ready;
    Log(number, now);
    Set(now_, wire.writer);
  }
  void StepNext(Actor& actor) {
    if (!actor.boundary) moved_ = true;
    Set(next_, actor.number);
  }
  // A beat has passed an end; those between sleeping actors need not be told.
  void Move() { moved_ = true; }
  void StepAt(Actor& actor, Cycle cycle) {
    if (actor.alarm == cycle) return;
    actor.alarm = cycle;
    if (cycle == kNever) return;
    const Cycle soon = std::min(cycle, clock_ + kWheel - 1);
    const size_t slot = soon % kWheel;
    wheel_[slot].push_back({actor.number, cycle});
    filled_[slot / 64] |= uint64_t{1} << slot % 64;
  }

  // Runs until every source and sink has had its beats. `every`: steps all actors in each cycle.
  Verdict Run(bool every, Cycle idle_limit);

  int open_ends = 0;
  std::unique_ptr<StreamLog> log;  // of the wires, where somebody wants it
  Cycle Clock() const { return clock_; }

 private:
  static constexpr Cycle kWheel = 256;
  using Flags = std::vector<uint64_t>;
  struct Alarm {
    int actor;
    Cycle cycle;
  };

  static void Set(Flags& flags, int actor) { flags[actor / 64] |= uint64_t{1} << actor % 64; }
  void Log(int number, Cycle cycle) {
    if (log != nullptr) log->Note(number, cycle, 2 * wires_[number].valid + wires_[number].ready);
  }
  void Begin();
  void Ring();
  void Cycles(bool every);
  Cycle Soonest() const;

  std::vector<Wire> wires_;
  std::vector<std::unique_ptr<Actor>> actors_;
  Flags now_, next_;
  std::array<std::vector<Alarm>, kWheel> wheel_;
  std::array<uint64_t, kWheel / 64> filled_{};
  Cycle clock_ = 0;
  bool moved_ = false;
};

inline void Graph::Begin() {
  std::reverse(actors_.begin(), actors_.end());
  now_.assign((actors_.size() + 63) / 64, 0);
  next_ = now_;
  for (size_t number = 0; number < actors_.size(); ++number) {
    actors_[number]->number = static_cast<int>(number);
    Set(now_, static_cast<int>(number));
  }
  for (Wire& wire : wires_) {
    wire.writer = static_cast<int>(actors_.size()) - 1 - wire.writer;
    wire.reader = static_cast<int>(actors_.size()) - 1 - wire.reader;
  }
  for (const auto& actor : actors_) actor->Start(*this);
  for (size_t number = 0; number < wires_.size(); ++number) Log(static_cast<int>(number), 0);
}

// Wakes the actors whose time has come; one further off than the wheel reaches is put on it again.
inline void Graph::Ring() {
  const size_t slot = clock_ % kWheel;
  if (!(filled_[slot / 64] >> slot % 64 & 1)) return;
  std::vector<Alarm> rung;
  rung.swap(wheel_[slot]);
  filled_[slot / 64] &= ~(uint64_t{1} << slot % 64);
  for (const Alarm& alarm : rung) {
    Actor& actor = *actors_[alarm.actor];
    if (actor.alarm != alarm.cycle) continue;
    actor.alarm = kNever;
    if (alarm.cycle == clock_) {
      Set(now_, alarm.actor);
    } else {
      StepAt(actor, alarm.cycle);
    }
  }
  rung.clear();
  if (wheel_[slot].empty()) rung.swap(wheel_[slot]);
}

inline Cycle Graph::Soonest() const {
  const size_t start = clock_ % kWheel, words = filled_.size();
  for (size_t step = 0; step <= words; ++step) {
    const size_t word = (start / 64 + step) % words;
    uint64_t bits = filled_[word];
    if (step == 0) bits &= ~uint64_t{0} << start % 64;
    if (step == words) bits &= ~(~uint64_t{0} << start % 64);
    if (bits == 0) continue;
    const size_t slot = word * 64 + std::countr_zero(bits);
    return clock_ + static_cast<Cycle>((slot + kWheel - start) % kWheel);
  }
  return kNever;
}

inline void Graph::Cycles(bool every) {
  if (every) std::fill(now_.begin(), now_.end(), ~uint64_t{0});
  const size_t actors = actors_.size();
  for (size_t word = 0; word < now_.size(); ++word) {
    while (now_[word] != 0) {
      const size_t bit = std::countr_zero(now_[word]);
      now_[word] &= now_[word] - 1;
      const size_t actor = word * 64 + bit;
      if (actor < actors) actors_[actor]->Step(*this, clock_);
    }
  }
}

inline Verdict Graph::Run(bool every, Cycle idle_limit) {
  Begin();
  Cycle last_move = 0;
  for (;;) {
    Ring();
    const bool idle = std::all_of(now_.begin(), now_.end(), [](uint64_t flags) { return flags == 0; });
    if (idle && !every) {
      const Cycle soonest = Soonest();
      if (soonest == kNever) return Verdict::kDeadlock;
      clock_ = soonest;
      continue;
    }
    moved_ = false;
    Cycles(every);
    if (moved_) last_move = clock_;
    if (log != nullptr) log->EndCycle(clock_);
    std::swap(now_, next_);
    ++clock_;
    if (open_ends == 0) break;
    if (clock_ - last_move > idle_limit && Soonest() == kNever) return Verdict::kDeadlock;
  }
  return Verdict::kDone;
}

}  // namespace rbonn::dataflow
