// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
package petrel.clients;

/** Prints one line per check and remembers whether any failed. Safe from any thread. */
final class Report {
  private final String scenario;
  private boolean failed;

  Report(String scenario) {
    this.scenario = scenario;
  }

  synchronized void check(String name, boolean ok, String why) {
    failed |= !ok;
    String reason = why.substring(0, Math.min(why.length(), 300));
    System.out.println((ok ? "PASS " : "FAIL ") + scenario + "/" + name + (ok ? "" : ": " + reason));
  }

  void equal(String name, Object expected, Object actual) {
    check(name, expected.equals(actual), "expected " + expected + ", got " + actual);
  }

  /** Passes when the action throws something whose text contains one of the given words. */
  void refused(String name, Action action, String... words) {
    try {
      action.run();
      check(name, false, "was accepted");
    } catch (Throwable error) {
      String text = describe(error);
      boolean known = words.length == 0;
      for (String word : words) {
        known |= text.contains(word);
      }
      check(name, known, "refused with " + text);
    }
  }

  static String describe(Throwable error) {
    StringBuilder text = new StringBuilder();
    for (Throwable e = error; e != null; e = e.getCause()) {
      text.append(text.isEmpty() ? "" : " <- ").append(e);
    }
    return text.toString();
  }

  synchronized boolean failed() {
    return failed;
  }

  interface Action {
    void run() throws Exception;
  }
}
