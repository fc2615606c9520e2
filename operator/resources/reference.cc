// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/resources/reference.h"

#include "common/concat.h"
#include "common/units.h"

namespace petrel::ops {

namespace {

std::string one_of(const Field& field) {
  std::string text;
  for (std::string_view word : field.one_of) {
    text += concat(text.empty() ? "" : ", ", "`", word, "`");
  }
  return concat("one of ", text);
}

std::string integer(const Field& field) {
  if (field.min == INT64_MIN && field.max == INT64_MAX) {
    return "a whole number";
  }
  return field.max == INT64_MAX ? concat("a whole number from ", field.min)
                                : concat("a whole number from ", field.min, " to ", field.max);
}

std::string durations(const Field& field) {
  return concat("from ", format_duration_ms(field.min), " to ", format_duration_ms(field.max));
}

std::string text_words(const Field& field) {
  if (!field.one_of.empty()) {
    return one_of(field);
  }
  return concat("a text of at most ", field.characters_max, " characters",
                field.pattern.empty() ? "" : concat(": ", field.pattern_words));
}

std::string expected(const Field& field) {
  switch (field.type) {
    case FieldType::kObject:
      return "fields, below";
    case FieldType::kString:
      return text_words(field);
    case FieldType::kInteger:
      return integer(field);
    case FieldType::kBoolean:
      return "`true` or `false`";
    case FieldType::kDuration:
      return concat("a duration such as `90s` or `1h30m`, ", durations(field));
    case FieldType::kDurationList:
      return concat("up to ", field.items_max, " durations such as `[10s, 1m]`, each ",
                    durations(field));
    case FieldType::kQuantity:
      return "a quantity such as `500m`, `2` or `10Gi`";
    case FieldType::kTime:
      return "a time such as `2026-11-21T15:00:00Z`";
    case FieldType::kStringMap:
      return concat("up to ", field.items_max, " keys with texts");
    case FieldType::kObjectList:
      return concat("a list of up to ", field.items_max, " of the fields below");
  }
  return "";
}

std::string default_of(const Field& field) {
  if (field.required) {
    return "required";
  }
  if (field.default_is_document_name) {
    return "`metadata.name`";
  }
  return field.default_json.empty() ? "" : concat("`", field.default_json, "`");
}

std::string meaning(const Field& field) {
  std::string text(field.description);
  if (field.immutable) {
    text += " May not change once applied.";
  }
  for (const Rule& rule : field.rules) {
    text += concat(" Rule: ", rule.message, ".");
  }
  return text;
}

// Table cells are separated by |.
std::string cell(std::string_view text) {
  std::string result;
  for (char c : text) {
    result += c == '|' ? "\\|" : std::string(1, c);
  }
  return result;
}

void add_rows(const Field& field, const std::string& path, bool with_defaults, std::string& out) {
  for (const Field& child : field.fields) {
    const std::string at = concat(path, child.key);
    out += concat("| `", at, "` | ", with_defaults ? concat(default_of(child), " | ") : "",
                  cell(expected(child)), " | ", cell(meaning(child)), " |\n");
    add_rows(child, concat(at, child.type == FieldType::kObjectList ? "[]." : "."), with_defaults,
             out);
  }
}

std::string short_ways(const Kind& kind) {
  return concat("`kubectl get ", kind.short_name, "` is the short way to `kubectl get ",
                kind.plural, "`; `kubectl get petrel` shows all kinds.\n");
}

}  // namespace

std::string reference(const Kind& kind) {
  std::string out =
      concat("# ", kind.name, "\n\n", kind.description, "\n\n", "    apiVersion: ", kApiVersion,
             "\n    kind: ", kind.name, "\n\n", short_ways(kind), "\n");
  out += concat("`metadata.name`: ", kind.document_name.description, " At most ",
                kind.document_name.characters_max,
                " characters: ", kind.document_name.pattern_words, ".");
  for (const Rule& rule : kind.document_name.rules) {
    out += concat(" Rule: ", rule.message, ".");
  }
  out += "\n";
  out += concat("\n## spec\n\n", kind.spec.description,
                "\n\n| Field | Default | Expected | Meaning |\n|---|---|---|---|\n");
  add_rows(kind.spec, "", true, out);
  out += concat("\n## status\n\n", kind.status.description,
                "\n\n| Field | Value | Meaning |\n|---|---|---|\n");
  add_rows(kind.status, "", false, out);
  out += "\n## Columns of kubectl get\n\n| Column | From | Meaning |\n|---|---|---|\n";
  for (const Column& column : kind.columns) {
    out += concat("| ", column.name, column.wide ? " (-o wide)" : "", " | `", cell(column.path),
                  "` | ", column.description, " |\n");
  }
  return out;
}

}  // namespace petrel::ops
