// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
package petrel.compat;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumValueDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.TextFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Compares the protocol of the rocketmq-proto artefact on the class path with ours, in both directions. Each file,
 * message, enum and service is one check. Exit code 1 when any differs.
 */
public final class CompareProtos {
  private static final String FOLDER = "apache/rocketmq/v2/";

  private CompareProtos() {}

  public static void main(String[] args) throws IOException {
    if (args.length != 2) {
      System.err.println("usage: CompareProtos OUR_DESCRIPTOR_SET WRITE_THEIR_DESCRIPTOR_SET_HERE");
      System.exit(2);
    }
    FileDescriptorSet theirs = published();
    Files.write(Path.of(args[1]), theirs.toByteArray());
    FileDescriptorSet ours = FileDescriptorSet.parseFrom(Files.readAllBytes(Path.of(args[0])));
    System.exit(compare(facts(theirs), facts(ours)) ? 0 : 1);
  }

  private static FileDescriptorSet published() {
    return FileDescriptorSet.newBuilder()
        .addFile(apache.rocketmq.v2.MQDomain.getDescriptor().toProto())
        .addFile(apache.rocketmq.v2.MQService.getDescriptor().toProto())
        .addFile(apache.rocketmq.v2.MQAdmin.getDescriptor().toProto())
        .build();
  }

  /** Prints each difference and the summary; true when there is none. */
  private static boolean compare(
      SortedMap<String, SortedSet<String>> theirs, SortedMap<String, SortedSet<String>> ours) {
    Set<String> elements = new TreeSet<>(theirs.keySet());
    elements.addAll(ours.keySet());
    int failed = 0;
    for (String element : elements) {
      List<String> differences = differences(theirs.get(element), ours.get(element));
      differences.forEach(difference -> System.out.println("FAIL " + element + ": " + difference));
      failed += differences.isEmpty() ? 0 : 1;
    }
    System.out.printf("%d passed, %d failed%n", elements.size() - failed, failed);
    return failed == 0 && !elements.isEmpty();
  }

  private static List<String> differences(SortedSet<String> theirs, SortedSet<String> ours) {
    if (ours == null) {
      return List.of("missing in ours");
    }
    if (theirs == null) {
      return List.of("not in the published protocol");
    }
    List<String> result = new ArrayList<>();
    theirs.stream().filter(fact -> !ours.contains(fact)).forEach(fact -> result.add("published: " + fact));
    ours.stream().filter(fact -> !theirs.contains(fact)).forEach(fact -> result.add("ours:      " + fact));
    return result;
  }

  /** Everything that decides about names and bytes on the wire, by element. */
  private static SortedMap<String, SortedSet<String>> facts(FileDescriptorSet set) {
    SortedMap<String, SortedSet<String>> facts = new TreeMap<>();
    for (FileDescriptorProto file : set.getFileList()) {
      if (!file.getName().startsWith(FOLDER)) {
        continue; // what the compiler brings with it, and Petrel's own
      }
      facts.put("file " + file.getName(), facts(file));
      String scope = file.getPackage() + ".";
      file.getMessageTypeList().forEach(message -> addMessage(scope, message, facts));
      file.getEnumTypeList().forEach(type -> facts.put("enum " + scope + type.getName(), facts(type)));
      file.getServiceList().forEach(service -> facts.put("service " + scope + service.getName(), facts(service)));
    }
    return facts;
  }

  private static void addMessage(
      String scope, DescriptorProto message, Map<String, SortedSet<String>> facts) {
    String name = scope + message.getName();
    facts.put("message " + name, facts(message));
    message.getNestedTypeList().forEach(nested -> addMessage(name + ".", nested, facts));
    message.getEnumTypeList().forEach(type -> facts.put("enum " + name + "." + type.getName(), facts(type)));
  }

  private static SortedSet<String> facts(FileDescriptorProto file) {
    SortedSet<String> facts = new TreeSet<>();
    facts.add("syntax " + file.getSyntax());
    facts.add("package " + file.getPackage());
    file.getMessageTypeList().forEach(message -> facts.add("message " + message.getName()));
    file.getEnumTypeList().forEach(type -> facts.add("enum " + type.getName()));
    file.getServiceList().forEach(service -> facts.add("service " + service.getName()));
    file.getExtensionList().forEach(extension -> facts.add("extension " + extension.getName()));
    return facts;
  }

  private static SortedSet<String> facts(DescriptorProto message) {
    SortedSet<String> facts = new TreeSet<>();
    facts.add("options " + text(message.getOptions()));
    for (FieldDescriptorProto field : message.getFieldList()) {
      String oneof =
          field.hasOneofIndex() ? message.getOneofDecl(field.getOneofIndex()).getName() : "none";
      facts.add(
          String.format(
              "field %d %s, %s %s %s, oneof %s, proto3_optional %s, options %s",
              field.getNumber(), field.getName(), field.getLabel(), field.getType(),
              field.getTypeName(), oneof, field.getProto3Optional(), text(field.getOptions())));
    }
    return facts;
  }

  private static SortedSet<String> facts(EnumDescriptorProto type) {
    SortedSet<String> facts = new TreeSet<>();
    facts.add("options " + text(type.getOptions()));
    for (EnumValueDescriptorProto value : type.getValueList()) {
      facts.add(String.format("value %d %s", value.getNumber(), value.getName()));
    }
    return facts;
  }

  private static SortedSet<String> facts(ServiceDescriptorProto service) {
    SortedSet<String> facts = new TreeSet<>();
    for (MethodDescriptorProto method : service.getMethodList()) {
      facts.add(
          String.format(
              "method %s(%s%s) returns (%s%s)", method.getName(),
              method.getClientStreaming() ? "stream " : "", method.getInputType(),
              method.getServerStreaming() ? "stream " : "", method.getOutputType()));
    }
    return facts;
  }

  private static String text(MessageOrBuilder options) {
    return "{" + TextFormat.printer().shortDebugString(options) + "}";
  }
}
