package ringside.ebpf.object;

import ringside.format.BadInputException;

/**
 * What a fuzzer calls: any bytes are an object, or refused with a reason.
 *
 * <p>For Jazzer, whose driver finds the method by its name; see profile {@code jazzer}.
 */
public final class ObjectFuzz {
  private static final TargetKernel KERNEL = TargetKernel.unbooted();

  private ObjectFuzz() {}

  /** Reads some bytes; whether they were an object. */
  static boolean isObject(byte[] data) {
    try {
      ObjectReader.parse("fuzz.o", data, KERNEL);
      return true;
    } catch (BadInputException e) {
      String message = e.getMessage();
      if (message.isBlank() || message.contains("null")) {
        throw new AssertionError("no message worth the name: " + message, e);
      }
      return false;
    }
  }

  /** Jazzer's entry. */
  public static void fuzzerTestOneInput(byte[] data) {
    boolean _ = isObject(data);
  }
}
