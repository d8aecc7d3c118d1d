package ringside.ebpf.host;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.Locale;

/**
 * Whether this machine lets this process use bpf(2).
 *
 * @param allowed whether a trivial program could be loaded
 * @param reason why not, in words; empty when allowed
 */
public record HostBpf(boolean allowed, String reason) {
  private static final int BPF_PROG_LOAD = 5;
  private static final int BPF_PROG_TYPE_SOCKET_FILTER = 1;

  /** How much of {@code union bpf_attr} is passed: up to and including {@code kern_version}. */
  private static final int ATTR_SIZE = 48;

  /** {@code BPF_ALU64 | BPF_MOV | BPF_K}, r0 = 0. */
  private static final long MOV_R0_0 = 0xb7;

  /** {@code BPF_JMP | BPF_EXIT}. */
  private static final long EXIT = 0x95;

  /** Tries it: loads {@code r0 = 0; exit} as a socket filter and closes it again. */
  public static HostBpf probe() {
    if (!System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("linux")) {
      return new HostBpf(false, "this is not Linux");
    }
    long number =
        switch (System.getProperty("os.arch")) {
          case "amd64" -> 321;
          case "aarch64", "riscv64" -> 280;
          default -> -1;
        };
    if (number < 0) {
      return new HostBpf(false, "system call number unknown on " + System.getProperty("os.arch"));
    }
    try (Arena arena = Arena.ofConfined()) {
      return load(arena, number);
    } catch (Throwable e) { // what MethodHandle.invokeExact declares
      return new HostBpf(false, "native calls do not work: " + e);
    }
  }

  @SuppressWarnings("restricted") // calling the real kernel is what this class is for
  private static HostBpf load(Arena arena, long number) throws Throwable {
    Linker linker = Linker.nativeLinker();
    StructLayout errnoLayout = Linker.Option.captureStateLayout();
    VarHandle errno = errnoLayout.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    MethodHandle syscall =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("syscall"),
            FunctionDescriptor.of(
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_LONG),
            Linker.Option.firstVariadicArg(1),
            Linker.Option.captureCallState("errno"));
    MemorySegment program = arena.allocateFrom(ValueLayout.JAVA_LONG, MOV_R0_0, EXIT);
    MemorySegment attr = arena.allocate(ATTR_SIZE, 8);
    attr.set(ValueLayout.JAVA_INT, 0, BPF_PROG_TYPE_SOCKET_FILTER);
    attr.set(ValueLayout.JAVA_INT, 4, 2);
    attr.set(ValueLayout.JAVA_LONG, 8, program.address());
    attr.set(ValueLayout.JAVA_LONG, 16, arena.allocateFrom("Apache-2.0").address());
    MemorySegment state = arena.allocate(errnoLayout);
    long fd =
        (long) syscall.invokeExact(state, number, (long) BPF_PROG_LOAD, attr, (long) ATTR_SIZE);
    if (fd >= 0) {
      close(linker, (int) fd);
      return new HostBpf(true, "");
    }
    int error = (int) errno.get(state, 0L);
    return new HostBpf(
        false,
        switch (error) {
          case 1 -> "EPERM: needs CAP_BPF, or kernel.unprivileged_bpf_disabled=0";
          case 38 -> "ENOSYS: the kernel has no bpf(2)";
          default -> "BPF_PROG_LOAD failed with errno " + error;
        });
  }

  @SuppressWarnings("restricted") // as above
  private static void close(Linker linker, int fd) throws Throwable {
    MethodHandle close =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("close"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    int result = (int) close.invokeExact(fd);
    if (result != 0) {
      throw new IllegalStateException("close(" + fd + ") failed");
    }
  }
}
