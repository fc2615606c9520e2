// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
package petrel.compat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;
import org.apache.rocketmq.common.message.MessageDecoder;
import org.apache.rocketmq.filter.expression.EvaluationContext;
import org.apache.rocketmq.filter.expression.Expression;
import org.apache.rocketmq.filter.expression.MQFilterException;
import org.apache.rocketmq.filter.parser.SelectorParser;

/**
 * Asks RocketMQ's filter about the cases of petrel-filter-cases, and compares: each expression is taken by both or refused
 * by both, and each message has the same outcome. Exit code 1 when any differs, or when there were too few of a kind.
 */
public final class CompareFilters {
  private static final int PAIRS_MIN = 100_000;
  private static final int MALFORMED_MIN = 5_000;
  private static final int OF_EACH_OUTCOME_MIN = 1_000;
  private static final int SHOWN_MAX = 20;

  /** What a consumer's filter is asked with, as RocketMQ's broker does it: a text or null. */
  private record Message(Map<String, String> properties) implements EvaluationContext {
    @Override
    public Object get(String name) {
      return properties.get(name);
    }

    @Override
    public Map<String, Object> keyValues() {
      return new TreeMap<>(properties);
    }
  }

  private final Map<String, Integer> counts = new TreeMap<>();
  private int passed;
  private int failed;
  private int pairs;
  private int malformed;
  private boolean areMalformed;
  private String text;
  private Expression expression;

  public static void main(String[] args) throws IOException {
    if (args.length != 1) {
      System.err.println("usage: CompareFilters CASES");
      System.exit(2);
    }
    CompareFilters comparison = new CompareFilters();
    comparison.read(Path.of(args[0]));
    System.exit(comparison.report() ? 0 : 1);
  }

  private void read(Path cases) throws IOException {
    try (BufferedReader lines = Files.newBufferedReader(cases, StandardCharsets.US_ASCII)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String[] fields = line.split(" ");
        switch (fields[0]) {
          case "M" -> areMalformed = true;
          case "X" -> compareExpression(decoded(fields[1]), fields[2]);
          case "P" -> compareOutcome(decoded(fields[1]), fields[2]);
          default -> throw new IOException("no such line: " + line);
        }
      }
    }
  }

  private void compareExpression(String expressionText, String ours) {
    text = expressionText;
    expression = null;
    String why = "";
    try {
      expression = SelectorParser.parse(text);
    } catch (MQFilterException e) {
      why = " (" + e.getCause() + ")";
    }
    String theirs = expression == null ? "refused" : "taken";
    if (areMalformed) {
      ++malformed;
    }
    compare((areMalformed ? "malformed, " : "by the grammar, ") + theirs, ours.equals(theirs),
        () -> "we: " + ours + ", RocketMQ: " + theirs);
    if (!ours.equals(theirs) && !why.isEmpty()) {
      System.out.println("  " + why.strip());
    }
  }

  private void compareOutcome(String properties, String ours) {
    if (expression == null) {
      return; // Told already: we took what RocketMQ refuses.
    }
    ++pairs;
    String theirs = outcome(new Message(MessageDecoder.string2messageProperties(properties)));
    compare("outcome " + theirs, ours.equals(theirs),
        () -> "we: " + ours + ", RocketMQ: " + theirs + ", properties: " + shown(properties));
  }

  private String outcome(Message message) {
    try {
      Object result = expression.evaluate(message);
      return result == null ? "N" : result instanceof Boolean truth ? (truth ? "T" : "F") : "no Boolean";
    } catch (Exception e) {
      return "E";
    }
  }

  private void compare(String kind, boolean same, java.util.function.Supplier<String> difference) {
    counts.merge(kind, 1, Integer::sum);
    if (same) {
      ++passed;
    } else if (++failed <= SHOWN_MAX) {
      System.out.println("FAILED: " + shown(text) + ": " + difference.get());
    }
  }

  private boolean report() {
    System.out.println(pairs + " pairs of an expression and properties, " + malformed + " malformed expressions; none masked");
    counts.forEach((kind, count) -> System.out.println("  " + kind + ": " + count));
    require(pairs >= PAIRS_MIN, "there were fewer than " + PAIRS_MIN + " pairs");
    require(malformed >= MALFORMED_MIN, "there were fewer than " + MALFORMED_MIN + " malformed expressions");
    for (String letter : new String[] {"T", "F", "N", "E"}) {
      require(counts.getOrDefault("outcome " + letter, 0) >= OF_EACH_OUTCOME_MIN, "the outcome " + letter + " is too rare");
    }
    // The whole comparison is one test; thousands of pairs beside the other suites' tests would say nothing.
    System.out.println(passed + " comparisons alike, " + failed + " not");
    System.out.println(failed == 0 ? "1 passed, 0 failed" : "0 passed, 1 failed");
    return failed == 0;
  }

  private void require(boolean holds, String otherwise) {
    if (holds) {
      ++passed;
    } else {
      ++failed;
      System.out.println("FAILED: " + otherwise);
    }
  }

  private static String decoded(String base64) {
    return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
  }

  private static String shown(String text) {
    return text.replace("\u0001", "=").replace("\u0002", "; ").replace("\n", "\\n").replace("\r", "\\r");
  }
}
