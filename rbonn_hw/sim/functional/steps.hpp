// SPDX-License-Identifier: BSD-3-Clause
// One step, and a frame through all of them. Included once for each instruction set, within its namespace.

template <class Value>
void step_of(const Step& step, const Tensor* tensors, char* space, char* scratch) {
  const Tensor& in = tensors[step.in0];
  const Tensor& out = tensors[step.out];
  switch (static_cast<Kernel>(step.kernel)) {
    case Kernel::Match: match(step, in, out, space, scratch); break;
    case Kernel::Dot:
      if constexpr (sizeof(Value) == 4) dot_short(step, in, out, space, scratch);
      else dot_wide(step, in, out, space, scratch);
      break;
    case Kernel::Depthwise: depthwise<Value>(step, in, out, space, scratch); break;
    case Kernel::Threshold: threshold<Value>(step, in, out, space, scratch); break;
    case Kernel::Add: add<Value>(step, in, tensors[step.in1], out, space, scratch); break;
    case Kernel::Concat: concat<Value>(step, in, tensors[step.in1], out, space, scratch); break;
    case Kernel::Select: select<Value>(step, in, out, space, scratch); break;
    case Kernel::LabelSelect: label_select<Value>(step, in, out, space, scratch); break;
    case Kernel::PoolMap: pool_map<Value>(step, in, out, space, scratch); break;
    case Kernel::PoolRows: pool_rows<Value>(step, in, out, space, scratch); break;
    case Kernel::Upsample: upsample(step, in, out, space); break;
    case Kernel::Window: slide(step, in, out, space, scratch); break;
    case Kernel::Reshape: reshape(in, out, space); break;
  }
}

// Copies a tensor out, if somebody wants it.
inline void give(const Tensor& tensor, const char* space, int64_t* target, int64_t frame) {
  if (target == nullptr) return;
  int64_t* to = target + frame * tensor.rows * tensor.channels;
  for (int64_t row = 0; row < tensor.rows; ++row, to += tensor.channels) {
    const int64_t* values = load(tensor, space, row, to);
    if (values != to) std::memcpy(to, values, tensor.channels * sizeof(int64_t));
  }
}

inline void run_frames(const Step* steps, int64_t count, const Tensor* tensors, int64_t input, const int64_t* frames,
                       int64_t number, int64_t* const* targets, char* space, char* scratch) {
  const Tensor& first = tensors[input];
  for (int64_t frame = 0; frame < number; ++frame) {
    const int64_t* from = frames + frame * first.rows * first.channels;
    for (int64_t row = 0; row < first.rows; ++row) store(first, space, row, from + row * first.channels);
    give(first, space, targets[input], frame);
    for (int64_t place = 0; place < count; ++place) {
      const Step& step = steps[place];
      if (step.wide) step_of<int64_t>(step, tensors, space, scratch);
      else step_of<int32_t>(step, tensors, space, scratch);
      give(tensors[step.out], space, targets[step.out], frame);
    }
  }
}
