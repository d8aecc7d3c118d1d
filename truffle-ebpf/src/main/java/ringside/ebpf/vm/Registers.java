package ringside.ebpf.vm;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import com.oracle.truffle.api.TruffleLanguage;
import com.oracle.truffle.api.frame.MaterializedFrame;
import com.oracle.truffle.api.interop.InteropLibrary;
import com.oracle.truffle.api.interop.TruffleObject;
import com.oracle.truffle.api.interop.UnknownIdentifierException;
import com.oracle.truffle.api.library.ExportLibrary;
import com.oracle.truffle.api.library.ExportMessage;
import java.util.ArrayList;
import java.util.List;
import ringside.ebpf.isa.Opcodes;
import ringside.kernel.mm.Memory;
import ringside.kernel.mm.MemoryFault;

/** What a debugger shows of a function: r0 to r10, and the doublewords of its stack frame. */
@ExportLibrary(InteropLibrary.class)
final class Registers implements TruffleObject {
  private static final int STACK_SLOTS = Opcodes.MAX_BPF_STACK / Long.BYTES;

  private final MaterializedFrame frame;
  private final Memory memory;
  private final String function;

  Registers(MaterializedFrame frame, Memory memory, String function) {
    this.frame = frame;
    this.memory = memory;
    this.function = function;
  }

  @ExportMessage
  boolean isScope() {
    return true;
  }

  @ExportMessage
  boolean hasMembers() {
    return true;
  }

  @ExportMessage
  @TruffleBoundary
  Object getMembers(boolean includeInternal) {
    List<String> names = new ArrayList<>();
    for (int register = 0; register < Opcodes.MAX_BPF_REG; register++) {
      names.add("r" + register);
    }
    for (int slot = 1; hasFrame() && slot <= STACK_SLOTS; slot++) {
      names.add("fp-" + slot * Long.BYTES);
    }
    return new MemberNames(names);
  }

  /** Functions that do not name r10 have no stack frame. */
  private boolean hasFrame() {
    return frame.getLongStatic(Opcodes.BPF_REG_FP) != 0;
  }

  @ExportMessage
  @TruffleBoundary
  boolean isMemberReadable(String member) {
    return register(member) >= 0 || (hasFrame() && slot(member) > 0);
  }

  @ExportMessage
  @TruffleBoundary
  Object readMember(String member) throws UnknownIdentifierException {
    int register = register(member);
    if (register >= 0) {
      return frame.getLongStatic(register);
    }
    int slot = hasFrame() ? slot(member) : 0;
    if (slot == 0) {
      throw UnknownIdentifierException.create(member);
    }
    try {
      return memory.readLong(frame.getLongStatic(Opcodes.BPF_REG_FP) - (long) slot * Long.BYTES);
    } catch (MemoryFault e) {
      throw UnknownIdentifierException.create(member, e);
    }
  }

  private static int register(String member) {
    for (int register = 0; register < Opcodes.MAX_BPF_REG; register++) {
      if (member.equals("r" + register)) {
        return register;
      }
    }
    return -1;
  }

  /** How many doublewords below r10 a name such as {@code fp-8} is; 0 for other names. */
  private static int slot(String member) {
    for (int slot = 1; slot <= STACK_SLOTS; slot++) {
      if (member.equals("fp-" + slot * Long.BYTES)) {
        return slot;
      }
    }
    return 0;
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
    return function;
  }
}
