package ringside.ebpf.uapi;

import ringside.kernel.core.Errno;
import ringside.kernel.fs.FsException;
import ringside.kernel.mm.PageTable;
import ringside.kernel.task.UserAccess;

/**
 * {@code union bpf_attr} of one call: the kernel's copy, and where the caller's lies.
 *
 * <p>A caller may know a shorter union than the kernel, whose other fields are zero then, or a
 * longer one, whose other bytes must be.
 */
final class BpfAttr {
  private final AttrLayout layout;
  private final UserAccess user;
  private final long address;
  private final int size;
  private final byte[] bytes;

  /**
   * Copies it from the caller.
   *
   * @throws SyscallError {@code E2BIG} for a page and more, and for a tail that means something
   * @throws FsException {@code EFAULT}
   */
  BpfAttr(AttrLayout layout, UserAccess user, long address, int size) {
    this.layout = layout;
    this.user = user;
    this.address = address;
    this.size = size;
    checkTail(user, address, layout.size(), size);
    this.bytes = new byte[layout.size()];
    byte[] given = user.read(address, Math.min(size, layout.size()));
    System.arraycopy(given, 0, bytes, 0, given.length);
  }

  /** {@code bpf_check_uarg_tail_zero}: what the kernel does not know must be zero. */
  static void checkTail(UserAccess user, long address, int known, int given) {
    if (Integer.compareUnsigned(given, PageTable.PAGE_SIZE) > 0) {
      throw new SyscallError(Errno.E2BIG);
    }
    if (given > known) {
      for (byte b : user.read(address + known, given - known)) {
        if (b != 0) {
          throw new SyscallError(Errno.E2BIG);
        }
      }
    }
  }

  /**
   * The arguments of one command ({@code CHECK_ATTR}).
   *
   * @param command names its struct, as {@link AttrLayout#command} says
   * @param last its last field: everything behind it must be zero
   * @throws SyscallError {@code EINVAL} where it is not
   */
  Arguments arguments(String command, String last) {
    Fields fields = layout.command(command);
    for (int at = fields.place(last).end(); at < bytes.length; at++) {
      if (bytes[at] != 0) {
        throw new SyscallError(Errno.EINVAL);
      }
    }
    return new Arguments(fields);
  }

  /** One command's fields. */
  final class Arguments {
    private final Fields fields;
    private final StructBytes values;

    private Arguments(Fields fields) {
      this.fields = fields;
      this.values = new StructBytes(fields, bytes);
    }

    int u32(String field) {
      return values.u32(field);
    }

    long u64(String field) {
      return values.u64(field);
    }

    /** The bytes of an array such as {@code map_name}. */
    byte[] array(String field) {
      return values.array(field);
    }

    /** Whether the caller's union is long enough to have a field. */
    boolean has(String field) {
      return Integer.compareUnsigned(size, fields.place(field).end()) >= 0;
    }

    /**
     * Writes a field of the caller's union ({@code put_user}).
     *
     * @throws FsException {@code EFAULT}
     */
    void put(String field, int value) {
      user.writeInt(address + fields.place(field).offset(), value);
    }

    void putLong(String field, long value) {
      put(field, (int) value);
      user.writeInt(address + fields.place(field).offset() + 4, (int) (value >>> 32));
    }
  }
}
