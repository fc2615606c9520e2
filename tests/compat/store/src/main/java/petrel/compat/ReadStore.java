// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
package petrel.compat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.rocketmq.common.BrokerConfig;
import org.apache.rocketmq.common.message.MessageDecoder;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.store.DefaultMessageStore;
import org.apache.rocketmq.store.GetMessageResult;
import org.apache.rocketmq.store.GetMessageStatus;
import org.apache.rocketmq.store.config.MessageStoreConfig;
import org.apache.rocketmq.store.stats.BrokerStatsManager;

/**
 * Opens the directory that petrel-store-sample wrote with RocketMQ's own store, which verifies every
 * record's checksums when it recovers, and reads all messages back. sample_store.cc says what they are.
 */
public final class ReadStore {
  private static final String TOPIC = "Sample";
  private static final int QUEUES = 4;
  private int passed;
  private int failed;

  public static void main(String[] args) throws Exception {
    ReadStore test = new ReadStore();
    test.run(args[0], Integer.parseInt(args[1]), Long.parseLong(args[2]));
    System.out.println(test.passed + " passed, " + test.failed + " failed");
    System.exit(test.failed == 0 ? 0 : 1);
  }

  private void run(String directory, int messages, long logEnd) throws Exception {
    MessageStoreConfig config = new MessageStoreConfig();
    config.setStorePathRootDir(directory);
    config.setStorePathCommitLog(directory + "/commitlog");
    config.setEnabledAppendPropCRC(true);
    config.setForceVerifyPropCRC(true);
    config.setTimerWheelEnable(false);
    config.setHaListenPort(0);
    DefaultMessageStore store = new DefaultMessageStore(config, new BrokerStatsManager("sample", true),
        (topic, queueId, offset, tagsCode, time, bitMap, properties) -> { }, new BrokerConfig(),
        new ConcurrentHashMap<>());
    check("the directory loads", true, store.load());
    store.start();
    check("the log ends where ours did", logEnd, store.getMaxPhyOffset());
    for (int queue = 0; queue < QUEUES; queue++) {
      check("messages of queue " + queue, (long) messages / QUEUES, store.getMaxOffsetInQueue(TOPIC, queue));
      check("sound messages read from queue " + queue, messages / QUEUES, readQueue(store, queue));
    }
    store.shutdown();
  }

  private int readQueue(DefaultMessageStore store, int queue) {
    int sound = 0;
    long offset = 0;
    while (true) {
      GetMessageResult result = store.getMessage("group", TOPIC, queue, offset, 32, null);
      if (result.getStatus() != GetMessageStatus.FOUND) {
        return sound;
      }
      for (ByteBuffer bytes : result.getMessageBufferList()) {
        MessageExt message = MessageDecoder.decode(bytes, true, false, false, false, true);
        if (message != null && isExpected(message, queue, offset)) {
          sound++;
        }
        offset++;
      }
      result.release();
    }
  }

  private static boolean isExpected(MessageExt message, int queue, long offset) {
    long number = offset * QUEUES + queue;
    return message.getQueueId() == queue
        && message.getQueueOffset() == offset
        && message.getTopic().equals(TOPIC)
        && message.getKeys().equals("key" + number)
        && message.getTags().equals(number % 2 == 0 ? "even" : "odd")
        && new String(message.getBody(), StandardCharsets.UTF_8).equals("message " + number);
  }

  private void check(String what, Object expected, Object actual) {
    if (expected.equals(actual)) {
      passed++;
    } else {
      failed++;
      System.out.println("FAILED: " + what + ": expected " + expected + ", got " + actual);
    }
  }
}
