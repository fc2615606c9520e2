// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
package petrel.clients;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.rocketmq.client.apis.ClientServiceProvider;
import org.apache.rocketmq.client.apis.message.Message;
import org.apache.rocketmq.client.apis.message.MessageView;

/** Message number i of a topic: every byte follows from (topic, i), so a receiver can check it all. */
final class Payload {
  static final String NOTE = "grüße ✓ 你好";
  private static final List<String> TAGS = List.of("a", "b", "c");

  private Payload() {}

  static byte[] body(String topic, int i) {
    byte[] head = (topic + "#" + i + ":").getBytes(StandardCharsets.UTF_8);
    int fill = i == 0 ? 1 << 20 : i * 37 % 2000;
    byte[] body = Arrays.copyOf(head, head.length + fill);
    for (int j = 0; j < fill; j++) {
      body[head.length + j] = (byte) (i * 31 + j);
    }
    return body;
  }

  static String tag(int i) {
    return TAGS.get(i % TAGS.size());
  }

  static Message message(ClientServiceProvider provider, String topic, int i) {
    return provider
        .newMessageBuilder()
        .setTopic(topic)
        .setBody(body(topic, i))
        .setTag(tag(i))
        .setKeys("key-" + i, "all-" + topic)
        .addProperty("index", Integer.toString(i))
        .addProperty("note", NOTE)
        .build();
  }

  static int index(MessageView view) {
    return Integer.parseInt(view.getProperties().get("index"));
  }

  /** Empty when the view is message number index(view) of its topic, or else what differs. */
  static String difference(MessageView view) {
    int i = index(view);
    String topic = view.getTopic();
    Set<String> keys = new HashSet<>(view.getKeys());
    if (!view.getBody().equals(ByteBuffer.wrap(body(topic, i)))) {
      return "body of " + i;
    }
    if (!view.getTag().orElse("").equals(tag(i))) {
      return "tag of " + i + " is " + view.getTag();
    }
    if (!keys.equals(Set.of("key-" + i, "all-" + topic))) {
      return "keys of " + i + " are " + keys;
    }
    if (!view.getProperties().equals(Map.of("index", Integer.toString(i), "note", NOTE))) {
      return "properties of " + i + " are " + view.getProperties();
    }
    return "";
  }
}
