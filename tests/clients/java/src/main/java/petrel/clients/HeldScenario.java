// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
package petrel.clients;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.rocketmq.client.apis.consumer.ConsumeResult;
import org.apache.rocketmq.client.apis.consumer.PushConsumer;
import org.apache.rocketmq.client.apis.producer.Producer;

/**
 * A push consumer works on messages while all brokers are away for longer than a delivery is
 * renewed for: none of them is delivered a second time to the client that still works on it.
 */
final class HeldScenario {
  private static final Duration LOOK = Duration.ofMillis(100);

  private HeldScenario() {}

  /** --out gets a line a held message; --until is there when the brokers are back. */
  static void run(Session session) throws Exception {
    int count = session.options.number("count", 8);
    Path out = Path.of(session.options.text("out"));
    Path until = Path.of(session.options.text("until"));
    Files.write(out, new byte[0]);
    CountDownLatch release = new CountDownLatch(1);
    Map<Integer, Integer> begun = new ConcurrentHashMap<>();
    AtomicInteger done = new AtomicInteger();
    PushConsumer consumer =
        session.pushConsumer(
            view -> {
              int index = Payload.index(view);
              begun.merge(index, 1, Integer::sum);
              if (index <= count) {
                hold(out, index, release);
              }
              done.incrementAndGet();
              return ConsumeResult.SUCCESS;
            });
    session.send(1, count + 1);
    await(() -> Files.exists(until));
    int sent = sendProbes(session, count + 1, 2 * count);
    // A delivery that is due again goes before or with what is new in its queue.
    boolean flows = await(() -> begun.size() == count + sent);
    release.countDown();
    boolean ended = await(() -> done.get() >= count + sent);
    session.report.check("flows-again", flows, "got " + begun.keySet());
    session.report.check("all-done", ended, done + " ended");
    session.report.equal("each-once", 0L, begun.values().stream().filter(n -> n != 1).count());
    DurabilityScenario.closeSoon(consumer);
  }

  private static void hold(Path out, int index, CountDownLatch release) {
    try {
      synchronized (HeldScenario.class) {
        Files.writeString(out, index + "\n", StandardOpenOption.APPEND);
      }
      release.await();
    } catch (Exception error) {
      throw new IllegalStateException(error);
    }
  }

  private static int sendProbes(Session session, int first, int last) throws Exception {
    Producer producer = session.producer(session.topic);
    for (int i = first; i <= last; i++) {
      producer.send(session.message(i));
    }
    DurabilityScenario.closeSoon(producer);
    return last - first + 1;
  }

  private static boolean await(BooleanSupplier condition) {
    long deadline = Receiver.in(DurabilityScenario.PATIENCE);
    while (!condition.getAsBoolean() && System.nanoTime() < deadline) {
      LockSupport.parkNanos(LOOK.toNanos());
    }
    return condition.getAsBoolean();
  }
}
