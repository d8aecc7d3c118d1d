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
import org.jspecify.annotations.Nullable;

/** The system call bpf(2) of the machine that this process runs on. */
final class BpfSyscall {
  /** The commands that this bridge limits itself to. */
  enum Command {
    MAP_CREATE(0),
    MAP_LOOKUP_ELEM(1),
    MAP_UPDATE_ELEM(2),
    MAP_GET_NEXT_KEY(4),
    PROG_LOAD(5),
    PROG_TEST_RUN(10),
    BTF_LOAD(18);

    private final int number;

    Command(int number) {
      this.number = number;
    }
  }

  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  private final long number;
  private final MethodHandle syscall;
  private final MethodHandle close;

  /**
   * Binds it.
   *
   * @throws HostUnavailable where this is no Linux, or native calls do not work
   */
  BpfSyscall() throws HostUnavailable {
    String refusal = refusal();
    if (refusal != null) {
      throw new HostUnavailable(refusal);
    }
    this.number = number();
    try {
      this.syscall = bindSyscall();
      this.close = bindClose();
    } catch (RuntimeException | LinkageError e) {
      throw new HostUnavailable("native calls do not work: " + e.getMessage());
    }
  }

  private static @Nullable String refusal() {
    if (!System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("linux")) {
      return "this is not Linux";
    }
    return number() < 0 ? "system call number unknown on " + System.getProperty("os.arch") : null;
  }

  private static long number() {
    return switch (System.getProperty("os.arch")) {
      case "amd64" -> 321;
      case "aarch64", "riscv64" -> 280;
      default -> -1;
    };
  }

  @SuppressWarnings("restricted") // calling the real kernel is what this class is for
  private static MethodHandle bindSyscall() {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow("syscall"),
        FunctionDescriptor.of(
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.ADDRESS,
            ValueLayout.JAVA_LONG),
        Linker.Option.firstVariadicArg(1),
        Linker.Option.captureCallState("errno"));
  }

  @SuppressWarnings("restricted") // as above
  private static MethodHandle bindClose() {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow("close"),
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
  }

  /**
   * Makes the call.
   *
   * @param attr a {@code union bpf_attr}, all of which is passed
   * @return what the kernel returned, or a negated errno
   */
  int call(Command command, MemorySegment attr) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      long result =
          (long) syscall.invokeExact(state, number, (long) command.number, attr, attr.byteSize());
      return result >= 0 ? (int) result : -(int) ERRNO.get(state, 0L);
    } catch (Throwable e) { // what MethodHandle.invokeExact declares
      throw new IllegalStateException("bpf(2) cannot be called", e);
    }
  }

  /** Closes a descriptor. */
  void close(int fd) {
    try {
      int result = (int) close.invokeExact(fd);
      if (result != 0) {
        throw new IllegalStateException("close(" + fd + ") failed");
      }
    } catch (RuntimeException e) {
      throw e;
    } catch (Throwable e) { // what MethodHandle.invokeExact declares
      throw new IllegalStateException("close(2) cannot be called", e);
    }
  }
}
