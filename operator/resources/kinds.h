// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "operator/resources/schema.h"

// The declarations behind kinds().

namespace petrel::ops {

Kind cluster_kind();
Kind topic_kind();
Kind group_kind();

}  // namespace petrel::ops
