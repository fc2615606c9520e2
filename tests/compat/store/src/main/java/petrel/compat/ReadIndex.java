// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
package petrel.compat;

import java.io.File;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.rocketmq.common.BrokerConfig;
import org.apache.rocketmq.common.message.MessageAccessor;
import org.apache.rocketmq.common.message.MessageConst;
import org.apache.rocketmq.common.message.MessageDecoder;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageExtBrokerInner;
import org.apache.rocketmq.store.DefaultMessageStore;
import org.apache.rocketmq.store.PutMessageStatus;
import org.apache.rocketmq.store.QueryMessageResult;
import org.apache.rocketmq.store.config.MessageStoreConfig;
import org.apache.rocketmq.store.index.IndexFile;
import org.apache.rocketmq.store.stats.BrokerStatsManager;

/**
 * Reads the index of a directory that petrel-index-sample wrote, which says what the messages are.
 *
 * <p>read: RocketMQ finds messages by key, by message id and by time in our files, without indexing anything itself;
 * and its own IndexFile, given the same keys, makes the same bytes.
 *
 * <p>extend: RocketMQ goes on with the directory, indexing what it stores, and finds its messages and ours.
 */
public final class ReadIndex {
  private static final String TOPIC = "Indexed";
  private static final long BEGIN_MS = 1_700_000_000_000L;
  private static final int SLOTS = 100;
  private static final int ENTRIES = 1000;
  private static final int MORE = 50;
  private final String directory;
  private final int messages;
  private int passed;
  private int failed;

  private ReadIndex(String directory, int messages) {
    this.directory = directory;
    this.messages = messages;
  }

  public static void main(String[] args) throws Exception {
    ReadIndex test = new ReadIndex(args[1], Integer.parseInt(args[2]));
    if (args[0].equals("read")) {
      test.read(args[3]);
    } else {
      test.extend();
    }
    System.out.println(test.passed + " passed, " + test.failed + " failed");
    System.exit(test.failed == 0 ? 0 : 1);
  }

  private DefaultMessageStore open(boolean indexing) throws Exception {
    MessageStoreConfig config = new MessageStoreConfig();
    config.setStorePathRootDir(directory);
    config.setStorePathCommitLog(directory + "/commitlog");
    config.setEnabledAppendPropCRC(true);
    config.setTimerWheelEnable(false);
    config.setHaListenPort(0);
    config.setMaxHashSlotNum(SLOTS);
    config.setMaxIndexNum(ENTRIES);
    config.setMaxMsgsNumBatch(100_000);
    config.setMessageIndexEnable(indexing);
    DefaultMessageStore store = new DefaultMessageStore(config, new BrokerStatsManager("sample", true),
        (topic, queueId, offset, tagsCode, time, bitMap, properties) -> { }, new BrokerConfig(),
        new ConcurrentHashMap<>());
    check("the directory loads", true, store.load());
    store.start();
    return store;
  }

  private void read(String scratch) throws Exception {
    DefaultMessageStore store = open(false);
    List<String> missing = new ArrayList<>();
    for (int n = 0; n < messages; n++) {
      for (String key : new String[] {"key" + n, "ID" + n}) {
        if (!query(store, key, 0, Long.MAX_VALUE).equals(List.of("message " + n))) {
          missing.add(key);
        }
      }
    }
    check("keys and ids that are not found", List.of(), missing);
    check("messages of a key that occurs often", bodies(0, messages, 2), query(store, "even", 0, Long.MAX_VALUE));
    int third = messages / 3;
    check("messages of such a key by time", bodies(third / 2 * 2, 2 * third, 2),
        query(store, "even", BEGIN_MS + third / 2 * 2 * 1000L, BEGIN_MS + (2 * third - 1) * 1000L));
    check("messages of a key that does not occur", List.of(), query(store, "none", 0, Long.MAX_VALUE));
    compareBytes(store, scratch);
    store.shutdown();
  }

  private void extend() throws Exception {
    DefaultMessageStore store = open(true);
    for (int n = messages; n < messages + MORE; n++) {
      MessageExtBrokerInner message = new MessageExtBrokerInner();
      message.setTopic(TOPIC);
      message.setQueueId(0);
      message.setBody(("message " + n).getBytes(StandardCharsets.UTF_8));
      message.setKeys("key" + n + " " + (n % 2 == 0 ? "even" : "odd"));
      MessageAccessor.putProperty(message, MessageConst.PROPERTY_UNIQ_CLIENT_MESSAGE_ID_KEYIDX, "ID" + n);
      message.setPropertiesString(MessageDecoder.messageProperties2String(message.getProperties()));
      message.setBornTimestamp(System.currentTimeMillis());
      message.setBornHost(new InetSocketAddress("127.0.0.1", 4711));
      message.setStoreHost(new InetSocketAddress("127.0.0.1", 8081));
      if (store.putMessage(message).getPutMessageStatus() != PutMessageStatus.PUT_OK) {
        check("message " + n + " is stored", true, false);
      }
    }
    while (store.dispatchBehindBytes() > 0) {
      Thread.sleep(10);
    }
    check("ours and its own by one key", bodies(0, messages + MORE, 2), query(store, "even", 0, Long.MAX_VALUE));
    check("its own by id", List.of("message " + messages), query(store, "ID" + messages, 0, Long.MAX_VALUE));
    store.shutdown();
  }

  // Each of our files again, made by RocketMQ from the messages that it holds.
  private void compareBytes(DefaultMessageStore store, String scratch) throws Exception {
    File[] files = new File(directory, "index").listFiles();
    Arrays.sort(files);
    check("there are several files", true, files.length > 3);
    new File(scratch).mkdirs();
    long offset = 0;
    for (File file : files) {
      long end = ByteBuffer.wrap(Files.readAllBytes(file.toPath())).getLong(24);
      String twin = scratch + "/" + file.getName();
      IndexFile index = new IndexFile(twin, SLOTS, ENTRIES, 0, 0);
      while (offset <= end) {
        MessageExt message = store.lookMessageByOffset(offset);
        index.putKey(TOPIC + "#" + message.getProperty(MessageConst.PROPERTY_UNIQ_CLIENT_MESSAGE_ID_KEYIDX), offset,
            message.getStoreTimestamp());
        for (String key : message.getKeys().split(" ")) {
          index.putKey(TOPIC + "#" + key, offset, message.getStoreTimestamp());
        }
        offset += message.getStoreSize();
      }
      index.shutdown();
      check("bytes alike in " + file.getName(), -1L, Files.mismatch(file.toPath(), Path.of(twin)));
    }
  }

  private static List<String> query(DefaultMessageStore store, String key, long begin, long end) {
    QueryMessageResult result = store.queryMessage(TOPIC, key, 100_000, begin, end);
    List<String> found = new ArrayList<>();
    for (ByteBuffer bytes : result.getMessageBufferList()) {
      MessageExt message = MessageDecoder.decode(bytes, true, false, false, false, true);
      found.add(new String(message.getBody(), StandardCharsets.UTF_8));
    }
    result.release();
    return found;
  }

  private static List<String> bodies(int from, int to, int step) {
    return IntStream.range(from, to).filter(n -> (n - from) % step == 0).mapToObj(n -> "message " + n)
        .collect(Collectors.toList());
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
