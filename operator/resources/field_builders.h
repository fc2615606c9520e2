// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "operator/resources/schema.h"

// Short ways to declare fields, and the fields that several kinds share. Texts must be literals.

namespace petrel::ops {

// A lower-case label of DNS; the names of objects, namespaces and clusters.
inline constexpr std::string_view kLabelPattern = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
inline constexpr std::string_view kLabelWords =
    "lower-case letters, digits and -, with no - at the ends";
// Labels joined by dots; the names of most Kubernetes objects.
inline constexpr std::string_view kSubdomainPattern = "[a-z0-9]([-a-z0-9.]*[a-z0-9])?";
inline constexpr std::string_view kSubdomainWords =
    "lower-case letters, digits, - and ., beginning and ending with a letter or digit";

Field text(std::string_view key, std::string_view description);
Field integer(std::string_view key, std::string_view default_json, int64_t min, int64_t max,
              std::string_view description);
// Of a status: no default, from 0.
Field count(std::string_view key, std::string_view description);
Field boolean(std::string_view key, std::string_view default_json, std::string_view description);
Field time_field(std::string_view key, std::string_view description);
// An empty default is none.
Field choice(std::string_view key, std::string_view default_json,
             std::vector<std::string_view> one_of, std::string_view description);
Field object(std::string_view key, std::string_view description, std::vector<Field> fields);
Field object_list(std::string_view key, std::string_view list_key, size_t items_max,
                  std::string_view description, std::vector<Field> fields);
Field string_map(std::string_view key, size_t items_max, std::string_view description);
Field required(Field field);

// metadata.name of any kind.
Field document_name();
// metadata.name of a cluster, or a reference to it.
Field cluster_name(std::string_view description);
// spec.clusterRef.
Field cluster_ref();
// The name that clients of RocketMQ use.
Field wire_name(size_t characters_max);

// status.observedGeneration and status.conditions.
Field observed_generation();
Field conditions();

}  // namespace petrel::ops
