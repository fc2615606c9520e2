// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/runtimes/local/process.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

// glibc 2.36 forgot that C++ reads this header too.
extern "C" {
#include <sys/pidfd.h>
}

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/concat.h"
#include "common/file_util.h"
#include "common/status.h"

namespace petrel::ops {

namespace {

using nlohmann::json;

constexpr int64_t kSmallFileBytesMax = 64 << 10;
constexpr int64_t kKillTimeoutMs = 10'000;

class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() { reset(); }
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  void reset() {
    if (fd_ >= 0) {
      close(fd_);
      fd_ = -1;
    }
  }

 private:
  int fd_;
};

// /proc files say nothing of their size, so read_file does not fit.
std::string read_proc(const std::string& path) {
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 4096> buffer;
  const ssize_t size = fd.valid() ? read(fd.get(), buffer.data(), buffer.size()) : 0;
  return std::string(buffer.data(), size > 0 ? static_cast<size_t>(size) : 0);
}

std::string boot_id() {
  std::string id = read_proc("/proc/sys/kernel/random/boot_id");
  return id.substr(0, id.find('\n'));
}

struct ProcStat {
  char state = 0;
  int32_t threads = 0;
  uint64_t start_ticks = 0;
};

// None when there is no such process. The name, field 2, may hold anything, so fields are counted
// after its closing parenthesis.
std::optional<ProcStat> proc_stat(pid_t pid) {
  const std::string text = read_proc(concat("/proc/", pid, "/stat"));
  const size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) {
    return std::nullopt;
  }
  const std::vector<std::string> fields =
      absl::StrSplit(text.substr(name_end + 1), ' ', absl::SkipEmpty());
  // Fields 20 and 22, the first one here being field 3.
  constexpr size_t kThreads = 17;
  constexpr size_t kStartTicks = 19;
  ProcStat stat;
  if (fields.size() <= kStartTicks || fields[0].size() != 1 ||
      !absl::SimpleAtoi(fields[kThreads], &stat.threads) ||
      !absl::SimpleAtoi(fields[kStartTicks], &stat.start_ticks)) {
    return std::nullopt;
  }
  stat.state = fields[0][0];
  return stat;
}

// While other threads of a killed process still end, its first one is a zombie already; until the
// last is gone, its ports are taken.
bool has_ended(const ProcStat& stat) {
  return (stat.state == 'Z' || stat.state == 'X') && stat.threads <= 1;
}

// A descriptor of exactly this process, or an invalid one when it has ended. What is done through
// it cannot hit another process.
Fd open_process(const ProcessRecord& process) {
  if (process.boot_id != boot_id()) {
    return Fd();
  }
  Fd fd(pidfd_open(process.pid, 0));
  if (!fd.valid()) {
    return Fd();
  }
  // The identity is checked after opening: then the id cannot pass to another one any more.
  const std::optional<ProcStat> stat = proc_stat(process.pid);
  if (!stat || stat->start_ticks != process.start_ticks || has_ended(*stat)) {
    return Fd();
  }
  return fd;
}

// Returns whether it ended in time.
bool wait_on(const Fd& fd, int64_t timeout_ms) {
  pollfd waited{.fd = fd.get(), .events = POLLIN, .revents = 0};
  const int timeout =
      static_cast<int>(std::min<int64_t>(timeout_ms, std::numeric_limits<int>::max()));
  while (true) {
    const int ready = poll(&waited, 1, timeout);
    if (ready >= 0 || errno != EINTR) {
      return ready > 0;
    }
  }
}

absl::Status write_record(const std::string& file, const ProcessRecord& process) {
  const json record = {{"pid", process.pid},
                       {"startTicks", process.start_ticks},
                       {"bootId", process.boot_id},
                       {"digest", process.digest}};
  return write_file_atomic(file, record.dump() + "\n", 0644);
}

struct Pipe {
  Fd read_end;
  Fd write_end;
};

absl::StatusOr<Pipe> make_pipe() {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) {
    return errno_status(errno, "pipe2");
  }
  return Pipe{Fd(fds[0]), Fd(fds[1])};
}

// Between fork and exec, in a process that had threads: only async-signal-safe calls, no
// allocation.
struct Child {
  const char* program;
  char* const* argv;
  const char* working_dir;
  int null_fd;
  int log_fd;
  int go_fd;      // a byte comes once the record is written
  int result_fd;  // gets errno when exec fails

  [[noreturn]] void run() const {
    char go = 0;
    ssize_t size = 0;
    do {
      size = read(go_fd, &go, 1);
    } while (size < 0 && errno == EINTR);
    if (size != 1) {
      _exit(127);  // whoever started us is gone and has not written the record
    }
    setsid();
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    signal(SIGPIPE, SIG_DFL);
    if (chdir(working_dir) == 0 && dup2(null_fd, 0) >= 0 && dup2(log_fd, 1) >= 0 &&
        dup2(log_fd, 2) >= 0) {
      // Libraries may have opened descriptors without O_CLOEXEC; result_fd closes itself.
      for (int fd = 3; fd < result_fd; ++fd) {
        close(fd);
      }
      close_range(static_cast<unsigned>(result_fd) + 1, ~0U, 0);
      execv(program, argv);
    }
    const int error = errno;
    [[maybe_unused]] const ssize_t ignored = write(result_fd, &error, sizeof(error));
    _exit(127);
  }
};

absl::Status send_signal(const ProcessRecord& process, int signal) {
  const Fd fd = open_process(process);
  if (fd.valid() && pidfd_send_signal(fd.get(), signal, nullptr, 0) != 0 && errno != ESRCH) {
    return errno_status(errno, concat("cannot stop process ", process.pid));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ProcessRecord> start_process(const ProcessSpec& spec) {
  PETREL_ASSIGN_OR_RETURN(Pipe go, make_pipe());
  PETREL_ASSIGN_OR_RETURN(Pipe result, make_pipe());
  const Fd null_fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const Fd log_fd(open(spec.log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!null_fd.valid() || !log_fd.valid()) {
    return errno_status(errno, concat("open ", spec.log_file));
  }
  std::vector<char*> argv = {const_cast<char*>(spec.program.c_str())};
  for (const std::string& argument : spec.arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  const Child child{spec.program.c_str(),  argv.data(),  spec.working_dir.c_str(),
                    null_fd.get(),         log_fd.get(), go.read_end.get(),
                    result.write_end.get()};
  const pid_t pid = fork();
  if (pid < 0) {
    return errno_status(errno, "fork");
  }
  if (pid == 0) {
    close(go.write_end.get());  // or its end of file would never come
    child.run();
  }
  result.write_end.reset();
  const std::optional<ProcStat> stat = proc_stat(pid);
  const ProcessRecord process{.pid = pid,
                              .start_ticks = stat ? stat->start_ticks : 0,
                              .boot_id = boot_id(),
                              .digest = spec.digest};
  if (absl::Status written = write_record(spec.record_file, process); !written.ok()) {
    go.write_end.reset();
    waitpid(pid, nullptr, 0);
    return written;
  }
  int error = 0;
  if (write(go.write_end.get(), "g", 1) != 1 ||
      read(result.read_end.get(), &error, sizeof(error)) == sizeof(error)) {
    waitpid(pid, nullptr, 0);
    return errno_status(error, concat("cannot start ", spec.program));
  }
  return process;
}

absl::StatusOr<std::optional<ProcessRecord>> read_process_record(const std::string& record_file) {
  absl::StatusOr<std::string> text = read_file(record_file, kSmallFileBytesMax);
  if (absl::IsNotFound(text.status())) {
    return std::nullopt;
  }
  PETREL_RETURN_IF_ERROR(text.status());
  const json record = json::parse(*text, nullptr, false);
  ProcessRecord process;
  if (!record.is_object() || !record.contains("pid") || !record["pid"].is_number_integer() ||
      !record.contains("startTicks") || !record["startTicks"].is_number_unsigned()) {
    return absl::DataLossError(concat(record_file,
                                      " is damaged; remove it once no process of "
                                      "this member runs"));
  }
  process.pid = record["pid"].get<pid_t>();
  process.start_ticks = record["startTicks"].get<uint64_t>();
  process.boot_id = record.value("bootId", json()).is_string() ? record.value("bootId", "") : "";
  process.digest = record.value("digest", json()).is_string() ? record.value("digest", "") : "";
  return process;
}

bool is_running(const ProcessRecord& process) { return open_process(process).valid(); }

absl::Status terminate(const ProcessRecord& process) { return send_signal(process, SIGTERM); }

absl::Status interrupt(const ProcessRecord& process) { return send_signal(process, SIGINT); }

bool wait_for_end(const ProcessRecord& process, int64_t timeout_ms) {
  const Fd fd = open_process(process);
  if (fd.valid() && !wait_on(fd, timeout_ms)) {
    return false;
  }
  waitpid(process.pid, nullptr, WNOHANG);
  return true;
}

absl::Status kill_and_wait(const ProcessRecord& process) {
  PETREL_RETURN_IF_ERROR(send_signal(process, SIGKILL));
  if (!wait_for_end(process, kKillTimeoutMs)) {
    return absl::DeadlineExceededError(
        concat("process ", process.pid, " does not end even after SIGKILL"));
  }
  return absl::OkStatus();
}

std::string how_it_ended(const ProcessRecord& process) {
  int status = 0;
  if (waitpid(process.pid, &status, WNOHANG) != process.pid) {
    return "ended";
  }
  if (WIFSIGNALED(status)) {
    return concat("was killed by signal ", WTERMSIG(status), " (", strsignal(WTERMSIG(status)),
                  ")");
  }
  return concat("ended with code ", WEXITSTATUS(status));
}

}  // namespace petrel::ops
