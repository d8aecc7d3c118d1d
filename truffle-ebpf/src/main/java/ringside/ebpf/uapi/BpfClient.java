package ringside.ebpf.uapi;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import ringside.kernel.Kernel;
import ringside.kernel.core.Errno;
import ringside.kernel.task.AddressSpace;

/**
 * A process that calls bpf(2): attributes and buffers lie in its own memory, and everything goes
 * through the system call, as from a program in Ring 3.
 *
 * <p>For tools that the host runs as a process ({@link ringside.kernel.task.Tasks#inProcess}).
 */
public final class BpfClient {
  private static final int SYS_bpf = 280;
  private static final int SYS_close = 57;

  private final Kernel kernel;
  private final AttrLayout layout;
  private final AddressSpace memory;
  private final long base;
  private long next;

  /** Makes the current process one; it gets memory. */
  public BpfClient(Kernel kernel) {
    this.kernel = kernel;
    this.layout = new AttrLayout(kernel.layouts().btf());
    this.memory = kernel.tasks().giveMemory();
    this.base = memory.brk(0);
    this.next = base;
  }

  /** A command failed. */
  public static final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final int errno;

    /** Makes it with a positive errno. */
    public Failure(int errno) {
      super("errno " + errno, null, false, false);
      this.errno = errno;
    }

    /** The errno, positive. */
    public int errno() {
      return errno;
    }
  }

  // --- memory ---

  /** Zeroed memory of the process, until {@link #reset}. */
  public long allocate(int bytes) {
    long at = next;
    next += (bytes + 7L) & -8L;
    if (memory.brk(next) < next) {
      throw new Failure(Errno.ENOMEM);
    }
    memory.write(at, new byte[bytes], bytes);
    return at;
  }

  /** Memory with those bytes in it. */
  public long allocate(byte[] bytes) {
    long at = allocate(Math.max(1, bytes.length));
    memory.write(at, bytes, bytes.length);
    return at;
  }

  /** A zero-terminated string in memory. */
  public long text(String text) {
    return allocate((text + "\0").getBytes(StandardCharsets.UTF_8));
  }

  /** Writes a 32-bit number. */
  public void write(long address, int value) {
    byte[] bytes = {(byte) value, (byte) (value >> 8), (byte) (value >> 16), (byte) (value >> 24)};
    memory.write(address, bytes, bytes.length);
  }

  /** Reads memory. */
  public byte[] read(long address, int bytes) {
    byte[] copy = new byte[bytes];
    if (!memory.read(address, copy, bytes)) {
      throw new Failure(Errno.EFAULT);
    }
    return copy;
  }

  /** Frees all memory. */
  public void reset() {
    next = base;
  }

  // --- calls ---

  /** An attribute to be filled: see {@link AttrLayout#command} for the name. */
  public Attr attr(String command) {
    return new Attr(layout.command(command));
  }

  /** {@code union bpf_attr} of one call. */
  public final class Attr {
    private final StructBytes values;
    private @Nullable StructBytes after;

    private Attr(Fields fields) {
      this.values = new StructBytes(fields, new byte[layout.size()]);
    }

    /** All of it, as the call hands it over. */
    byte[] bytes() {
      return values.bytes();
    }

    /** Sets a 32-bit field. */
    public Attr u32(String field, int value) {
      values.u32(field, value);
      return this;
    }

    /** Sets a 64-bit field. */
    public Attr u64(String field, long value) {
      values.u64(field, value);
      return this;
    }

    /** Sets a character array. */
    public Attr text(String field, String value) {
      values.text(field, value);
      return this;
    }

    /** Makes the call; returns its result or a negated errno. */
    public long call(Command command) {
      long at = allocate(values.bytes());
      long result = kernel.syscalls().call(SYS_bpf, command.number(), at, layout.size());
      after = values.over(read(at, layout.size()));
      return result;
    }

    /**
     * Makes the call.
     *
     * @return 0 or a descriptor
     * @throws Failure where it fails
     */
    public int run(Command command) {
      long result = call(command);
      if (result < 0) {
        throw new Failure((int) -result);
      }
      return (int) result;
    }

    /** A 64-bit field as it was set. */
    public long u64(String field) {
      return values.u64(field);
    }

    /** What a 32-bit field is after the call. */
    public int u32(String field) {
      return (after == null ? values : after).u32(field);
    }
  }

  /** Closes a descriptor. */
  public void close(int fd) {
    kernel.syscalls().call(SYS_close, fd);
  }

  // --- objects by number ---

  /** The numbers of all objects that a {@code *_GET_NEXT_ID} finds. */
  public List<Integer> ids(Command nextId) {
    List<Integer> ids = new ArrayList<>();
    for (OptionalInt id = next(nextId, 0); id.isPresent(); id = next(nextId, id.getAsInt())) {
      ids.add(id.getAsInt());
    }
    return ids;
  }

  private OptionalInt next(Command command, int after) {
    Attr attr = attr("start_id").u32("start_id", after);
    long result = attr.call(command);
    if (result == -Errno.ENOENT) {
      return OptionalInt.empty();
    }
    if (result < 0) {
      throw new Failure((int) -result);
    }
    return OptionalInt.of(attr.u32("next_id"));
  }

  /** A descriptor of the object of that number. */
  public int open(Command byId, int id) {
    return attr("start_id").u32("start_id", id).run(byId);
  }

  /** An info struct to be filled, e.g. {@code bpf_prog_info}. */
  public InfoStruct info(String struct) {
    return new InfoStruct(layout.struct(struct));
  }

  /** What {@code BPF_OBJ_GET_INFO_BY_FD} tells. */
  public final class InfoStruct {
    private StructBytes values;

    private InfoStruct(Fields fields) {
      this.values = new StructBytes(fields, new byte[fields.size()]);
    }

    /** Sets a 32-bit field. */
    public InfoStruct u32(String field, int value) {
      values.u32(field, value);
      return this;
    }

    /** Sets a 64-bit field. */
    public InfoStruct u64(String field, long value) {
      values.u64(field, value);
      return this;
    }

    /** Asks. */
    public InfoStruct of(int fd) {
      int size = values.bytes().length;
      long at = allocate(values.bytes());
      attr("info")
          .u32("bpf_fd", fd)
          .u32("info_len", size)
          .u64("info", at)
          .run(Command.OBJ_GET_INFO_BY_FD);
      values = values.over(read(at, size));
      return this;
    }

    /** A 32-bit field. */
    public int u32(String field) {
      return values.u32(field);
    }

    /** A 64-bit field. */
    public long u64(String field) {
      return values.u64(field);
    }

    /** A byte array. */
    public byte[] array(String field) {
      return values.array(field);
    }

    /** A character array, up to its zero. */
    public String text(String field) {
      return MapCommands.Names.lenient(values.array(field));
    }
  }

  // --- elements ---

  /**
   * The value behind a key, or null.
   *
   * @param size as {@code bpf_map_value_size} says
   */
  public byte @Nullable [] lookup(int map, byte[] key, int size) {
    long value = allocate(size);
    long result =
        attr("key")
            .u32("map_fd", map)
            .u64("key", key.length == 0 ? 0 : allocate(key))
            .u64("value", value)
            .call(Command.MAP_LOOKUP_ELEM);
    if (result == -Errno.ENOENT) {
      return null;
    }
    if (result < 0) {
      throw new Failure((int) -result);
    }
    return read(value, size);
  }

  /** Stores a value. */
  public void update(int map, byte[] key, byte[] value, long flags) {
    attr("key")
        .u32("map_fd", map)
        .u64("key", key.length == 0 ? 0 : allocate(key))
        .u64("value", allocate(value))
        .u64("flags", flags)
        .run(Command.MAP_UPDATE_ELEM);
  }

  /** Removes a key. */
  public void delete(int map, byte[] key) {
    attr("key").u32("map_fd", map).u64("key", allocate(key)).run(Command.MAP_DELETE_ELEM);
  }

  /** The key behind a key, null for the first one; null behind the last one. */
  public byte @Nullable [] nextKey(int map, byte @Nullable [] key, int size) {
    long next = allocate(size);
    long result =
        attr("key")
            .u32("map_fd", map)
            .u64("key", key == null ? 0 : allocate(key))
            .u64("next_key", next)
            .call(Command.MAP_GET_NEXT_KEY);
    if (result == -Errno.ENOENT) {
      return null;
    }
    if (result < 0) {
      throw new Failure((int) -result);
    }
    return read(next, size);
  }

  // --- names ---

  /** Pins an object. */
  public void pin(int fd, String path) {
    attr("pathname").u64("pathname", text(path)).u32("bpf_fd", fd).run(Command.OBJ_PIN);
  }

  /** Opens a pinned object. */
  public int get(String path) {
    return attr("pathname").u64("pathname", text(path)).run(Command.OBJ_GET);
  }

  /** The text of a buffer, up to its zero. */
  public String string(long address, int bytes) {
    byte[] all = read(address, bytes);
    int length = 0;
    while (length < all.length && all[length] != 0) {
      length++;
    }
    return new String(Arrays.copyOf(all, length), StandardCharsets.UTF_8);
  }
}
