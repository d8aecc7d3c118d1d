package ringside.ebpf.host;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.host.BpfSyscall.Command;

/** A map in the real kernel. */
public final class HostMap {
  private static final int PERCPU_HASH = 5;
  private static final int PERCPU_ARRAY = 6;
  private static final int LRU_PERCPU_HASH = 10;
  private static final int PERCPU_CGROUP_STORAGE = 21;

  private final BpfSyscall bpf;
  private final int fd;
  private final int keySize;
  private final int valueBytes;

  HostMap(BpfSyscall bpf, int fd, int type, int keySize, int valueSize) {
    this.bpf = bpf;
    this.fd = fd;
    this.keySize = keySize;
    boolean perCpu =
        switch (type) {
          case PERCPU_HASH, PERCPU_ARRAY, LRU_PERCPU_HASH, PERCPU_CGROUP_STORAGE -> true;
          default -> false;
        };
    this.valueBytes = perCpu ? (valueSize + 7 & -8) * possibleCpus() : valueSize;
  }

  /** The descriptor, or a negated errno where the kernel refused to make the map. */
  public int fd() {
    return fd;
  }

  /** Bytes of one value as it is read and written: of per-CPU maps, those of all CPUs. */
  public int valueBytes() {
    return valueBytes;
  }

  /**
   * Writes an element.
   *
   * @param value as long as {@link #valueBytes}
   * @return 0 or the errno
   */
  public int update(byte[] key, byte[] value, long flags) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attr = element(arena, HostKernel.copy(arena, key));
      attr.set(ValueLayout.JAVA_LONG, 16, HostKernel.copy(arena, value).address());
      attr.set(ValueLayout.JAVA_LONG, 24, flags);
      return -bpf.call(Command.MAP_UPDATE_ELEM, attr);
    }
  }

  /** Reads an element; null where there is none. */
  public byte @Nullable [] lookup(byte[] key) {
    return read(Command.MAP_LOOKUP_ELEM, key, valueBytes);
  }

  /** The key behind a key, or the first one for null; null where there is none. */
  public byte @Nullable [] nextKey(byte @Nullable [] key) {
    return read(Command.MAP_GET_NEXT_KEY, key, keySize);
  }

  private byte @Nullable [] read(Command command, byte @Nullable [] key, int bytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment into = arena.allocate(Math.max(1, bytes), 8);
      MemorySegment attr =
          element(arena, key == null ? MemorySegment.NULL : HostKernel.copy(arena, key));
      attr.set(ValueLayout.JAVA_LONG, 16, into.address());
      return bpf.call(command, attr) < 0
          ? null
          : into.asSlice(0, bytes).toArray(ValueLayout.JAVA_BYTE);
    }
  }

  private MemorySegment element(Arena arena, MemorySegment key) {
    MemorySegment attr = arena.allocate(32, 8);
    attr.set(ValueLayout.JAVA_INT, 0, fd);
    attr.set(ValueLayout.JAVA_LONG, 8, key.address());
    return attr;
  }

  private static int possibleCpus() {
    try {
      String text = Files.readString(Path.of("/sys/devices/system/cpu/possible")).strip();
      return Integer.parseInt(
              text.substring(Math.max(text.lastIndexOf('-'), text.lastIndexOf(',')) + 1))
          + 1;
    } catch (IOException | NumberFormatException e) {
      return Runtime.getRuntime().availableProcessors();
    }
  }
}
