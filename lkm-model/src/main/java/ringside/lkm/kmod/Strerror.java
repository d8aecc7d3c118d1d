package ringside.lkm.kmod;

import java.util.Map;

/** The C library's words for error numbers. */
public final class Strerror {
  private static final Map<Integer, String> WORDS =
      Map.ofEntries(
          Map.entry(1, "Operation not permitted"),
          Map.entry(2, "No such file or directory"),
          Map.entry(3, "No such process"),
          Map.entry(4, "Interrupted system call"),
          Map.entry(5, "Input/output error"),
          Map.entry(6, "No such device or address"),
          Map.entry(7, "Argument list too long"),
          Map.entry(8, "Exec format error"),
          Map.entry(9, "Bad file descriptor"),
          Map.entry(10, "No child processes"),
          Map.entry(11, "Resource temporarily unavailable"),
          Map.entry(12, "Cannot allocate memory"),
          Map.entry(13, "Permission denied"),
          Map.entry(14, "Bad address"),
          Map.entry(16, "Device or resource busy"),
          Map.entry(17, "File exists"),
          Map.entry(18, "Invalid cross-device link"),
          Map.entry(19, "No such device"),
          Map.entry(20, "Not a directory"),
          Map.entry(21, "Is a directory"),
          Map.entry(22, "Invalid argument"),
          Map.entry(23, "Too many open files in system"),
          Map.entry(24, "Too many open files"),
          Map.entry(25, "Inappropriate ioctl for device"),
          Map.entry(27, "File too large"),
          Map.entry(28, "No space left on device"),
          Map.entry(29, "Illegal seek"),
          Map.entry(30, "Read-only file system"),
          Map.entry(32, "Broken pipe"),
          Map.entry(34, "Numerical result out of range"),
          Map.entry(36, "File name too long"),
          Map.entry(38, "Function not implemented"),
          Map.entry(39, "Directory not empty"),
          Map.entry(40, "Too many levels of symbolic links"),
          Map.entry(75, "Value too large for defined data type"),
          Map.entry(95, "Operation not supported"),
          Map.entry(98, "Address already in use"),
          Map.entry(110, "Connection timed out"));

  private Strerror() {}

  /** The words for a positive error number. */
  public static String of(int errno) {
    return WORDS.getOrDefault(errno, "Unknown error " + errno);
  }
}
