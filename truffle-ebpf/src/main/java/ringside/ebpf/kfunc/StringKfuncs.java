package ringside.ebpf.kfunc;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import ringside.kernel.core.Errno;
import ringside.kernel.mm.Memory;
import ringside.kernel.mm.PageTable;

/**
 * Kfuncs on the kernel's strings, which may not be there ({@code kernel/bpf/helpers.c}).
 *
 * <p>An address that is not the kernel's gives {@code -ERANGE}, one that cannot be read {@code
 * -EFAULT}, a string without an end {@code -E2BIG}, and what is not found {@code -ENOENT}.
 */
public final class StringKfuncs {
  /** {@code XATTR_SIZE_MAX}: no string is looked at further. */
  private static final int LIMIT = 65536;

  private final Memory memory;

  /** Makes the family for one kernel. */
  public StringKfuncs(Memory memory) {
    this.memory = memory;
  }

  private int at(long address) {
    return memory.allows(address, 1, PageTable.READ)
        ? memory.readByte(address) & 0xff
        : -Errno.EFAULT;
  }

  private static boolean foreign(long address) {
    return address >= 0;
  }

  /** Compares two strings. */
  @BpfKfunc("bpf_strcmp")
  @TruffleBoundary
  public long strcmp(long s1, long s2) {
    return compare(s1, s2, false);
  }

  /** Compares two strings, small and capital letters being equal. */
  @BpfKfunc("bpf_strcasecmp")
  @TruffleBoundary
  public long strcasecmp(long s1, long s2) {
    return compare(s1, s2, true);
  }

  private long compare(long s1, long s2, boolean ignoreCase) {
    if (foreign(s1) || foreign(s2)) {
      return -Errno.ERANGE;
    }
    for (int i = 0; i < LIMIT; i++) {
      int a = at(s1 + i);
      int b = at(s2 + i);
      if (a < 0 || b < 0) {
        return -Errno.EFAULT;
      }
      a = ignoreCase && a >= 'A' && a <= 'Z' ? a + 32 : a;
      b = ignoreCase && b >= 'A' && b <= 'Z' ? b + 32 : b;
      if (a != b) {
        return (byte) a < (byte) b ? -1 : 1;
      }
      if (a == 0) {
        return 0;
      }
    }
    return -Errno.E2BIG;
  }

  /** Where a letter is. */
  @BpfKfunc("bpf_strchr")
  @TruffleBoundary
  public long strchr(long s, long c) {
    return find(s, Long.MAX_VALUE, c);
  }

  /** Where a letter is in the first so many. */
  @BpfKfunc("bpf_strnchr")
  @TruffleBoundary
  public long strnchr(long s, long count, long c) {
    return find(s, count, c);
  }

  private long find(long s, long count, long c) {
    if (foreign(s)) {
      return -Errno.ERANGE;
    }
    for (int i = 0; i < LIMIT && Long.compareUnsigned(i, count) < 0; i++) {
      int letter = at(s + i);
      if (letter < 0) {
        return letter;
      }
      if (letter == (c & 0xff)) {
        return i;
      }
      if (letter == 0) {
        return -Errno.ENOENT;
      }
    }
    return Long.compareUnsigned(count, LIMIT) <= 0 ? -Errno.ENOENT : -Errno.E2BIG;
  }

  /** Where a letter is, or the string's end. */
  @BpfKfunc("bpf_strchrnul")
  @TruffleBoundary
  public long strchrnul(long s, long c) {
    if (foreign(s)) {
      return -Errno.ERANGE;
    }
    for (int i = 0; i < LIMIT; i++) {
      int letter = at(s + i);
      if (letter < 0) {
        return letter;
      }
      if (letter == 0 || letter == (c & 0xff)) {
        return i;
      }
    }
    return -Errno.E2BIG;
  }

  /** Where a letter is last. */
  @BpfKfunc("bpf_strrchr")
  @TruffleBoundary
  public long strrchr(long s, long c) {
    if (foreign(s)) {
      return -Errno.ERANGE;
    }
    long last = -Errno.ENOENT;
    for (int i = 0; i < LIMIT; i++) {
      int letter = at(s + i);
      if (letter < 0) {
        return letter;
      }
      last = letter == (c & 0xff) ? i : last;
      if (letter == 0) {
        return last;
      }
    }
    return -Errno.E2BIG;
  }

  /** A string's length. */
  @BpfKfunc("bpf_strlen")
  @TruffleBoundary
  public long strlen(long s) {
    return length(s, Long.MAX_VALUE);
  }

  /** A string's length, at most so much. */
  @BpfKfunc("bpf_strnlen")
  @TruffleBoundary
  public long strnlen(long s, long count) {
    return length(s, count);
  }

  private long length(long s, long count) {
    if (foreign(s)) {
      return -Errno.ERANGE;
    }
    for (int i = 0; i < LIMIT; i++) {
      int letter = Long.compareUnsigned(i, count) < 0 ? at(s + i) : 0;
      if (letter <= 0) {
        return letter < 0 ? letter : i;
      }
    }
    return -Errno.E2BIG;
  }

  /** How many letters at the start are of a set. */
  @BpfKfunc("bpf_strspn")
  @TruffleBoundary
  public long strspn(long s, long accept) {
    return span(s, accept, true);
  }

  /** How many letters at the start are not of a set. */
  @BpfKfunc("bpf_strcspn")
  @TruffleBoundary
  public long strcspn(long s, long reject) {
    return span(s, reject, false);
  }

  private long span(long s, long set, boolean inside) {
    if (foreign(s) || foreign(set)) {
      return -Errno.ERANGE;
    }
    for (int i = 0; i < LIMIT; i++) {
      int letter = at(s + i);
      if (letter <= 0) {
        return letter < 0 ? letter : i;
      }
      boolean found = false;
      int end = 1;
      for (int j = 0; j < LIMIT && !found && end > 0; j++) {
        end = at(set + j);
        found = end == letter;
      }
      if (end < 0) {
        return end;
      }
      if (found != inside) {
        return i;
      }
    }
    return -Errno.E2BIG;
  }

  /** Where one string is in another. */
  @BpfKfunc("bpf_strstr")
  @TruffleBoundary
  public long strstr(long s1, long s2) {
    return search(s1, s2, LIMIT);
  }

  /** Where one string is in the first so many letters of another. */
  @BpfKfunc("bpf_strnstr")
  @TruffleBoundary
  public long strnstr(long s1, long s2, long length) {
    return search(s1, s2, Long.compareUnsigned(length, LIMIT) > 0 ? LIMIT : (int) length);
  }

  private long search(long s1, long s2, int limit) {
    if (foreign(s1) || foreign(s2)) {
      return -Errno.ERANGE;
    }
    for (int i = 0; i < LIMIT; i++) {
      boolean ended = false;
      boolean differs = false;
      for (int j = 0; j < LIMIT && !differs; j++) {
        int wanted = at(s2 + j);
        if (wanted <= 0) {
          return wanted < 0 ? wanted : i;
        }
        if (i + j == limit) {
          return limit == LIMIT ? -Errno.E2BIG : -Errno.ENOENT;
        }
        int letter = at(s1 + i + j);
        if (letter < 0) {
          return letter;
        }
        ended = letter == 0;
        differs = letter != wanted;
      }
      if (ended) {
        return -Errno.ENOENT;
      }
    }
    return -Errno.E2BIG;
  }
}
