// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
package petrel.clients;

import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.rocketmq.client.apis.ClientException;
import org.apache.rocketmq.client.apis.consumer.SimpleConsumer;
import org.apache.rocketmq.client.apis.message.MessageView;

/**
 * Keeps several receives of one SimpleConsumer in flight, because each of them waits at one queue
 * only, and hands over what they bring. Ends with the consumer: after close() the receives fail.
 */
final class Receiver implements AutoCloseable {
  private static final int RECEIVES = 8;
  private static final int BATCH = 16;
  private static final long RETRY_MS = 100;

  private final SimpleConsumer consumer;
  private final Duration invisible;
  private final BlockingQueue<MessageView> arrived = new LinkedBlockingQueue<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile Throwable lastError;

  Receiver(SimpleConsumer consumer, Duration invisible) {
    this.consumer = consumer;
    this.invisible = invisible;
    for (int i = 0; i < RECEIVES; i++) {
      Thread thread = new Thread(this::loop, "receive-" + i);
      thread.setDaemon(true);
      thread.start();
    }
  }

  private void loop() {
    do {
      try {
        arrived.addAll(consumer.receive(BATCH, invisible));
        lastError = null;
      } catch (Throwable error) {
        lastError = error;
      }
    } while (!pauseUnless(lastError == null));
  }

  /** True once closed; waits a little first when the last receive failed. */
  private boolean pauseUnless(boolean ok) {
    try {
      return closed.await(ok ? 0 : RETRY_MS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException error) {
      return true;
    }
  }

  /** The next message, or null when none comes before the deadline (System.nanoTime). */
  MessageView next(long deadlineNanos) throws InterruptedException {
    long left = Math.max(0, deadlineNanos - System.nanoTime());
    return arrived.poll(left, TimeUnit.NANOSECONDS);
  }

  void ack(MessageView view) throws ClientException {
    consumer.ack(view);
  }

  /** For messages whose broker may be down: what is not acknowledged comes again. */
  void tryAck(MessageView view) {
    consumer.ackAsync(view).exceptionally(
        error -> {
          lastError = error;
          return null;
        });
  }

  String lastError() {
    return lastError == null ? "no error" : Report.describe(lastError);
  }

  @Override
  public void close() throws Exception {
    closed.countDown();
    consumer.close();
  }

  static long in(Duration duration) {
    return System.nanoTime() + duration.toNanos();
  }
}
