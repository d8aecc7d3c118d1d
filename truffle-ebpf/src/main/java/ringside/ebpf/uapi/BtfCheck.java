package ringside.ebpf.uapi;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import ringside.kernel.core.Errno;

/**
 * The kernel's check of types that are loaded ({@code btf_parse}): header, sections, and each
 * type's own data. What types refer to is left to {@link ringside.format.btf.Btf#parse}.
 */
final class BtfCheck {
  private static final int HEADER = 24;
  private static final int BTF_MAX_TYPE = 0xfffff;
  private static final int BTF_MAX_NAME_OFFSET = 0xffffff;
  private static final int BTF_INFO_MASK = 0x9f00ffff;

  private final byte[] bytes;
  private final ByteBuffer view;
  private final LogBuffer log;
  private final int strings;
  private final int stringsEnd;
  private int id;

  private BtfCheck(byte[] bytes, LogBuffer log) {
    this.bytes = bytes;
    this.view = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    this.log = log;
    int header = checkHeader();
    this.strings = header + view.getInt(16);
    this.stringsEnd = strings + view.getInt(20);
    checkStrings();
    checkTypes(header + view.getInt(8), view.getInt(12));
  }

  /**
   * Checks a section.
   *
   * @throws SyscallError with the kernel's errno; the log says more
   */
  static void run(byte[] bytes, LogBuffer log) {
    new BtfCheck(bytes, log);
  }

  private SyscallError refuse(int errno, String words) {
    log.print(words + "\n");
    return new SyscallError(errno);
  }

  private int checkHeader() {
    if (bytes.length < 8) {
      throw refuse(Errno.EINVAL, "hdr_len not found");
    }
    int length = view.getInt(4);
    if (Integer.compareUnsigned(bytes.length, length) < 0) {
      throw refuse(Errno.EINVAL, "btf_header not found");
    }
    for (int at = HEADER; at < length; at++) {
      if (bytes[at] != 0) {
        throw refuse(Errno.E2BIG, "Unsupported btf_header");
      }
    }
    // Fields that a shorter header lacks are zero.
    byte[] header = Arrays.copyOf(Arrays.copyOf(bytes, Math.min(length, HEADER)), HEADER);
    ByteBuffer known = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
    log.print(
        """
        magic: 0x%x
        version: %d
        flags: 0x%x
        hdr_len: %s
        type_off: %s
        type_len: %s
        str_off: %s
        str_len: %s
        btf_total_size: %d
        """
            .formatted(
                known.getShort(0) & 0xffff,
                known.get(2) & 0xff,
                known.get(3),
                unsigned(known, 4),
                unsigned(known, 8),
                unsigned(known, 12),
                unsigned(known, 16),
                unsigned(known, 20),
                bytes.length));
    if ((known.getShort(0) & 0xffff) != 0xeb9f) {
      throw refuse(Errno.EINVAL, "Invalid magic");
    }
    if (known.get(2) != 1) {
      throw refuse(Errno.ENOTSUPP, "Unsupported version");
    }
    if (known.get(3) != 0) {
      throw refuse(Errno.ENOTSUPP, "Unsupported flags");
    }
    if (bytes.length == length) {
      throw refuse(Errno.EINVAL, "No data");
    }
    if (length < HEADER) {
      // Sections of length 0 at 0: the strings cannot be at the end.
      throw refuse(Errno.EINVAL, "Unsupported section found");
    }
    checkSections(length);
    return length;
  }

  private static String unsigned(ByteBuffer buffer, int at) {
    return Integer.toUnsignedString(buffer.getInt(at));
  }

  private record Section(long offset, long length) {}

  /** {@code btf_check_sec_info}: no gaps, no overlaps, nothing unknown. */
  private void checkSections(int header) {
    List<Section> sections =
        List.of(section(8), section(16)).stream()
            .sorted(Comparator.comparingLong(Section::offset))
            .toList();
    long expected = bytes.length - (long) header;
    long total = 0;
    for (Section section : sections) {
      if (expected < section.offset()) {
        throw refuse(Errno.EINVAL, "Invalid section offset");
      }
      if (total < section.offset()) {
        throw refuse(Errno.EINVAL, "Unsupported section found");
      }
      if (total > section.offset()) {
        throw refuse(Errno.EINVAL, "Section overlap found");
      }
      if (expected - total < section.length()) {
        throw refuse(Errno.EINVAL, "Total section length too long");
      }
      total += section.length();
    }
    if (expected != total) {
      throw refuse(Errno.EINVAL, "Unsupported section found");
    }
  }

  private Section section(int at) {
    return new Section(
        Integer.toUnsignedLong(view.getInt(at)), Integer.toUnsignedLong(view.getInt(at + 4)));
  }

  private void checkStrings() {
    if (stringsEnd != bytes.length) {
      throw refuse(Errno.EINVAL, "String section is not at the end");
    }
    int length = stringsEnd - strings;
    if (length == 0
        || length - 1 > BTF_MAX_NAME_OFFSET
        || bytes[stringsEnd - 1] != 0
        || bytes[strings] != 0) {
      throw refuse(Errno.EINVAL, "Invalid string section");
    }
  }

  // --- types ---

  private void checkTypes(int from, int length) {
    if ((from & 3) != 0) {
      throw refuse(Errno.EINVAL, "Unaligned type_off");
    }
    if (length == 0) {
      throw refuse(Errno.EINVAL, "No type found");
    }
    int end = from + length;
    id = 1;
    for (int at = from; at < end; id++) {
      if (end - at < 12) {
        throw refuse(Errno.EINVAL, "[%d] meta_left:%d meta_needed:%d".formatted(id, end - at, 12));
      }
      BtfMeta type = new BtfMeta(view, at, end - at - 12);
      if ((type.info() & ~BTF_INFO_MASK) != 0) {
        throw refuse(Errno.EINVAL, "[%d] Invalid btf_info:%x".formatted(id, type.info()));
      }
      if (type.kind() == 0 || type.kind() > BtfMeta.KIND_MAX) {
        throw refuse(Errno.EINVAL, "[%d] Invalid kind:%d".formatted(id, type.kind()));
      }
      if (!isOffset(type.name())) {
        throw refuse(
            Errno.EINVAL,
            "[%d] Invalid name_offset:%s".formatted(id, Integer.toUnsignedString(type.name())));
      }
      if (id > BTF_MAX_TYPE) {
        throw refuse(Errno.E2BIG, "Exceeded max num of types");
      }
      at += 12 + new BtfTypeCheck(this, type).run();
    }
  }

  /** Complains about the type at hand. */
  SyscallError refuse(BtfMeta type, int errno, String words) {
    return refuse(errno, "[%d] %s %s %s".formatted(id, type.label(), text(type.name()), words));
  }

  /** Names the type at hand in the log. */
  void tell(BtfMeta type, String details) {
    log.print("[%d] %s %s %s\n".formatted(id, type.label(), text(type.name()), details));
  }

  void tellMember(String words) {
    log.print("\t" + words + "\n");
  }

  boolean isOffset(int name) {
    return Integer.compareUnsigned(name, stringsEnd - strings) < 0;
  }

  /** A string, {@code (anon)} where there is none. */
  String text(int name) {
    if (name == 0) {
      return "(anon)";
    }
    if (!isOffset(name)) {
      return "(invalid-name-offset)";
    }
    int from = strings + name;
    int to = from;
    while (bytes[to] != 0) {
      to++;
    }
    return new String(bytes, from, to - from, StandardCharsets.UTF_8);
  }

  /** Whether a name is a C identifier; section names may have dots, too. */
  boolean isIdentifier(int name, boolean dots) {
    String pattern = dots ? "[\\p{Print}]+" : "[A-Za-z_][A-Za-z0-9_.$]*";
    return name != 0 && text(name).length() < 512 && text(name).matches(pattern);
  }

  static boolean isId(int type) {
    return Integer.compareUnsigned(type, BTF_MAX_TYPE) <= 0;
  }
}
