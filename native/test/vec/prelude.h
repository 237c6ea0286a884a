// What a probe needs before its target region opens.
#pragma once

#include <algorithm>
#include <cmath>

#include "cpu/isa/prelude.h"
#include "test/check.h"
