package ringside.ebpf.syscall;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** A context struct as user space hands it over: fields by their offsets, little-endian. */
final class UserStruct {
  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final byte[] bytes;

  UserStruct(byte[] bytes) {
    this.bytes = bytes;
  }

  byte[] bytes() {
    return bytes;
  }

  short getShort(int at) {
    return (short) SHORT.get(bytes, at);
  }

  int getInt(int at) {
    return (int) INT.get(bytes, at);
  }

  void putInt(int at, int value) {
    INT.set(bytes, at, value);
  }

  long getLong(int at) {
    return (long) LONG.get(bytes, at);
  }

  void putLong(int at, long value) {
    LONG.set(bytes, at, value);
  }
}
