// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
package petrel.clients;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.apache.rocketmq.client.apis.message.MessageView;
import org.apache.rocketmq.client.apis.producer.Producer;

/**
 * The two halves of a restart test. Brokers are killed and restarted while both run:
 * produce writes the id of each acknowledged message to a file, consume ends when it has seen all.
 */
final class DurabilityScenario {
  static final Duration PATIENCE = Duration.ofMinutes(4);
  private static final Duration RETRY = Duration.ofMillis(50);
  private static final Duration CLOSE = Duration.ofSeconds(10);
  private static final int SENDERS = 4;

  private DurabilityScenario() {}

  /** Sends until --count messages are acknowledged; --out gets one message id a line. */
  static void produce(Session session) throws Exception {
    int count = session.options.number("count", 2000);
    Path out = Path.of(session.options.text("out"));
    Files.write(out, new byte[0]);
    long deadline = Receiver.in(PATIENCE);
    AtomicInteger tickets = new AtomicInteger();
    AtomicInteger acked = new AtomicInteger();
    AtomicInteger failures = new AtomicInteger();
    Producer producer = session.producer(session.topic);
    Thread[] senders = new Thread[SENDERS];
    for (int s = 0; s < SENDERS; s++) {
      senders[s] = new Thread(() -> {
        for (int i = tickets.incrementAndGet(); i <= count; i = tickets.incrementAndGet()) {
          String id = sendUntilAcked(session, producer, i, deadline, failures);
          if (id == null) {
            return;
          }
          append(out, id);
          acked.incrementAndGet();
        }
      });
      senders[s].start();
    }
    for (Thread sender : senders) {
      sender.join();
    }
    System.out.println("INFO " + failures + " sends failed and were repeated");
    session.report.equal("all-acked", count, acked.get());
    closeSoon(producer);
  }

  /**
   * A client whose broker has just come back renews its telemetry stream after a second. When that
   * happens during close(), the client has already released its streams, forgets the new one, and
   * waits until the broker ends it, which a broker does for a client that was silent for minutes.
   */
  static void closeSoon(AutoCloseable client) throws InterruptedException {
    Thread closer = new Thread(() -> {
      try {
        client.close();
      } catch (Exception error) {
        System.out.println("INFO close failed with " + Report.describe(error));
      }
    });
    closer.setDaemon(true);
    closer.start();
    closer.join(CLOSE.toMillis());
    if (closer.isAlive()) {
      System.out.println("INFO close waits for a stream that it renewed meanwhile");
    }
  }

  private static String sendUntilAcked(
      Session session, Producer producer, int i, long deadline, AtomicInteger failures) {
    while (System.nanoTime() < deadline) {
      try {
        return producer.send(session.message(i)).getMessageId().toString();
      } catch (Throwable error) {
        failures.incrementAndGet();
        LockSupport.parkNanos(RETRY.toNanos());
      }
    }
    return null;
  }

  private static synchronized void append(Path out, String line) {
    try {
      Files.writeString(out, line + "\n", StandardOpenOption.APPEND);
    } catch (IOException error) {
      throw new IllegalStateException(error);
    }
  }

  /** Receives until --expect holds --count ids and all of them were seen. */
  static void consume(Session session) throws Exception {
    int count = session.options.number("count", 2000);
    Path expect = Path.of(session.options.text("expect"));
    Set<String> seen = new HashSet<>();
    Set<String> missing = new HashSet<>();
    int duplicates = 0;
    boolean complete = false;
    long deadline = Receiver.in(PATIENCE);
    Receiver receiver =
        new Receiver(session.simpleConsumer(session.topic, "*"), Duration.ofSeconds(20));
    while (!complete && System.nanoTime() < deadline) {
      MessageView view = receiver.next(Receiver.in(Duration.ofSeconds(1)));
      if (view != null) {
        duplicates += seen.add(view.getMessageId().toString()) ? 0 : 1;
        receiver.tryAck(view);
      }
      if (view == null || seen.size() >= count) {
        missing = acked(expect);
        complete = missing.size() == count;
        missing.removeAll(seen);
        complete &= missing.isEmpty();
      }
    }
    System.out.println("INFO " + duplicates + " came more than once");
    session.report.check("acked-all-received", complete,
        missing.size() + " acknowledged messages did not come");
    closeSoon(receiver);
  }

  static Set<String> acked(Path expect) throws IOException {
    return Files.exists(expect) ? new HashSet<>(Files.readAllLines(expect)) : new HashSet<>();
  }
}
