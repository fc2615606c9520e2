// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/runtimes/local/local_runtime.h"

#include <absl/strings/numbers.h>
#include <dirent.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "common/concat.h"
#include "common/file_util.h"
#include "common/status.h"
#include "operator/runtimes/local/local_checks.h"
#include "operator/runtimes/local/member_config.h"
#include "operator/runtimes/local/port_holder.h"
#include "operator/runtimes/members/stop_time.h"

namespace petrel::ops {

namespace {

constexpr int kPollIntervalMs = 25;
constexpr mode_t kConfigMode = 0644;

std::optional<MemberId> member_of(std::string_view dir_name) {
  for (const Role role : {Role::kNameserver, Role::kBroker}) {
    const std::string prefix =
        MemberId{role, 0}.name().substr(0, MemberId{role, 0}.name().size() - 1);
    int index = 0;
    if (dir_name.substr(0, prefix.size()) == prefix &&
        absl::SimpleAtoi(std::string(dir_name.substr(prefix.size())), &index) && index >= 0 &&
        MemberId{role, index}.name() == dir_name) {
      return MemberId{role, index};
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<MemberId> existing_members(const std::string& data_dir) {
  std::vector<MemberId> members;
  DIR* dir = opendir(data_dir.c_str());
  if (dir == nullptr) {
    return members;
  }
  while (const dirent* entry = readdir(dir)) {
    if (const std::optional<MemberId> member = member_of(entry->d_name)) {
      members.push_back(*member);
    }
  }
  closedir(dir);
  std::sort(members.begin(), members.end());
  return members;
}

LocalRuntime::LocalRuntime(Layout layout, std::string bin_dir, ClusterRecord record, Phases phases)
    : layout_(std::move(layout)),
      bin_dir_(std::move(bin_dir)),
      record_(std::move(record)),
      phases_(std::move(phases)) {}

LocalRuntime::~LocalRuntime() = default;

absl::StatusOr<std::map<MemberId, std::string>> LocalRuntime::configs() const {
  const ClusterSpec spec = cluster_spec(record_.cluster.resource);
  int broker_groups = spec.broker_groups;
  for (const MemberId& member : existing_members(layout_.data_dir)) {
    if (member.role == Role::kBroker) {
      broker_groups = std::max(broker_groups, member.index + 1);
    }
  }
  std::map<MemberId, std::string> configs;
  const auto add = [&](const MemberId& member) -> absl::Status {
    PETREL_ASSIGN_OR_RETURN(configs[member],
                            member_config(record_.cluster.resource, layout_, member));
    return absl::OkStatus();
  };
  for (int i = 0; i < spec.nameservers; ++i) {
    PETREL_RETURN_IF_ERROR(add({Role::kNameserver, i}));
  }
  for (int i = 0; i < broker_groups; ++i) {
    PETREL_RETURN_IF_ERROR(add({Role::kBroker, i}));
  }
  return configs;
}

absl::StatusOr<Desired> LocalRuntime::desired() const {
  Desired desired = desired_of(record_);
  PETREL_ASSIGN_OR_RETURN(const auto all, configs());
  for (const auto& [member, config] : all) {
    PETREL_ASSIGN_OR_RETURN(const std::string program, program_file(bin_dir_, member.role));
    PETREL_ASSIGN_OR_RETURN(desired.members[member], member_digest(config, program));
  }
  return desired;
}

absl::Status LocalRuntime::check_configurations() const {
  // Members of one role differ only in names and ports.
  for (const MemberId& member : {MemberId{Role::kNameserver, 0}, MemberId{Role::kBroker, 0}}) {
    PETREL_RETURN_IF_ERROR(check_configuration_of(member));
  }
  return absl::OkStatus();
}

absl::Status LocalRuntime::check_configuration_of(const MemberId& member) const {
  PETREL_ASSIGN_OR_RETURN(const std::string config,
                          member_config(record_.cluster.resource, layout_, member));
  PETREL_ASSIGN_OR_RETURN(const std::string program, program_file(bin_dir_, member.role));
  return annotate(check_configuration(program, config),
                  concat(record_.cluster.resource.declared_at, ": ", record_.cluster.resource.id(),
                         ": spec.", member.role == Role::kBroker ? "broker" : "nameservers",
                         ".config: ", program_name(member.role), " refuses it"));
}

absl::Status LocalRuntime::check_ports() const {
  PETREL_ASSIGN_OR_RETURN(const auto all, configs());
  std::string taken;
  for (const auto& [member, config] : all) {
    PETREL_ASSIGN_OR_RETURN(const std::optional<ProcessRecord> process,
                            read_process_record(layout_.process_file(member)));
    if (process && is_running(*process)) {
      continue;
    }
    for (const uint16_t port : {layout_.grpc_port(member), layout_.http_port(member)}) {
      if (check_port_is_free(port).ok()) {
        continue;
      }
      const std::string holder = port_holder(port);
      taken += concat(taken.empty() ? "" : "; ", "port ", port, " of ", member.name(),
                      " is in use by ", holder.empty() ? "another process" : holder);
    }
  }
  return taken.empty() ? absl::OkStatus()
                       : absl::FailedPreconditionError(
                             concat(taken,
                                    ". Nothing was started: stop what is in the way, or move "
                                    "this cluster with --port-base"));
}

absl::StatusOr<Snapshot> LocalRuntime::observe() {
  Snapshot snapshot;
  for (const MemberId& member : existing_members(layout_.data_dir)) {
    PETREL_ASSIGN_OR_RETURN(snapshot.members[member], observe_member(member));
    if (member.role == Role::kBroker && snapshot.members[member].ready) {
      absl::StatusOr<BrokerContent> content = admin(member).content();
      if (content.ok()) {
        snapshot.brokers[member] = std::make_shared<const BrokerContent>(*std::move(content));
      }
    }
  }
  return snapshot;
}

absl::StatusOr<ObservedMember> LocalRuntime::observe_member(const MemberId& member) {
  ObservedMember observed;
  PETREL_ASSIGN_OR_RETURN(const std::optional<ProcessRecord> process,
                          read_process_record(layout_.process_file(member)));
  if (!process) {
    return observed;
  }
  if (is_running(*process)) {
    observed.running = true;
    observed.digest = process->digest;
    const Readiness readiness = ask_readiness(layout_.http_port(member));
    observed.ready = readiness.kind == Readiness::Kind::kReady;
    observed.says = readiness.kind == Readiness::Kind::kSilent ? "answers nothing" : readiness.why;
    if (const auto started = started_.find(member); observed.ready && started != started_.end()) {
      int64_t& ready_at_us = started->second.ready_at_us;
      ready_at_us = ready_at_us == 0 ? clock_.mono_us() : ready_at_us;
      observed.ready_for_ms = (clock_.mono_us() - ready_at_us) / 1000;
    }
  } else if (const auto started = started_.find(member); started != started_.end()) {
    if (started->second.end.empty()) {
      started->second.end = concat(how_it_ended(*process),
                                   " right after its start: ", last_line(layout_.log_file(member)),
                                   " (all of it is in ", layout_.log_file(member), ")");
    }
    observed.failure = started->second.end;
  }
  return observed;
}

BrokerAdmin& LocalRuntime::admin(const MemberId& broker) {
  std::unique_ptr<BrokerAdmin>& admin = admins_[broker];
  if (admin == nullptr) {
    admin = std::make_unique<BrokerAdmin>(Connection{.address = layout_.grpc_address(broker)});
  }
  return *admin;
}

absl::Status LocalRuntime::act(const Action& action) {
  switch (action.kind) {
    case ActionKind::kCheckConfiguration:
    case ActionKind::kRepairObject:
      break;  // observe() asks for none
    case ActionKind::kStartMember:
      return start(action.member);
    case ActionKind::kStopMember:
      return stop(action.member);
    case ActionKind::kRestartMember:
      PETREL_RETURN_IF_ERROR(stop(action.member));
      return start(action.member);
    case ActionKind::kApplyTopics:
    case ActionKind::kDeleteTopics:
    case ActionKind::kApplyGroups:
    case ActionKind::kDeleteGroups:
      return admin(action.member).write(action);
    case ActionKind::kForgetDocument:
      return forget(action.object);
  }
  return absl::InternalError("unknown action");
}

void LocalRuntime::wait() { poll(nullptr, 0, kPollIntervalMs); }

absl::Status LocalRuntime::start(const MemberId& member) {
  for (const uint16_t port : {layout_.grpc_port(member), layout_.http_port(member)}) {
    PETREL_RETURN_IF_ERROR(check_port_is_free(port));
  }
  PETREL_ASSIGN_OR_RETURN(const std::string program, program_file(bin_dir_, member.role));
  PETREL_ASSIGN_OR_RETURN(const std::string config,
                          member_config(record_.cluster.resource, layout_, member));
  PETREL_ASSIGN_OR_RETURN(const std::string digest, member_digest(config, program));
  PETREL_RETURN_IF_ERROR(make_directories(layout_.member_dir(member)));
  PETREL_RETURN_IF_ERROR(write_file_atomic(layout_.config_file(member), config, kConfigMode));
  PETREL_RETURN_IF_ERROR(start_process({.program = program,
                                        .arguments = {"--config=" + layout_.config_file(member)},
                                        .working_dir = layout_.member_dir(member),
                                        .log_file = layout_.log_file(member),
                                        .record_file = layout_.process_file(member),
                                        .digest = digest})
                             .status());
  started_[member] = {};
  return absl::OkStatus();
}

// A second signal would end at once what an interrupted command has left leaving.
absl::StatusOr<int64_t> LocalRuntime::terminate_once(const MemberId& member,
                                                     const ProcessRecord& process) {
  const std::string file = layout_.stopping_file(member);
  const std::string mark = concat(process.pid, " ", process.start_ticks, " ", process.boot_id, " ");
  const std::string left = read_file(file, 1'000).value_or("");
  int64_t told_us = 0;
  if (is_running(process) && left.starts_with(mark) &&
      absl::SimpleAtoi(left.substr(mark.size()), &told_us)) {
    return told_us;
  }
  // On a full disk it could not be started again, so it is not stopped.
  PETREL_RETURN_IF_ERROR(
      annotate(write_file_atomic(file, concat("to be told: ", mark), kConfigMode),
               concat(member.name(), " is not stopped")));
  told_us = clock_.mono_us();
  PETREL_RETURN_IF_ERROR(terminate(process));
  PETREL_RETURN_IF_ERROR(write_file_atomic(file, concat(mark, told_us), kConfigMode));
  return told_us;
}

absl::Status LocalRuntime::stop(const MemberId& member) {
  started_.erase(member);
  PETREL_ASSIGN_OR_RETURN(const std::optional<ProcessRecord> process,
                          read_process_record(layout_.process_file(member)));
  if (!process) {
    return absl::OkStatus();
  }
  // Nobody would read from an idle connection that the process, ending, says goodbye on, and it
  // would wait for its grace period.
  admins_.erase(member);
  PETREL_ASSIGN_OR_RETURN(const int64_t told_us, terminate_once(member, *process));
  return wait_until_stopped(
             {{.id = member,
               .http_port = layout_.http_port(member),
               .process = *process,
               .told_us = told_us,
               .kill_ms = stop_time_ms(cluster_spec(record_.cluster.resource), member.role)}},
             phases_)
      .status();
}

absl::Status LocalRuntime::forget(const std::string& document) {
  const auto is_it = [&](const Document& d) { return d.deleting && d.resource.id() == document; };
  std::erase_if(record_.topics, is_it);
  std::erase_if(record_.groups, is_it);
  return save_record(layout_.record_file(), record_);
}

absl::StatusOr<std::vector<std::string>> stop_all(const Layout& layout, const Phases& phases,
                                                  int64_t kill_ms) {
  const SystemClock clock;
  std::vector<std::string> done;
  for (const Role role : {Role::kBroker, Role::kNameserver}) {
    std::vector<StoppingMember> stopping;
    for (const MemberId& member : existing_members(layout.data_dir)) {
      PETREL_ASSIGN_OR_RETURN(const std::optional<ProcessRecord> process,
                              read_process_record(layout.process_file(member)));
      if (member.role == role && process && is_running(*process)) {
        done.push_back(concat("stop ", member.name()));
        phases(done.back());
        stopping.push_back({.id = member,
                            .http_port = layout.http_port(member),
                            .process = *process,
                            .told_us = clock.mono_us(),
                            .kill_ms = kill_ms});
        PETREL_RETURN_IF_ERROR(interrupt(*process));
      }
    }
    PETREL_ASSIGN_OR_RETURN(const std::vector<std::string> killed,
                            wait_until_stopped(stopping, phases));
    done.insert(done.end(), killed.begin(), killed.end());
  }
  return done;
}

}  // namespace petrel::ops
