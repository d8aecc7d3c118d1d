package ringside.ebpf.vm;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import com.oracle.truffle.api.TruffleLanguage;
import com.oracle.truffle.api.interop.ArityException;
import com.oracle.truffle.api.interop.InteropException;
import com.oracle.truffle.api.interop.InteropLibrary;
import com.oracle.truffle.api.interop.TruffleObject;
import com.oracle.truffle.api.interop.UnsupportedTypeException;
import com.oracle.truffle.api.library.ExportLibrary;
import com.oracle.truffle.api.library.ExportMessage;

/**
 * A loaded program as other languages and Java see it: something to be executed.
 *
 * <p>Takes a buffer or an array of bytes, the packet or the context struct by the program's type;
 * what the program changed of it is there afterwards. Returns the low half of r0, unsigned.
 */
@ExportLibrary(InteropLibrary.class)
public final class ProgramValue implements TruffleObject {
  /** The largest buffer that is copied in. */
  private static final int LONGEST = 1 << 20;

  private final String name;
  private final Body body;

  /** Runs the program on bytes, and writes what became of them back into the array. */
  @FunctionalInterface
  public interface Body {
    /** Runs it. */
    long run(byte[] bytes);
  }

  /** Makes the value. */
  public ProgramValue(String name, Body body) {
    this.name = name;
    this.body = body;
  }

  /** The program's name. */
  public String name() {
    return name;
  }

  @ExportMessage
  boolean isExecutable() {
    return true;
  }

  @ExportMessage
  @TruffleBoundary
  Object execute(Object[] arguments) throws ArityException, UnsupportedTypeException {
    if (arguments.length > 1) {
      throw ArityException.create(0, 1, arguments.length);
    }
    if (arguments.length == 0) {
      return body.run(new byte[0]);
    }
    InteropLibrary interop = InteropLibrary.getUncached();
    Object buffer = arguments[0];
    boolean elements = interop.hasBufferElements(buffer);
    if (!elements && !interop.hasArrayElements(buffer)) {
      throw UnsupportedTypeException.create(arguments, "a buffer or an array of bytes is needed");
    }
    try {
      long size = elements ? interop.getBufferSize(buffer) : interop.getArraySize(buffer);
      if (size > LONGEST) {
        throw UnsupportedTypeException.create(arguments, "the buffer is too long");
      }
      byte[] bytes = new byte[(int) size];
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] =
            elements
                ? interop.readBufferByte(buffer, i)
                : (byte) interop.asInt(interop.readArrayElement(buffer, i));
      }
      byte[] before = bytes.clone();
      long result = body.run(bytes);
      for (int i = 0; i < bytes.length; i++) {
        if (bytes[i] != before[i]) {
          write(interop, buffer, elements, i, bytes[i]);
        }
      }
      return result;
    } catch (UnsupportedTypeException e) {
      throw e;
    } catch (InteropException e) {
      throw UnsupportedTypeException.create(arguments, "the buffer cannot be read", e);
    }
  }

  /** A buffer that cannot be written keeps what it has: a {@code ByteSequence}, for one. */
  private static void write(
      InteropLibrary interop, Object buffer, boolean elements, int at, byte value)
      throws InteropException {
    if (elements) {
      if (interop.isBufferWritable(buffer)) {
        interop.writeBufferByte(buffer, at, value);
      }
    } else if (interop.isArrayElementModifiable(buffer, at)) {
      interop.writeArrayElement(buffer, at, value);
    }
  }

  @ExportMessage
  boolean hasLanguage() {
    return true;
  }

  @ExportMessage
  Class<? extends TruffleLanguage<?>> getLanguage() {
    return EbpfLanguage.class;
  }

  @ExportMessage
  Object toDisplayString(boolean allowSideEffects) {
    return name;
  }
}
