package ringside.ebpf.host;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import ringside.ebpf.host.BpfSyscall.Command;
import ringside.ebpf.isa.ProgramType;

/** A program in the real kernel, attached to nothing. */
public final class HostProgram {
  /** Room for what a program puts in front of or behind its packet. */
  private static final int GROWTH = 4096;

  private static final int ENOSPC = 28;

  private final BpfSyscall bpf;
  private final int fd;
  private final ProgramType type;

  HostProgram(BpfSyscall bpf, int fd, ProgramType type) {
    this.bpf = bpf;
    this.fd = fd;
    this.type = type;
  }

  /**
   * What came of a test run.
   *
   * @param errno 0, or why nothing was run
   * @param retval the low half of r0 of the last run
   * @param data the packet afterwards
   * @param context the context afterwards; empty where none was given
   * @param nanos mean time of a run, as the kernel measured it
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
  public record Run(int errno, int retval, byte[] data, byte[] context, long nanos) {}

  /**
   * Runs it on made-up input ({@code BPF_PROG_TEST_RUN}).
   *
   * @param data the packet; empty for types that take none
   * @param context the user's context struct; empty for none
   * @param repeat how often it runs; ignored for types that demand one run
   */
  public Run testRun(byte[] data, byte[] context, int repeat) {
    boolean plain = type == ProgramType.SYSCALL || type == ProgramType.RAW_TRACEPOINT;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment in = HostKernel.copy(arena, data);
      int room = data.length == 0 ? 0 : data.length + GROWTH;
      MemorySegment out = arena.allocate(Math.max(1, room), 8);
      MemorySegment contextIn = HostKernel.copy(arena, context);
      MemorySegment contextOut = arena.allocate(Math.max(1, context.length), 8);
      MemorySegment attr = arena.allocate(80, 8);
      attr.set(ValueLayout.JAVA_INT, 0, fd);
      if (data.length != 0) {
        attr.set(ValueLayout.JAVA_INT, 8, data.length);
        attr.set(ValueLayout.JAVA_INT, 12, room);
        attr.set(ValueLayout.JAVA_LONG, 16, in.address());
        attr.set(ValueLayout.JAVA_LONG, 24, out.address());
      }
      attr.set(ValueLayout.JAVA_INT, 32, plain ? 0 : repeat);
      if (context.length != 0) {
        attr.set(ValueLayout.JAVA_INT, 40, context.length);
        attr.set(ValueLayout.JAVA_LONG, 48, contextIn.address());
        if (!plain) {
          attr.set(ValueLayout.JAVA_INT, 44, context.length);
          attr.set(ValueLayout.JAVA_LONG, 56, contextOut.address());
        }
      }
      int result = bpf.call(Command.PROG_TEST_RUN, attr);
      if (result < 0 && result != -ENOSPC) {
        return new Run(-result, 0, new byte[0], new byte[0], 0);
      }
      int size = Math.min(attr.get(ValueLayout.JAVA_INT, 12), room);
      // A syscall program writes into the context that it was given.
      MemorySegment after = plain ? contextIn : contextOut;
      return new Run(
          -result,
          attr.get(ValueLayout.JAVA_INT, 4),
          out.asSlice(0, size).toArray(ValueLayout.JAVA_BYTE),
          after.asSlice(0, context.length).toArray(ValueLayout.JAVA_BYTE),
          Integer.toUnsignedLong(attr.get(ValueLayout.JAVA_INT, 36)));
    }
  }
}
