// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
package petrel.clients;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.rocketmq.client.apis.consumer.ConsumeResult;
import org.apache.rocketmq.client.apis.consumer.PushConsumer;

/** A push consumer gets each message once; the one it refuses the first time comes once more. */
final class PushScenario {
  private static final int REFUSED = 7;

  private PushScenario() {}

  private record Delivery(int index, int attempt, String difference) {}

  static void run(Session session) throws Exception {
    int count = session.options.number("count", 200);
    BlockingQueue<Delivery> deliveries = new LinkedBlockingQueue<>();
    Map<Integer, Integer> times = new HashMap<>();
    String different = "";
    int lastAttempt = 0;
    try (PushConsumer consumer =
        session.pushConsumer(
            view -> {
              int index = Payload.index(view);
              int attempt = view.getDeliveryAttempt();
              deliveries.add(new Delivery(index, attempt, Payload.difference(view)));
              return index == REFUSED && attempt == 1
                  ? ConsumeResult.FAILURE
                  : ConsumeResult.SUCCESS;
            })) {
      session.send(0, count);
      long deadline = Receiver.in(Duration.ofSeconds(90));
      Delivery delivery;
      while ((delivery = poll(deliveries, deadline)) != null) {
        times.merge(delivery.index(), 1, Integer::sum);
        different = different.isEmpty() ? delivery.difference() : different;
        lastAttempt = delivery.index() == REFUSED ? delivery.attempt() : lastAttempt;
        if (times.size() == count && times.get(REFUSED) == 2) {
          deadline = Math.min(deadline, Receiver.in(Duration.ofSeconds(5)));
        }
      }
    }
    session.report.equal("consumed-all", count, times.size());
    session.report.check("content", different.isEmpty(), different);
    session.report.equal("refused-comes-again", 2, times.getOrDefault(REFUSED, 0));
    session.report.equal("attempt-of-second-delivery", 2, lastAttempt);
    times.remove(REFUSED);
    long repeated = times.values().stream().filter(n -> n != 1).count();
    session.report.equal("others-exactly-once", 0L, repeated);
  }

  private static Delivery poll(BlockingQueue<Delivery> deliveries, long deadlineNanos)
      throws InterruptedException {
    long left = Math.max(0, deadlineNanos - System.nanoTime());
    return deliveries.poll(left, TimeUnit.NANOSECONDS);
  }
}
