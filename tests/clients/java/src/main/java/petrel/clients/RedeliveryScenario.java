// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
package petrel.clients;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.rocketmq.client.apis.consumer.SimpleConsumer;
import org.apache.rocketmq.client.apis.message.MessageView;

/**
 * Message 1 is left alone and comes again after the invisible duration; message 2 has its invisible
 * duration extended and comes again later. Both then have delivery attempt 2 and end with an ack.
 */
final class RedeliveryScenario {
  private static final Duration INVISIBLE = Duration.ofSeconds(10);
  private static final Duration EXTENDED = Duration.ofSeconds(20);
  /** Servers may be a little early by clock granularity, never by a second. */
  private static final Duration EARLY = Duration.ofSeconds(1);

  private RedeliveryScenario() {}

  static void run(Session session) throws Exception {
    session.send(1, 3);
    Map<Integer, Long> firstSeen = new HashMap<>();
    Map<Integer, Duration> away = new HashMap<>();
    Map<Integer, Integer> attempts = new HashMap<>();
    int extra = 0;
    SimpleConsumer consumer = session.simpleConsumer(session.topic, "*");
    try (Receiver receiver = new Receiver(consumer, INVISIBLE)) {
      long deadline = Receiver.in(Duration.ofSeconds(120));
      MessageView view;
      while ((view = receiver.next(deadline)) != null) {
        int i = Payload.index(view);
        if (!firstSeen.containsKey(i)) {
          firstSeen.put(i, System.nanoTime());
          session.report.equal("first-attempt-" + i, 1, view.getDeliveryAttempt());
          if (i == 2) {
            consumer.changeInvisibleDuration(view, EXTENDED);
          }
        } else if (!away.containsKey(i)) {
          away.put(i, Duration.ofNanos(System.nanoTime() - firstSeen.get(i)));
          attempts.put(i, view.getDeliveryAttempt());
          receiver.ack(view);
        } else {
          extra++;
        }
        if (away.size() == 2) {
          deadline = Math.min(deadline, Receiver.in(INVISIBLE.plusSeconds(2)));
        }
      }
    }
    session.report.equal("second-attempts", Map.of(1, 2, 2, 2), attempts);
    checkAway(session, "invisible-duration", away.get(1), INVISIBLE);
    checkAway(session, "changed-invisible-duration", away.get(2), EXTENDED);
    session.report.equal("acked-stays-away", 0, extra);
  }

  private static void checkAway(Session session, String name, Duration away, Duration least) {
    boolean ok = away != null && away.compareTo(least.minus(EARLY)) >= 0;
    session.report.check(name, ok, "came again after " + away + ", not before " + least);
  }
}
