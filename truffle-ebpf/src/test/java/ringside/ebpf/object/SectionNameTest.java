package ringside.ebpf.object;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import ringside.ebpf.isa.AttachType;
import ringside.ebpf.isa.ProgramType;

class SectionNameTest {
  @ParameterizedTest
  @CsvSource({
    "socket, SOCKET_FILTER, , '', 0",
    "kprobe/do_exit, KPROBE, , do_exit, 0",
    "kprobe, KPROBE, , '', 0",
    "uprobe.s//bin/sh:main, KPROBE, , /bin/sh:main, 16",
    "kprobe.session/x*, KPROBE, TRACE_KPROBE_SESSION, x*, 0",
    "tracepoint/syscalls/sys_enter_open, TRACEPOINT, , syscalls/sys_enter_open, 0",
    "raw_tp.w/bpf_test, RAW_TRACEPOINT_WRITABLE, , bpf_test, 0",
    "fentry.s/do_exit, TRACING, TRACE_FENTRY, do_exit, 16",
    "lsm.s/file_open, LSM, LSM_MAC, file_open, 16",
    "iter/task, TRACING, TRACE_ITER, task, 0",
    "xdp, XDP, XDP, '', 0",
    "xdp.frags/cpumap, XDP, XDP_CPUMAP, '', 32",
    "tc/ingress, SCHED_CLS, TCX_INGRESS, '', 0",
    "syscall, SYSCALL, , '', 16",
    "cgroup/connect_unix, CGROUP_SOCK_ADDR, CGROUP_UNIX_CONNECT, '', 0",
    "sk_reuseport/migrate, SK_REUSEPORT, SK_REUSEPORT_SELECT_OR_MIGRATE, '', 0",
    "struct_ops.s/init, STRUCT_OPS, , init, 16",
    "netfilter, NETFILTER, NETFILTER, '', 0",
    "usdt/x, KPROBE, TRACE_UPROBE_MULTI, x, 0"
  })
  void aNameTellsTypeAttachTypeTargetAndFlags(
      String name, ProgramType type, AttachType attach, String target, int flags) {
    SectionName read = SectionName.of(name).orElseThrow();
    assertEquals(type, read.type());
    assertEquals(attach, read.attachType());
    assertEquals(target, read.attachTo());
    assertEquals(flags, read.flags());
    assertTrue(read.autoload());
  }

  @ParameterizedTest
  @ValueSource(strings = {"xdpp", "xdp/x", "kprobes/x", "socket1", "tc/x", "", "?", "1/0x1010"})
  void otherNamesAreUnknown(String name) {
    assertTrue(SectionName.of(name).isEmpty());
  }

  @Test
  void aQuestionMarkKeepsAProgramFromBeingLoaded() {
    SectionName read = SectionName.of("?fentry/x").orElseThrow();
    assertFalse(read.autoload());
    assertEquals("x", read.attachTo());
  }
}
