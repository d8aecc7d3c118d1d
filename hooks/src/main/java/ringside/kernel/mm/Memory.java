package ringside.kernel.mm;

import com.oracle.truffle.api.CompilerDirectives;
import com.oracle.truffle.api.CompilerDirectives.CompilationFinal;
import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import com.oracle.truffle.api.memory.ByteArraySupport;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * The machine's RAM and the address translation in front of it, little-endian as on riscv.
 *
 * <p>Three kinds of address translate: the linear map (all of RAM at {@link #PAGE_OFFSET}, one
 * unsigned range check and one permission check, the fast path of everything), the paged kernel
 * windows (kernel image and module area), and, while one is installed, the current task's user
 * window. Whatever an engine does wrong, the JVM's bounds check stays behind this class, so the
 * host is never corrupted.
 *
 * <p>Every access throws {@link MemoryFault} where the page tables refuse it. Accesses may be
 * misaligned. Made to be a compilation constant: its final fields fold under partial evaluation, so
 * without an observer the oracle costs nothing.
 */
public final class Memory {
  /** Where the linear map of RAM starts: {@code PAGE_OFFSET} of riscv Sv39. */
  public static final long PAGE_OFFSET = 0xffffffd600000000L;

  /** Where the kernel image is linked: {@code KERNEL_LINK_ADDR} of riscv. */
  public static final long KERNEL_LINK_ADDR = 0xffffffff80000000L;

  /** Where the module area starts; within 2 GiB of the image, as medany code needs. */
  public static final long MODULES_VADDR = 0xffffffff01600000L;

  private static final int PAGE_SHIFT = PageTable.PAGE_SHIFT;
  private static final int PAGE_MASK = PageTable.PAGE_SIZE - 1;

  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final ByteArraySupport BYTES = ByteArraySupport.littleEndian();

  /**
   * Says in the linear map's permissions that a page may be written but has not been yet: it lacks
   * {@link PageTable#WRITE} so that its first store leaves the fast path once.
   */
  private static final int CLEAN = 1 << PageTable.PERMISSION_BITS;

  /** How far right {@link #CLEAN} lies from {@link PageTable#WRITE}. */
  private static final int CLEAN_TO_WRITE = PageTable.PERMISSION_BITS - 1;

  private final byte[] ram;
  private final byte[] permissions;

  @CompilationFinal(dimensions = 1)
  private final PageTable[] windows;

  private final @Nullable AccessObserver observer;
  private final UserWindow user;

  /**
   * Makes RAM, all of it readable and writable in the linear map.
   *
   * @param bytes a positive multiple of the page size, below 2 GiB
   * @param observer sees every access, or null
   * @param windows the paged kernel windows, in order of search
   */
  public Memory(int bytes, @Nullable AccessObserver observer, PageTable... windows) {
    this(zeroed(bytes), observer, windows);
  }

  /**
   * Makes RAM of zeroed bytes that come from a {@link RamPool}; {@link #wipe} before giving back.
   */
  Memory(byte[] ram, @Nullable AccessObserver observer, PageTable... windows) {
    this.ram = ram;
    this.permissions = new byte[ram.length >>> PAGE_SHIFT];
    Arrays.fill(permissions, (byte) (PageTable.READ | CLEAN));
    this.windows = windows.clone();
    this.observer = observer;
    this.user = new UserWindow();
  }

  static byte[] zeroed(int bytes) {
    if (bytes <= 0 || (bytes & PAGE_MASK) != 0) {
      throw new IllegalArgumentException("RAM of " + bytes + " bytes is not whole pages");
    }
    return new byte[bytes];
  }

  private Memory(Memory same, @Nullable AccessObserver observer) {
    this.ram = same.ram;
    this.permissions = same.permissions;
    this.windows = same.windows;
    this.user = same.user;
    this.observer = observer;
  }

  /**
   * The same memory seen through another observer.
   *
   * <p>So the oracle tells the accesses of extensions from those of the kernel, at no cost where
   * there is no oracle.
   */
  public Memory observedBy(@Nullable AccessObserver newObserver) {
    return new Memory(this, newObserver);
  }

  /** The installed user address space, or null. */
  public @Nullable PageTable userWindow() {
    return user.table;
  }

  /** Bytes of RAM. */
  public int size() {
    return ram.length;
  }

  /**
   * Sets the linear map's permission bits for the page that holds linear address {@code address}.
   */
  public void protect(long address, int permissionBits) {
    permissions[(int) ((address - PAGE_OFFSET) >>> PAGE_SHIFT)] = (byte) permissionBits;
  }

  /**
   * Zeroes what may have been written, and with it ends the use of this memory.
   *
   * <p>Stores through page tables leave no trace here; they reach only frames that were handed out.
   *
   * @param handedOut every frame that a page table may ever have mapped
   * @return the zeroed bytes
   */
  byte[] wipe(BitSet handedOut) {
    for (int frame = 0; frame < permissions.length; frame++) {
      if ((permissions[frame] & CLEAN) == 0 || handedOut.get(frame)) {
        Arrays.fill(ram, frame << PAGE_SHIFT, (frame + 1) << PAGE_SHIFT, (byte) 0);
      }
    }
    // Whoever still holds this memory must not write to what becomes another's.
    Arrays.fill(permissions, (byte) 0);
    return ram;
  }

  /**
   * Installs the user address space that addresses below the kernel's translate through, or none.
   */
  public void setUserWindow(@Nullable PageTable window) {
    user.table = window;
  }

  /** The linear address of physical page {@code frame}. */
  public static long linear(int frame) {
    return PAGE_OFFSET + ((long) frame << PAGE_SHIFT);
  }

  /** The physical page that linear address {@code address} lies in. */
  public static int frame(long address) {
    return (int) ((address - PAGE_OFFSET) >>> PAGE_SHIFT);
  }

  /** Tells whether an access would be allowed, without making it. */
  public boolean allows(long address, int size, int need) {
    return size == 0 || (tryOffset(address, need) >= 0 && tryOffset(address + size - 1, need) >= 0);
  }

  /**
   * Fetches two bytes of code, which is no data access: no observer sees it.
   *
   * @param address even, so that the parcel lies in one page
   * @param need {@link PageTable#EXECUTE}, and {@link PageTable#USER} for Ring 3
   * @return the unsigned parcel, or -1 where the page lacks a permission
   */
  public int fetch(long address, int need) {
    int offset = tryOffset(address, need);
    return offset < 0 ? -1 : (short) SHORT.get(ram, offset) & 0xffff;
  }

  // --- plain access ---

  /** Loads a byte. */
  public byte readByte(long address) {
    return ram[offset(address, 1, PageTable.READ)];
  }

  /** Loads two bytes. */
  public short readShort(long address) {
    int offset = offset(address, 2, PageTable.READ);
    return offset >= 0 ? (short) SHORT.get(ram, offset) : (short) readSplit(address, 2);
  }

  /** Loads four bytes. */
  public int readInt(long address) {
    int offset = offset(address, 4, PageTable.READ);
    return offset >= 0 ? (int) INT.get(ram, offset) : (int) readSplit(address, 4);
  }

  /** Loads eight bytes. */
  public long readLong(long address) {
    int offset = offset(address, 8, PageTable.READ);
    return offset >= 0 ? (long) LONG.get(ram, offset) : readSplit(address, 8);
  }

  /** Stores a byte. */
  public void writeByte(long address, byte value) {
    ram[offset(address, 1, PageTable.WRITE)] = value;
  }

  /** Stores two bytes. */
  public void writeShort(long address, short value) {
    int offset = offset(address, 2, PageTable.WRITE);
    if (offset >= 0) {
      SHORT.set(ram, offset, value);
    } else {
      writeSplit(address, 2, value);
    }
  }

  /** Stores four bytes. */
  public void writeInt(long address, int value) {
    int offset = offset(address, 4, PageTable.WRITE);
    if (offset >= 0) {
      INT.set(ram, offset, value);
    } else {
      writeSplit(address, 4, value);
    }
  }

  /** Stores eight bytes. */
  public void writeLong(long address, long value) {
    int offset = offset(address, 8, PageTable.WRITE);
    if (offset >= 0) {
      LONG.set(ram, offset, value);
    } else {
      writeSplit(address, 8, value);
    }
  }

  // --- atomics: the address must not cross a page, which natural alignment guarantees ---

  /** Atomically adds to a word and returns what was there. */
  public int getAndAddInt(long address, int value) {
    return BYTES.getAndAddInt(ram, atomicOffset(address, 4), value);
  }

  /** Atomically adds to a doubleword and returns what was there. */
  public long getAndAddLong(long address, long value) {
    return BYTES.getAndAddLong(ram, atomicOffset(address, 8), value);
  }

  /** Atomically ands a word and returns what was there. */
  public int getAndBitwiseAndInt(long address, int value) {
    return BYTES.getAndBitwiseAndInt(ram, atomicOffset(address, 4), value);
  }

  /** Atomically ands a doubleword and returns what was there. */
  public long getAndBitwiseAndLong(long address, long value) {
    return BYTES.getAndBitwiseAndLong(ram, atomicOffset(address, 8), value);
  }

  /** Atomically ors a word and returns what was there. */
  public int getAndBitwiseOrInt(long address, int value) {
    return BYTES.getAndBitwiseOrInt(ram, atomicOffset(address, 4), value);
  }

  /** Atomically ors a doubleword and returns what was there. */
  public long getAndBitwiseOrLong(long address, long value) {
    return BYTES.getAndBitwiseOrLong(ram, atomicOffset(address, 8), value);
  }

  /** Atomically xors a word and returns what was there. */
  public int getAndBitwiseXorInt(long address, int value) {
    return BYTES.getAndBitwiseXorInt(ram, atomicOffset(address, 4), value);
  }

  /** Atomically xors a doubleword and returns what was there. */
  public long getAndBitwiseXorLong(long address, long value) {
    return BYTES.getAndBitwiseXorLong(ram, atomicOffset(address, 8), value);
  }

  /** Atomically replaces a word and returns what was there. */
  public int getAndSetInt(long address, int value) {
    return BYTES.getAndSetInt(ram, atomicOffset(address, 4), value);
  }

  /** Atomically replaces a doubleword and returns what was there. */
  public long getAndSetLong(long address, long value) {
    return BYTES.getAndSetLong(ram, atomicOffset(address, 8), value);
  }

  /** Atomically replaces a word that equals {@code expected}; returns what was there. */
  public int compareAndExchangeInt(long address, int expected, int value) {
    return BYTES.compareAndExchangeInt(ram, atomicOffset(address, 4), expected, value);
  }

  /** Atomically replaces a doubleword that equals {@code expected}; returns what was there. */
  public long compareAndExchangeLong(long address, long expected, long value) {
    return BYTES.compareAndExchangeLong(ram, atomicOffset(address, 8), expected, value);
  }

  // --- bulk, for the kernel's own Java code ---

  /** Copies guest bytes out; faults at the first page that may not be read. */
  @TruffleBoundary
  public void read(long address, byte[] into, int from, int length) {
    for (int done = 0; done < length; ) {
      int chunk = chunk(address + done, length - done);
      int offset = offset(address + done, chunk, PageTable.READ);
      System.arraycopy(ram, offset, into, from + done, chunk);
      done += chunk;
    }
  }

  /** Copies bytes into the guest; what precedes a page that may not be written is written. */
  @TruffleBoundary
  public void write(long address, byte[] bytes, int from, int length) {
    for (int done = 0; done < length; ) {
      int chunk = chunk(address + done, length - done);
      int offset = offset(address + done, chunk, PageTable.WRITE);
      System.arraycopy(bytes, from + done, ram, offset, chunk);
      done += chunk;
    }
  }

  /** Sets {@code length} guest bytes to {@code value}. */
  @TruffleBoundary
  public void fill(long address, byte value, long length) {
    for (long done = 0; done < length; ) {
      int chunk = chunk(address + done, length - done);
      int offset = offset(address + done, chunk, PageTable.WRITE);
      Arrays.fill(ram, offset, offset + chunk, value);
      done += chunk;
    }
  }

  /** How many of {@code length} bytes lie in the first's page. */
  private static int chunk(long address, long length) {
    return (int) Math.min(length, PageTable.PAGE_SIZE - (address & PAGE_MASK));
  }

  // --- translation ---

  /** The RAM offset of an allowed access; negative when it crosses a page, to be split. */
  private int offset(long address, int size, int need) {
    if (observer != null) {
      observe(observer, address, size, need == PageTable.WRITE);
    }
    long linear = address - PAGE_OFFSET;
    // The compiler has no profile of this: laid out straight, the linear map costs no jump.
    if (CompilerDirectives.injectBranchProbability(
        CompilerDirectives.LIKELY_PROBABILITY,
        Long.compareUnsigned(linear, ram.length - size) <= 0)) {
      int offset = (int) linear;
      // Both ends' permissions: an access that crosses into a guard page must fault.
      if ((permissions[offset >>> PAGE_SHIFT]
              & permissions[(offset + size - 1) >>> PAGE_SHIFT]
              & need)
          != 0) {
        return offset;
      }
      return firstStore(address, size, need);
    }
    return pagedOffset(address, size, need);
  }

  /** What the fast path refuses: the first store to a page, or a fault. */
  @TruffleBoundary
  private int firstStore(long address, int size, int need) {
    int offset = (int) (address - PAGE_OFFSET);
    int first = offset >>> PAGE_SHIFT;
    int last = (offset + size - 1) >>> PAGE_SHIFT;
    if (need != PageTable.WRITE || !linearAllows(first, need) || !linearAllows(last, need)) {
      throw fault(address, size, need);
    }
    permissions[first] = PageTable.READ | PageTable.WRITE;
    permissions[last] = PageTable.READ | PageTable.WRITE;
    return offset;
  }

  private boolean linearAllows(int frame, int need) {
    int granted = permissions[frame];
    return ((granted | (granted & CLEAN) >>> CLEAN_TO_WRITE) & need) == need;
  }

  private int pagedOffset(long address, int size, int need) {
    int entry = entry(address);
    if ((entry & need) == 0) {
      throw fault(address, size, need);
    }
    int inPage = (int) address & PAGE_MASK;
    if (inPage > PageTable.PAGE_SIZE - size) {
      return -1;
    }
    int offset = (entry >>> PageTable.PERMISSION_BITS) << PAGE_SHIFT | inPage;
    // Page tables map RAM only. Said here, where it is rare, the compiler need not check it again
    // where both kinds of address meet.
    if (Integer.compareUnsigned(offset, ram.length - size) > 0) {
      throw CompilerDirectives.shouldNotReachHere();
    }
    return offset;
  }

  private int entry(long address) {
    if (address >= 0) {
      PageTable table = user.table;
      return table == null ? 0 : table.entry(address);
    }
    return kernelEntry(address);
  }

  @com.oracle.truffle.api.nodes.ExplodeLoop
  private int kernelEntry(long address) {
    for (PageTable window : windows) {
      int entry = window.entry(address);
      if (entry != 0) {
        return entry;
      }
    }
    return 0;
  }

  private int tryOffset(long address, int need) {
    long linear = address - PAGE_OFFSET;
    if (Long.compareUnsigned(linear, ram.length) < 0) {
      return linearAllows((int) linear >>> PAGE_SHIFT, need) ? (int) linear : -1;
    }
    int entry = entry(address);
    return (entry & need) == need && entry != 0
        ? (entry >>> PageTable.PERMISSION_BITS) << PAGE_SHIFT | ((int) address & PAGE_MASK)
        : -1;
  }

  private int atomicOffset(long address, int size) {
    if (observer != null) {
      // It loads, too: pointers come out of an exchange.
      observe(observer, address, size, false);
    }
    int offset = offset(address, size, PageTable.WRITE);
    if (offset < 0) {
      throw fault(address, size, PageTable.WRITE);
    }
    return offset;
  }

  @TruffleBoundary
  private long readSplit(long address, int size) {
    long value = 0;
    for (int i = 0; i < size; i++) {
      value |= (readByte(address + i) & 0xffL) << (8 * i);
    }
    return value;
  }

  @TruffleBoundary
  private void writeSplit(long address, int size, long value) {
    // Permission first for the whole access: a store that faults must leave no half behind.
    offset(address + size - 1, 1, PageTable.WRITE);
    for (int i = 0; i < size; i++) {
      writeByte(address + i, (byte) (value >>> (8 * i)));
    }
  }

  @TruffleBoundary
  private static void observe(AccessObserver observer, long address, int size, boolean write) {
    observer.onAccess(address, size, write);
  }

  // What all views of one memory share of the current user address space.
  private static final class UserWindow {
    private @Nullable PageTable table;
  }

  @TruffleBoundary
  private static MemoryFault fault(long address, int size, int need) {
    return new MemoryFault(
        address, size, need == PageTable.WRITE ? Access.WRITE : Access.READ, null);
  }
}
