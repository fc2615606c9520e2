// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/runtimes/local/local_runtime.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "common/file_util.h"
#include "common/temp_directory.h"
#include "operator/plan/testing/test_documents.h"
#include "operator/runtimes/local/data_lock.h"
#include "operator/runtimes/local/local_checks.h"
#include "operator/runtimes/local/member_config.h"

namespace petrel::ops {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;

constexpr int64_t kPatienceMs = 30'000;
constexpr MemberId kNameserver{Role::kNameserver, 0};
constexpr MemberId kNameserver1{Role::kNameserver, 1};
constexpr MemberId kBroker{Role::kBroker, 0};

// Nameservers only: a broker would be asked for its topics, which the fake one does not know.
class LocalRuntimeTest : public testing::Test {
 protected:
  LocalRuntimeTest() {
    std::filesystem::create_directory(bin_dir());
    for (const Role role : {Role::kNameserver, Role::kBroker}) {
      std::filesystem::copy_file(PETREL_FAKE_SERVER, bin_dir() + "/" + program_name(role));
    }
    layout_.data_dir = dir_.file("data");
    layout_.port_base = free_port_base();
  }

  ~LocalRuntimeTest() override { EXPECT_TRUE(stop_all(layout_).ok()); }

  std::string bin_dir() const { return dir_.file("bin"); }

  static int free_port_base() {
    const auto is_free = [](int port) {
      return check_port_is_free(static_cast<uint16_t>(port)).ok();
    };
    int base = 26'000;  // two nameservers take four
    while (!is_free(base) || !is_free(base + 1) || !is_free(base + 2) || !is_free(base + 3)) {
      base += 10;
    }
    return base;
  }

  LocalRuntime runtime(
      const std::string& cluster_spec = "", Phases phases = [](const std::string&) {}) const {
    ClusterRecord record{.port_base = layout_.port_base,
                         .cluster = {make_resource("PetrelCluster", "c", cluster_spec)}};
    return {layout_, bin_dir(), std::move(record), std::move(phases)};
  }

  // Starts what is desired of the nameserver and waits until it is ready.
  static absl::StatusOr<ReconcileResult> reconcile_nameserver(LocalRuntime& runtime) {
    auto desired = runtime.desired();
    EXPECT_TRUE(desired.ok()) << desired.status();
    std::erase_if(desired->members, [](const auto& m) { return m.first.role == Role::kBroker; });
    const SystemClock clock;
    return reconcile(*desired, runtime, clock, kPatienceMs, [](const Action&) {});
  }

  ProcessRecord process(const MemberId& member = kNameserver) const {
    return read_process_record(layout_.process_file(member))->value();
  }

  // Returns when it stands still: a signal that comes before would still be handled.
  static void hang(const ProcessRecord& process) {
    ASSERT_EQ(kill(process.pid, SIGSTOP), 0);
    const std::string stat = concat("/proc/", process.pid, "/stat");
    while (read_file(stat, 4'096).value_or(") T").find(") T") == std::string::npos) {
      std::this_thread::yield();
    }
  }

  // A nameserver that runs and answers nothing.
  ProcessRecord start_hung_nameserver() const {
    LocalRuntime first = runtime();
    EXPECT_TRUE(reconcile_nameserver(first)->plan.converged());
    const ProcessRecord hung = process();
    hang(hung);
    return hung;
  }

  void start_two_nameservers() const {
    LocalRuntime two = runtime("nameservers: {replicas: 2}");
    ASSERT_TRUE(reconcile_nameserver(two)->plan.converged());
  }

  // Each phase once, however often it is told in a row.
  static Phases recorder(std::vector<std::string>& phases) {
    return [&phases](const std::string& phase) {
      if (phases.empty() || phases.back() != phase) {
        phases.push_back(phase);
      }
    };
  }

  const TempDirectory dir_;
  Layout layout_;
};

TEST_F(LocalRuntimeTest, StartsAMemberAndAnotherRunFindsItReady) {
  LocalRuntime first = runtime();
  const auto result = reconcile_nameserver(first);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->plan.converged()) << testing::PrintToString(result->errors);
  EXPECT_EQ(result->actions_done, 1);
  LocalRuntime second = runtime();
  EXPECT_EQ(reconcile_nameserver(second)->actions_done, 0);
}

TEST_F(LocalRuntimeTest, RestartsAMemberWhoseConfigurationChanged) {
  LocalRuntime first = runtime();
  ASSERT_TRUE(reconcile_nameserver(first)->plan.converged());
  const pid_t before = process().pid;
  LocalRuntime second = runtime("nameservers: {config: {log.level: debug}}");
  const auto result = reconcile_nameserver(second);
  EXPECT_TRUE(result->plan.converged()) << testing::PrintToString(result->errors);
  EXPECT_EQ(result->actions_done, 1);
  EXPECT_NE(process().pid, before);
}

TEST_F(LocalRuntimeTest, RestartsAMemberWhoseProgramChanged) {
  LocalRuntime first = runtime();
  ASSERT_TRUE(reconcile_nameserver(first)->plan.converged());
  const pid_t before = process().pid;
  const std::string program = bin_dir() + "/petrel-nameserver";
  std::filesystem::remove(program);
  std::filesystem::copy_file(PETREL_FAKE_SERVER, program);
  LocalRuntime second = runtime();
  EXPECT_TRUE(reconcile_nameserver(second)->plan.converged());
  EXPECT_NE(process().pid, before);
}

TEST_F(LocalRuntimeTest, StartsAMemberThatDiedAgain) {
  LocalRuntime first = runtime();
  ASSERT_TRUE(reconcile_nameserver(first)->plan.converged());
  const ProcessRecord died = process();
  ASSERT_EQ(kill(died.pid, SIGKILL), 0);
  while (is_running(died)) {
  }
  LocalRuntime second = runtime();
  EXPECT_EQ(reconcile_nameserver(second)->actions_done, 1);
  EXPECT_TRUE(is_running(process()));
}

// The hung one is woken when the wait for it was told, and so ends in order.
TEST_F(LocalRuntimeTest, AMemberThatHangsIsToldSoonWithWhatEndsTheWait) {
  const ProcessRecord hung = start_hung_nameserver();
  const SystemClock clock;
  int64_t told_us = 0;
  std::vector<std::string> phases;
  LocalRuntime second = runtime("", [&](const std::string& phase) {
    if (phases.empty() || phases.back() != phase) {
      phases.push_back(phase);
    }
    if (told_us == 0 && phase.find("answers nothing") != std::string::npos) {
      told_us = clock.mono_us();
      kill(hung.pid, SIGCONT);
    }
  });
  const int64_t began_us = clock.mono_us();
  ASSERT_TRUE(second.act({.kind = ActionKind::kRestartMember, .member = kNameserver}).ok());
  EXPECT_LT(told_us - began_us, 5'000'000);
  ASSERT_GE(phases.size(), 2u);
  EXPECT_EQ(phases.front(),
            "nameserver-0 answers nothing; waiting until 10 s after it was told to stop, it is "
            "then killed");
  EXPECT_EQ(phases.back(), "nameserver-0 has stopped");
}

// One that is slow once may answer the next moment, so nothing is decided by it.
TEST_F(LocalRuntimeTest, ThatAMemberDoesNotAnswerIsShownAndNotTakenForAReason) {
  LocalRuntime runtime_object = runtime();
  ASSERT_TRUE(reconcile_nameserver(runtime_object)->plan.converged());
  hang(process());
  const auto snapshot = runtime_object.observe();
  ASSERT_EQ(kill(process().pid, SIGCONT), 0);
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  const ObservedMember& silent = snapshot->members.at(kNameserver);
  EXPECT_FALSE(silent.ready);
  EXPECT_EQ(silent.says, "answers nothing");
  EXPECT_EQ(silent.waiting, "");
}

TEST_F(LocalRuntimeTest, MembersThatHangAreWaitedForAtTheSameTime) {
  start_two_nameservers();
  hang(process());
  hang(process(kNameserver1));
  std::vector<std::string> phases;
  const auto done = stop_all(layout_, recorder(phases), 15'000);
  ASSERT_TRUE(done.ok()) << done.status();
  const std::string hangs =
      " answers nothing; waiting until 15 s after it was told to stop, it is then killed";
  const std::string killed = " did not stop within 15 s and was killed";
  EXPECT_THAT(phases, ElementsAre("stop nameserver-0", "stop nameserver-1", "nameserver-0" + hangs,
                                  "nameserver-1" + hangs, "nameserver-0" + killed,
                                  "nameserver-1" + killed));
  EXPECT_THAT(*done, ElementsAre("stop nameserver-0", "stop nameserver-1", "nameserver-0" + killed,
                                 "nameserver-1" + killed));
}

TEST_F(LocalRuntimeTest, ThatEachMemberHasStoppedIsTold) {
  start_two_nameservers();
  std::vector<std::string> phases;
  EXPECT_THAT(*stop_all(layout_, recorder(phases)),
              ElementsAre("stop nameserver-0", "stop nameserver-1"));
  EXPECT_THAT(phases, IsSupersetOf({"nameserver-0 has stopped", "nameserver-1 has stopped"}));
  EXPECT_THAT(*stop_all(layout_), IsEmpty());
}

// As after Ctrl-C and the same command again.
TEST_F(LocalRuntimeTest, WhereNothingCanBeWrittenNothingIsStopped) {
  LocalRuntime runtime_object = runtime();
  ASSERT_TRUE(reconcile_nameserver(runtime_object)->plan.converged());
  ASSERT_TRUE(std::filesystem::create_directories(layout_.stopping_file(kNameserver)));
  const absl::Status refused =
      runtime_object.act({.kind = ActionKind::kRestartMember, .member = kNameserver});
  EXPECT_THAT(std::string(refused.message()), HasSubstr("nameserver-0 is not stopped"));
  EXPECT_TRUE(is_running(process()));
  EXPECT_TRUE(reconcile_nameserver(runtime_object)->plan.converged()) << "it was told nothing";
}

TEST_F(LocalRuntimeTest, TheTimeToStopCountsFromTheSignalOfAnInterruptedCommand) {
  const ProcessRecord hung = start_hung_nameserver();
  const SystemClock clock;
  std::ofstream(layout_.stopping_file(kNameserver)) << concat(
      hung.pid, " ", hung.start_ticks, " ", hung.boot_id, " ", clock.mono_us() - 10'000'000);
  std::vector<std::string> phases;
  LocalRuntime second = runtime("", recorder(phases));
  ASSERT_TRUE(second.act({.kind = ActionKind::kStopMember, .member = kNameserver}).ok());
  EXPECT_THAT(phases, ElementsAre("nameserver-0 did not stop within 10 s and was killed"));
}

TEST_F(LocalRuntimeTest, AMemberThatEndsAtOnceIsToldWithItsLastWords) {
  std::filesystem::create_directories(layout_.member_dir(kNameserver));
  std::ofstream(layout_.member_dir(kNameserver) + "/fail") << "x";
  LocalRuntime runtime_object = runtime();
  const auto result = reconcile_nameserver(runtime_object);
  EXPECT_FALSE(result->plan.converged());
  EXPECT_EQ(result->plan.conditions.at("PetrelCluster/c")[0].message,
            concat("nameserver-0 ended with code 7 right after its start: cannot open the store "
                   "(all of it is in ",
                   layout_.log_file(kNameserver), ")"));
}

TEST_F(LocalRuntimeTest, APortThatIsTakenIsToldBeforeAnythingStarts) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(layout_.grpc_port(kNameserver));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_EQ(listen(fd, 1), 0);
  LocalRuntime runtime_object = runtime();
  const auto result = reconcile_nameserver(runtime_object);
  close(fd);
  ASSERT_EQ(result->errors.size(), 1u);
  EXPECT_THAT(std::string(result->errors.front().message()),
              HasSubstr(concat("start nameserver-0: port ", layout_.grpc_port(kNameserver),
                               " is in use by another process")));
}

TEST_F(LocalRuntimeTest, ConfigurationThatTheProgramRefusesIsToldWithItsWords) {
  EXPECT_TRUE(runtime().check_configurations().ok());
  const absl::Status refused = runtime("broker: {config: {refused: \"1\"}}").check_configurations();
  EXPECT_TRUE(absl::IsInvalidArgument(refused));
  EXPECT_THAT(std::string(refused.message()),
              HasSubstr("PetrelCluster/c: spec.broker.config: petrel-broker refuses it: unknown "
                        "key 'refused'"))
      << "the words alone, without the place in a file that nobody has";
  EXPECT_THAT(
      std::string(
          runtime("broker: {config: {store.flush-mode: sync}}").check_configurations().message()),
      HasSubstr("spec.broker.config: store.flush-mode follows from spec.broker.flushMode"));
}

TEST_F(LocalRuntimeTest, BrokerGroupsThatExistStayDesired) {
  std::filesystem::create_directories(layout_.member_dir({Role::kBroker, 2}));
  const auto desired = runtime().desired();
  ASSERT_TRUE(desired.ok()) << desired.status();
  EXPECT_EQ(desired->members.count({Role::kBroker, 1}), 1u);
  EXPECT_EQ(desired->members.count({Role::kBroker, 2}), 1u);
}

TEST_F(LocalRuntimeTest, AForgottenDocumentLeavesTheRecord) {
  std::filesystem::create_directories(layout_.data_dir);
  ClusterRecord record{.cluster = {make_resource("PetrelCluster", "c", "")},
                       .topics = {{.resource = topic_resource("a"), .deleting = true},
                                  {.resource = topic_resource("b")}}};
  LocalRuntime object(layout_, bin_dir(), record);
  Action forget;
  forget.kind = ActionKind::kForgetDocument;
  forget.object = "PetrelTopic/a";
  ASSERT_TRUE(object.act(forget).ok());
  const auto saved = load_record(layout_.record_file());
  ASSERT_TRUE(saved.ok() && saved->has_value());
  ASSERT_EQ((*saved)->topics.size(), 1u);
  EXPECT_EQ((*saved)->topics[0].resource.name, "b");
}

TEST(Layout, PortsOfMembersNeverCollide) {
  for (const int base : {0, 21'000}) {
    const Layout layout{.port_base = base};
    std::set<uint16_t> ports;
    for (int i = 0; i < 128; ++i) {
      for (const Role role : {Role::kNameserver, Role::kBroker}) {
        if (role == Role::kBroker || i < 16) {
          EXPECT_TRUE(ports.insert(layout.grpc_port({role, i})).second);
          EXPECT_TRUE(ports.insert(layout.http_port({role, i})).second);
        }
      }
    }
  }
  EXPECT_EQ(Layout{}.grpc_port(kBroker), 8081);
  EXPECT_EQ(Layout{}.http_port(kBroker), 5557);
  EXPECT_EQ(Layout{}.grpc_port(kNameserver), 8080);
  EXPECT_EQ(Layout{}.http_port(kNameserver), 5558);
  EXPECT_EQ(Layout{}.grpc_port({Role::kBroker, 1}), 18'081);
}

TEST(DataLock, IsHeldByOneAtATime) {
  const TempDirectory dir;
  auto first = DataLock::take(dir.path(), dir.file("lock"));
  ASSERT_TRUE(first.ok());
  EXPECT_THAT(std::string(DataLock::take(dir.path(), dir.file("lock")).status().message()),
              HasSubstr("another petrelctl is at work"));
  first->reset();
  EXPECT_TRUE(DataLock::take(dir.path(), dir.file("lock")).ok());
}

}  // namespace
}  // namespace petrel::ops
