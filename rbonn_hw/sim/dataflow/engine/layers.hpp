// SPDX-License-Identifier: BSD-3-Clause
//
// The whole model; model.cpp includes it once for each kind of processor, so none of these includes anything.

#include "words.hpp"
#include "graph.hpp"
#include "timed.hpp"
#include "streams.hpp"
#include "joins.hpp"
#include "products.hpp"
#include "window.hpp"
#include "program.hpp"
