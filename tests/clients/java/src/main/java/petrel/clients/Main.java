// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
package petrel.clients;

/** Runs one scenario of the official Java client against --endpoint; exit code 1 when it fails. */
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    Options options = Options.parse(args);
    String scenario = options.text("scenario");
    Report report = new Report(scenario);
    try {
      run(scenario, new Session(options, report));
    } catch (Throwable error) {
      report.check("completes", false, Report.describe(error));
    }
    System.out.flush();
    // The client leaves threads behind that are not daemons.
    Runtime.getRuntime().halt(report.failed() ? 1 : 0);
  }

  private static void run(String scenario, Session session) throws Exception {
    switch (scenario) {
      case "transport" -> TransportScenario.run(session);
      case "simple" -> SimpleScenario.run(session);
      case "push" -> PushScenario.run(session);
      case "tags" -> TagsScenario.run(session);
      case "redelivery" -> RedeliveryScenario.run(session);
      case "spread" -> SpreadScenario.run(session);
      case "errors" -> ErrorsScenario.run(session);
      case "produce" -> DurabilityScenario.produce(session);
      case "steady" -> SteadyScenario.run(session);
      case "consume" -> DurabilityScenario.consume(session);
      case "follow" -> FollowScenario.run(session);
      case "held" -> HeldScenario.run(session);
      default -> throw new IllegalArgumentException("unknown scenario " + scenario);
    }
  }
}
