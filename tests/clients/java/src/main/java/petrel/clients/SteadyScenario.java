// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
package petrel.clients;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.apache.rocketmq.client.apis.producer.Producer;

/** Sends at a steady pace, each message once, while brokers are rolled: no send may fail. */
final class SteadyScenario {
  private static final Duration PACE = Duration.ofMillis(10);
  private static final int SENDERS = 4;

  private SteadyScenario() {}

  /** Until there is a file --until; --out gets the id of each acknowledged message. */
  static void run(Session session) throws Exception {
    Path until = Path.of(session.options.text("until"));
    Path out = Path.of(session.options.text("out"));
    Files.write(out, new byte[0]);
    long deadline = Receiver.in(DurabilityScenario.PATIENCE);
    AtomicInteger sent = new AtomicInteger();
    AtomicInteger failed = new AtomicInteger();
    AtomicReference<String> why = new AtomicReference<>("");
    Producer producer = session.producer(session.topic);
    Thread[] senders = new Thread[SENDERS];
    for (int s = 0; s < SENDERS; s++) {
      senders[s] = new Thread(() -> {
        while (!Files.exists(until) && System.nanoTime() < deadline) {
          int i = sent.incrementAndGet();
          try {
            append(out, producer.send(session.message(i)).getMessageId().toString());
          } catch (Throwable error) {
            failed.incrementAndGet();
            why.compareAndSet("", Report.describe(error));
          }
          LockSupport.parkNanos(PACE.toNanos());
        }
      });
      senders[s].start();
    }
    for (Thread sender : senders) {
      sender.join();
    }
    System.out.println("INFO " + failed + " of " + sent + " sends failed");
    session.report.check("none-failed", failed.get() == 0, why.get());
    session.report.check("sent-to-the-end", Files.exists(until), "the roll took too long");
    DurabilityScenario.closeSoon(producer);
  }

  private static synchronized void append(Path out, String line) throws IOException {
    Files.writeString(out, line + "\n", StandardOpenOption.APPEND);
  }
}
