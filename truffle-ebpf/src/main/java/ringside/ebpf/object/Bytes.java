package ringside.ebpf.object;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Little-endian numbers in section contents; callers check the bounds. */
final class Bytes {
  private static final VarHandle U32 =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private Bytes() {}

  static int word(byte[] bytes, int at) {
    return (int) U32.get(bytes, at);
  }

  /** Stores the low bytes of a number. */
  static void put(byte[] bytes, int at, int size, long value) {
    for (int i = 0; i < size; i++) {
      bytes[at + i] = (byte) (value >>> (8 * i));
    }
  }
}
