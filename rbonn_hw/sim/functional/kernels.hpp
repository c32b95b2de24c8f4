// SPDX-License-Identifier: BSD-3-Clause
// Everything behind the inner loops, compiled for the instructions of the namespace that includes it.

#include "rows.hpp"
#include "products.hpp"
#include "maps.hpp"
#include "windows.hpp"
#include "steps.hpp"
